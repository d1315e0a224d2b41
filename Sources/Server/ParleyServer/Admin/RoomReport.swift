// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import MeetingProtocol

/// An open room as an administrator sees it.
struct RoomReport: Sendable {
    let code: MeetingCode
    /// What its owner calls it, as of its opening.
    let name: String?
    /// When the first one came, in milliseconds since 1970.
    let openedAt: Int64
    let retention: ChatRetention
    let people: [Participant]
    /// How many wait to be let in.
    let waiting: Int

    var json: JSONValue {
        [
            "meeting": .string(code.text), "name": name.map { $0.isEmpty ? .null : .string($0) } ?? .null,
            "openedAt": .number(JSONNumber(openedAt)), "retention": .string(retention.rawValue),
            "waiting": .number(JSONNumber(Int64(waiting))),
            "people": .array(people.map(Self.json)),
        ]
    }

    private static func json(_ person: Participant) -> JSONValue {
        [
            "id": .string(person.id.rawValue), "name": .string(person.name),
            "role": .string(person.role.rawValue), "joinedAt": .number(JSONNumber(person.joinedAt)),
            "connected": .bool(person.connected), "guest": .bool(person.isGuest),
            "microphone": .bool(person.media.microphone), "camera": .bool(person.media.camera),
            "screen": .bool(person.media.screen),
        ]
    }
}
