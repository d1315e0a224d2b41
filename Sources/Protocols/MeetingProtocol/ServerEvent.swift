// SPDX-License-Identifier: Apache-2.0
public import JSON

/// What the server may say to a client, one case per event.
///
/// Mirrored by the union of the same name in the web client.
public enum ServerEvent: Hashable, Sendable {
    /// Somebody took a seat, or came back to theirs with another page: replaces what is known of them.
    case participantJoined(Participant)
    case participantLeft(ParticipantID, LeaveReason)
    /// Their signalling was lost, or is back. The seat is kept meanwhile.
    case participantConnection(ParticipantID, connected: Bool)
    case mediaChanged(ParticipantID, MediaState)
    /// Sent to everybody, the sender included.
    case chat(ChatMessage)
    case signal(from: ParticipantID, page: PageID, data: JSONValue)
    /// The seat was opened elsewhere. The client must not reconnect.
    case replaced
    case ended(EndReason)
    /// The server is restarting. The client reconnects in a while.
    case stopping

    /// Decodes an event as Socket.IO delivers it: a name and at most one argument.
    public init(name: String, payload: JSONValue?) throws(InvalidEvent) {
        let reader = try PayloadReader(payload ?? [:], at: name)
        switch name {
        case "participant-joined":
            self = .participantJoined(
                try Participant(payload: reader.value("participant"), at: "\(name).participant"))
        case "participant-left":
            self = .participantLeft(try reader.identifier("id"), try reader.choice("reason"))
        case "participant-connection":
            self = .participantConnection(
                try reader.identifier("id"), connected: try reader.bool("connected"))
        case "media-changed":
            self = .mediaChanged(
                try reader.identifier("id"),
                try MediaState(payload: reader.value("media"), at: "\(name).media"))
        case "chat":
            self = .chat(try ChatMessage(payload: reader.value("message"), at: "\(name).message"))
        case "signal":
            self = .signal(
                from: try reader.identifier("from"), page: try reader.identifier("page"),
                data: try reader.signalData("data"))
        case "replaced":
            self = .replaced
        case "ended":
            self = .ended(try reader.choice("reason"))
        case "stopping":
            self = .stopping
        default:
            throw InvalidEvent(String(name.prefix(MeetingLimits.identifierBytes)), .unknown)
        }
    }

    public var name: String {
        switch self {
        case .participantJoined: "participant-joined"
        case .participantLeft: "participant-left"
        case .participantConnection: "participant-connection"
        case .mediaChanged: "media-changed"
        case .chat: "chat"
        case .signal: "signal"
        case .replaced: "replaced"
        case .ended: "ended"
        case .stopping: "stopping"
        }
    }

    public var payload: JSONValue {
        switch self {
        case .participantJoined(let participant): ["participant": participant.payload]
        case .participantLeft(let id, let reason):
            ["id": .string(id.rawValue), "reason": .string(reason.rawValue)]
        case .participantConnection(let id, let connected):
            ["id": .string(id.rawValue), "connected": .bool(connected)]
        case .mediaChanged(let id, let media): ["id": .string(id.rawValue), "media": media.payload]
        case .chat(let message): ["message": message.payload]
        case .signal(let from, let page, let data):
            ["from": .string(from.rawValue), "page": .string(page.rawValue), "data": data]
        case .ended(let reason): ["reason": .string(reason.rawValue)]
        case .replaced, .stopping: [:]
        }
    }
}
