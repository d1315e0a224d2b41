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
    /// What some of the page's slots carry from now on. The others stay as they were.
    case slots([SlotContent])
    /// Who is heard speaking, the loudest first, and who has the floor.
    case speakers(dominant: ParticipantID?, speaking: [ParticipantID])
    /// Which encodings of the page's own tracks somebody watches: of all of them.
    case layers([WatchedTrack])
    /// A host has switched something of ours off; it may be switched on again.
    case muted(MediaSource, by: ParticipantID)
    /// The server has ended a peer connection; another one may be offered.
    case mediaEnded(MediaConnectionID, MediaEndReason)
    /// How much the server can carry from now on.
    case mediaLoad(MediaLoad)
    case news(MeetingNews)
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
        case "slots":
            var contents: [SlotContent] = []
            for (section, value) in try reader.sections("slots") {
                contents.append(try SlotContent(section, payload: value, at: "\(name).slots.\(section)"))
            }
            self = .slots(contents)
        case "speakers":
            self = .speakers(
                dominant: reader.isPresent("dominant") ? try reader.identifier("dominant") : nil,
                speaking: try reader.array("speaking") { (value, path) throws(InvalidEvent) in
                    guard let id = value.string else { throw InvalidEvent(path, .expected("a string")) }
                    return ParticipantID(id)
                })
        case "layers":
            var tracks: [WatchedTrack] = []
            for (section, value) in try reader.sections("tracks") {
                tracks.append(try WatchedTrack(section, payload: value, at: "\(name).tracks.\(section)"))
            }
            self = .layers(tracks)
        case "muted":
            self = .muted(try reader.choice("source"), by: try reader.identifier("by"))
        case "media-ended":
            self = .mediaEnded(try reader.identifier("connection"), try reader.choice("reason"))
        case "media-load":
            self = .mediaLoad(try reader.choice("load"))
        case "replaced":
            self = .replaced
        case "ended":
            self = .ended(try reader.choice("reason"))
        case "stopping":
            self = .stopping
        default:
            if let news = try MeetingNews(name: name, reader) {
                self = .news(news)
                return
            }
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
        case .slots: "slots"
        case .speakers: "speakers"
        case .layers: "layers"
        case .muted: "muted"
        case .mediaEnded: "media-ended"
        case .mediaLoad: "media-load"
        case .news(let news): news.name
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
        case .slots(let contents): ["slots": bySection(contents.map { ($0.section, $0.payload) })]
        case .speakers(let dominant, let speaking):
            [
                "dominant": dominant.map { .string($0.rawValue) } ?? .null,
                "speaking": .array(speaking.map { .string($0.rawValue) }),
            ]
        case .layers(let tracks): ["tracks": bySection(tracks.map { ($0.section, $0.payload) })]
        case .muted(let source, let by):
            ["source": .string(source.rawValue), "by": .string(by.rawValue)]
        case .mediaEnded(let connection, let reason):
            [
                "connection": .string(connection.rawValue), "reason": .string(reason.rawValue),
                "message": .string(reason.message),
            ]
        case .mediaLoad(let load): ["load": .string(load.rawValue)]
        case .news(let news): news.payload
        case .ended(let reason): ["reason": .string(reason.rawValue)]
        case .replaced, .stopping: [:]
        }
    }
}
