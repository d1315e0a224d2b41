// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import JSON
internal import MeetingProtocol
internal import Webhooks

/// Finds out what is to be told to other programs of one meeting, from who has a seat in it.
///
/// A meeting starts with its first seat and ends with its last; a lost connection keeps its seat for a while.
struct MeetingHerald {
    private let code: MeetingCode
    private var present: [Participant] = []
    private var startedAt: WallClock?
    /// Most people at a time since it started.
    private var most = 0

    init(_ code: MeetingCode) { self.code = code }

    /// What happened since the last time, in the order in which it did.
    mutating func update(_ people: [Participant], name: String?, at now: WallClock) -> [WebhookEvent] {
        guard !people.elementsEqual(present, by: { $0.id == $1.id }) else { return [] }
        let left = present.filter { before in !people.contains { $0.id == before.id } }
        let joined = people.filter { after in !present.contains { $0.id == after.id } }
        present = people
        most = max(most, people.count)
        let meeting: JSONObject = ["meeting": .string(code.text), "name": name.map { .string($0) } ?? .null]
        func event(_ kind: WebhookEvent.Kind, _ more: JSONObject = [:]) -> WebhookEvent {
            var data = meeting
            for member in more.members { data[member.key] = member.value }
            return WebhookEvent(kind, at: now, data)
        }
        func about(_ participant: Participant) -> JSONObject {
            [
                "participant": [
                    "id": .string(participant.id.rawValue), "name": .string(participant.name),
                    "role": .string(participant.role.rawValue), "guest": .bool(participant.isGuest),
                ]
            ]
        }
        var events: [WebhookEvent] = []
        if startedAt == nil, !joined.isEmpty {
            startedAt = now
            events.append(event(.meetingStarted))
        }
        events += joined.map { event(.participantJoined, about($0)) }
        events += left.map { event(.participantLeft, about($0)) }
        if people.isEmpty, let began = startedAt {
            let seconds = max(0, now.milliseconds - began.milliseconds) / 1000
            events.append(
                event(
                    .meetingEnded,
                    [
                        "seconds": .number(JSONNumber(seconds)),
                        "mostParticipants": .number(JSONNumber(Int64(most))),
                    ]))
            (startedAt, most) = (nil, 0)
        }
        return events
    }
}
