// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import MeetingProtocol

/// What a path of WHIP or WHEP names.
///
/// ```
/// /whip/{room}/{publisher}   publish
/// /whep/{room}/{publisher}   watch one publisher
/// /whep/{room}               watch everybody in the room
/// /whip/{room}/-/{session}   a session that was made by one of these
/// ```
struct StreamPath: Hashable {
    enum Place: Hashable {
        case publish(String)
        case watch(String)
        case watchAll
        case session(String)
        case nothing
    }

    /// The longest name of a room or publisher, in bytes.
    static let maxName = 64

    /// The meeting that the room's name is the code of.
    let meeting: MeetingCode?
    /// The code in its one form, or the name as it came. Empty when there is none.
    let room: String
    let place: Place

    static func owns(_ path: String) -> Bool { path.hasPrefix("/whip/") || path.hasPrefix("/whep/") }

    init(_ path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        let names = parts.dropFirst().map(Self.name)
        guard let room = names.first ?? nil, names.allSatisfy({ $0 != nil }) else {
            (meeting, room, place) = (nil, "", .nothing)
            return
        }
        let rest = names.dropFirst().compactMap(\.self)
        meeting = MeetingCode(room)
        self.room = meeting?.text ?? room
        switch (parts[0], rest.count) {
        case ("whip", 1) where rest[0] != "-": place = .publish(rest[0])
        case ("whep", 1) where rest[0] != "-": place = .watch(rest[0])
        case ("whep", 0): place = .watchAll
        case (_, 2) where rest[0] == "-": place = .session(rest[1])
        default: place = .nothing
        }
    }

    /// A part of the path as a name; `nil` for one that is empty, too long, or not to be shown.
    private static func name(_ part: String) -> String? {
        guard let name = PercentCoding.decode(part), !name.isEmpty, name.utf8.count <= maxName,
            name.unicodeScalars.allSatisfy({ isShown($0) })
        else { return nil }
        return name
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            false
        default: scalar != "/" && scalar != "~"
        }
    }

    /// Where a session of the room is found.
    static func location(_ room: String, session: String, isPublisher: Bool) -> String {
        "/\(isPublisher ? "whip" : "whep")/\(PercentCoding.encode(room))/-/\(session)"
    }
}
