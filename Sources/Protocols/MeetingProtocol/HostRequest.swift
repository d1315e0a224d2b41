// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What is up to those who host a meeting.
public enum HostRequest: Hashable, Sendable {
    /// Switches something of another participant off.
    case mute(MediaTrack)
    /// The same for everybody who does not host.
    case muteAll(MediaSource)
    case role(ParticipantID, MeetingRole)
    case remove(ParticipantID)
    /// All of them.
    case rules(MeetingRules)
    /// `nil` for all who wait.
    case admit([ParticipantID]?)
    case deny([ParticipantID]?)
    case spotlight(ParticipantID?)
    /// Tells everybody that the host records the meeting, or that nobody does.
    case recording(Bool)
    /// `nil` for everybody's.
    case lowerHands(ParticipantID?)

    /// `nil` for other events.
    init?(name: String, payload: JSONValue?) throws(InvalidEvent) {
        guard Self.names.contains(name) else { return nil }
        let reader = try PayloadReader(payload, at: name)
        switch name {
        case "mute":
            self = .mute(MediaTrack(try reader.identifier("participant"), try reader.choice("source")))
        case "mute-all": self = .muteAll(try reader.choice("source"))
        case "role": self = .role(try reader.identifier("participant"), try reader.choice("role"))
        case "remove": self = .remove(try reader.identifier("participant"))
        case "rules": self = .rules(try MeetingRules(payload: reader.value("rules"), at: "\(name).rules"))
        case "admit": self = .admit(try reader.people("participants"))
        case "deny": self = .deny(try reader.people("participants"))
        case "spotlight": self = .spotlight(try reader.person("participant"))
        case "recording": self = .recording(try reader.bool("on"))
        case "lower-hands": self = .lowerHands(try reader.person("participant"))
        default: return nil
        }
    }

    static let names = [
        "mute", "mute-all", "role", "remove", "rules", "admit", "deny", "spotlight", "recording",
        "lower-hands",
    ]

    var name: String {
        switch self {
        case .mute: "mute"
        case .muteAll: "mute-all"
        case .role: "role"
        case .remove: "remove"
        case .rules: "rules"
        case .admit: "admit"
        case .deny: "deny"
        case .spotlight: "spotlight"
        case .recording: "recording"
        case .lowerHands: "lower-hands"
        }
    }

    var payload: JSONValue {
        switch self {
        case .mute(let track):
            [
                "participant": .string(track.participant.rawValue), "source": .string(track.source.rawValue),
            ]
        case .muteAll(let source): ["source": .string(source.rawValue)]
        case .role(let id, let role):
            ["participant": .string(id.rawValue), "role": .string(role.rawValue)]
        case .remove(let id): ["participant": .string(id.rawValue)]
        case .rules(let rules): ["rules": rules.payload]
        case .admit(let ids), .deny(let ids):
            ["participants": ids.map { .array($0.map { .string($0.rawValue) }) } ?? .null]
        case .recording(let isOn): ["on": .bool(isOn)]
        case .spotlight(let id), .lowerHands(let id):
            ["participant": id.map { .string($0.rawValue) } ?? .null]
        }
    }
}

extension PayloadReader {
    /// Identifiers of people, no more than a meeting can have.
    func identifiers(_ name: String) throws(InvalidEvent) -> [ParticipantID] {
        let ids = try array(name) { (value, path) throws(InvalidEvent) in
            guard let text = value.string else { throw InvalidEvent(path, .expected("a string")) }
            guard text.utf8.count <= MeetingLimits.identifierBytes else {
                throw InvalidEvent(path, .tooLong(MeetingLimits.identifierBytes, "bytes"))
            }
            return ParticipantID(text)
        }
        guard ids.count <= MeetingLimits.people else {
            throw problem(name, .tooLong(MeetingLimits.people, "people"))
        }
        return ids
    }

    /// The same, or `nil` for null, which has to be said.
    fileprivate func people(_ name: String) throws(InvalidEvent) -> [ParticipantID]? {
        try value(name) == .null ? nil : identifiers(name)
    }

    fileprivate func person(_ name: String) throws(InvalidEvent) -> ParticipantID? {
        try value(name) == .null ? nil : identifier(name)
    }
}
