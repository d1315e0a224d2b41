// SPDX-License-Identifier: Apache-2.0
public import JSON

/// What a client may ask, one case per event. Every one is answered with a ``ServerReply``.
///
/// Mirrored by the union of the same name in the web client.
public enum ClientEvent: Hashable, Sendable {
    case join(JoinRequest)
    case leave
    case chat(id: MessageID, text: String)
    case media(MediaState)
    /// Carries `data`, untouched, to the page of another participant.
    case signal(to: ParticipantID, page: PageID, data: JSONValue)
    case publish(PublishRequest)
    case subscribe(SubscribeRequest)
    /// What the page wants to see in its slots: all of it, so that slots that are not named become empty.
    case view([SlotWish])
    /// Switches something of another participant off, which is up to hosts.
    case mute(MediaTrack)

    /// Decodes an event as Socket.IO delivers it: a name and at most one argument.
    public init(name: String, payload: JSONValue?) throws(InvalidEvent) {
        switch name {
        case "join":
            self = .join(try JoinRequest(payload: payload, at: name))
        case "leave":
            self = .leave
        case "chat":
            let reader = try PayloadReader(payload, at: name)
            self = .chat(id: try reader.identifier("id"), text: try reader.chatText("text"))
        case "media":
            self = .media(try MediaState(payload: payload, at: name))
        case "signal":
            let reader = try PayloadReader(payload, at: name)
            self = .signal(
                to: try reader.identifier("to"), page: try reader.identifier("page"),
                data: try reader.signalData("data"))
        case "publish":
            self = .publish(try PublishRequest(payload: payload, at: name))
        case "subscribe":
            self = .subscribe(try SubscribeRequest(payload: payload, at: name))
        case "view":
            let reader = try PayloadReader(payload, at: name)
            var wishes: [SlotWish] = []
            for (section, value) in try reader.sections("slots") {
                wishes.append(try SlotWish(section, payload: value, at: "\(name).slots.\(section)"))
            }
            self = .view(wishes)
        case "mute":
            let reader = try PayloadReader(payload, at: name)
            self = .mute(
                MediaTrack(try reader.identifier("participant"), try reader.choice("source")))
        default:
            throw InvalidEvent(String(name.prefix(MeetingLimits.identifierBytes)), .unknown)
        }
    }

    public var name: String {
        switch self {
        case .join: "join"
        case .leave: "leave"
        case .chat: "chat"
        case .media: "media"
        case .signal: "signal"
        case .publish: "publish"
        case .subscribe: "subscribe"
        case .view: "view"
        case .mute: "mute"
        }
    }

    public var payload: JSONValue {
        switch self {
        case .join(let request): request.payload
        case .leave: [:]
        case .chat(let id, let text): ["id": .string(id.rawValue), "text": .string(text)]
        case .media(let media): media.payload
        case .signal(let to, let page, let data):
            ["to": .string(to.rawValue), "page": .string(page.rawValue), "data": data]
        case .publish(let request): request.payload
        case .subscribe(let request): request.payload
        case .view(let wishes): ["slots": bySection(wishes.map { ($0.section, $0.payload) })]
        case .mute(let track):
            [
                "participant": .string(track.participant.rawValue), "source": .string(track.source.rawValue),
            ]
        }
    }
}

extension PayloadReader {
    /// What a person wrote: not only white space, and within the limits.
    fileprivate func chatText(_ name: String) throws(InvalidEvent) -> String {
        let text = try string(name)
        guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw problem(name, .empty, refusal: .chatEmpty)
        }
        // Bytes first: counting the characters of an endless text is work for nothing.
        guard text.utf8.count <= MeetingLimits.chatBytes, text.count <= MeetingLimits.chatCharacters else {
            throw problem(
                name, .tooLong(MeetingLimits.chatCharacters, "characters"), refusal: .chatTooLong)
        }
        return text
    }

    /// A session description, an ICE candidate, or the name of a new connection. Only the browsers look inside.
    func signalData(_ name: String) throws(InvalidEvent) -> JSONValue {
        let data = try value(name)
        guard let object = data.object else { throw problem(name, .expected("an object")) }
        let kinds = ["description", "candidate", "renew"].count { object[$0] != nil }
        guard kinds == 1, object["renew"].map({ $0.string != nil }) ?? true else {
            throw problem(name, .expected("an object with either a description, a candidate or a renewal"))
        }
        var bytes: [UInt8] = []
        data.format(into: &bytes)
        guard bytes.count <= MeetingLimits.signalBytes else {
            throw problem(name, .tooLong(MeetingLimits.signalBytes, "bytes"))
        }
        return data
    }
}
