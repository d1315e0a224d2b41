// SPDX-License-Identifier: Apache-2.0
public import JSON

/// What a client may ask, one case per event. Every one is answered with a ``ServerReply``.
///
/// Mirrored by the union of the same name in the web client.
public enum ClientEvent: Hashable, Sendable {
    case join(JoinRequest)
    case leave
    case chat(ChatDraft)
    case media(MediaState)
    /// Carries `data`, untouched, to the page of another participant.
    case signal(to: ParticipantID, page: PageID, data: JSONValue)
    case publish(PublishRequest)
    case subscribe(SubscribeRequest)
    /// What the page wants to see in its slots: all of it, so that slots that are not named become empty.
    case view([SlotWish])
    case talk(TalkRequest)
    case host(HostRequest)
    /// Says something to those who host, or from them to somebody who waits, or to all (`nil`).
    case lobbyChat(String, to: ParticipantID?)

    /// Decodes an event as Socket.IO delivers it: a name and at most one argument.
    public init(name: String, payload: JSONValue?) throws(InvalidEvent) {
        switch name {
        case "join":
            self = .join(try JoinRequest(payload: payload, at: name))
        case "leave":
            self = .leave
        case "chat":
            let reader = try PayloadReader(payload, at: name)
            let file: FileID? = reader.isPresent("file") ? try reader.identifier("file") : nil
            self = .chat(
                ChatDraft(
                    try reader.identifier("id"), try reader.chatText("text", mayBeEmpty: file != nil),
                    to: reader.isPresent("to") ? try reader.identifier("to") : nil,
                    reply: reader.isPresent("reply") ? try reader.count("reply") : nil, file: file))
        case "media":
            self = .media(try MediaState(payload: payload, at: name))
        case "signal":
            let reader = try PayloadReader(payload, at: name)
            self = .signal(
                to: try reader.identifier("to"), page: try reader.identifier("page"),
                data: try reader.signalData("data"))
        case "lobby-chat":
            let reader = try PayloadReader(payload, at: name)
            self = .lobbyChat(
                try reader.chatText("text", mayBeEmpty: false),
                to: reader.isPresent("to") ? try reader.identifier("to") : nil)
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
        default:
            if let talk = try TalkRequest(name: name, payload: payload) {
                self = .talk(talk)
                return
            }
            if let host = try HostRequest(name: name, payload: payload) {
                self = .host(host)
                return
            }
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
        case .talk(let request): request.name
        case .host(let request): request.name
        case .lobbyChat: "lobby-chat"
        }
    }

    public var payload: JSONValue {
        switch self {
        case .join(let request): request.payload
        case .leave: [:]
        case .chat(let draft): draft.payload
        case .media(let media): media.payload
        case .signal(let to, let page, let data):
            ["to": .string(to.rawValue), "page": .string(page.rawValue), "data": data]
        case .publish(let request): request.payload
        case .subscribe(let request): request.payload
        case .view(let wishes): ["slots": bySection(wishes.map { ($0.section, $0.payload) })]
        case .talk(let request): request.payload
        case .host(let request): request.payload
        case .lobbyChat(let text, let to):
            to.map { ["text": .string(text), "to": .string($0.rawValue)] } ?? ["text": .string(text)]
        }
    }
}

extension ChatDraft {
    fileprivate var payload: JSONValue {
        var object: JSONObject = ["id": .string(id.rawValue), "text": .string(text)]
        if let to { object["to"] = .string(to.rawValue) }
        if let reply { object["reply"] = .number(JSONNumber(reply)) }
        if let file { object["file"] = .string(file.rawValue) }
        return .object(object)
    }
}

extension PayloadReader {
    /// What a person wrote: not only white space, except beside a file, and within the limits.
    fileprivate func chatText(_ name: String, mayBeEmpty: Bool) throws(InvalidEvent) -> String {
        let text = try string(name)
        guard mayBeEmpty || text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
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
