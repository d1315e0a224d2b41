// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// A message as its sender writes it.
public struct ChatDraft: Hashable, Sendable {
    public var id: MessageID
    public var text: String
    /// The only one who is to see it; `nil` for everybody.
    public var to: ParticipantID?
    /// The number of the message that this one answers.
    public var reply: Int64?
    /// What was sent to the server before and goes with it.
    public var file: FileID?
    /// The same as the server knows it, who fills this in; a client says only which one.
    public var attached: ChatFile?

    public init(
        _ id: MessageID, _ text: String, to: ParticipantID? = nil, reply: Int64? = nil, file: FileID? = nil
    ) {
        self.id = id
        self.text = text
        self.to = to
        self.reply = reply
        self.file = file
    }
}

/// What anybody in a meeting may ask for besides media and messages.
public enum TalkRequest: Hashable, Sendable {
    case hand(isRaised: Bool)
    /// Shown to everybody, once.
    case react(Reaction)
    case chatReact(seq: Int64, Reaction, isOn: Bool)
    case chatDelete(seq: Int64)
    case poll(PollRequest)

    /// `nil` for other events.
    init?(name: String, payload: JSONValue?) throws(InvalidEvent) {
        switch name {
        case "hand":
            self = .hand(isRaised: try PayloadReader(payload, at: name).bool("raised"))
        case "react":
            self = .react(try PayloadReader(payload, at: name).choice("reaction"))
        case "chat-react":
            let reader = try PayloadReader(payload, at: name)
            self = .chatReact(
                seq: try reader.count("seq"), try reader.choice("reaction"), isOn: try reader.bool("on"))
        case "chat-delete":
            self = .chatDelete(seq: try PayloadReader(payload, at: name).count("seq"))
        default:
            guard let request = try PollRequest(name: name, payload: payload) else { return nil }
            self = .poll(request)
        }
    }

    var name: String {
        switch self {
        case .hand: "hand"
        case .react: "react"
        case .chatReact: "chat-react"
        case .chatDelete: "chat-delete"
        case .poll(let request): request.name
        }
    }

    static let names = ["hand", "react", "chat-react", "chat-delete"] + PollRequest.names

    var payload: JSONValue {
        switch self {
        case .hand(let isRaised): ["raised": .bool(isRaised)]
        case .react(let reaction): ["reaction": .string(reaction.rawValue)]
        case .chatReact(let seq, let reaction, let isOn):
            ["seq": .number(JSONNumber(seq)), "reaction": .string(reaction.rawValue), "on": .bool(isOn)]
        case .chatDelete(let seq): ["seq": .number(JSONNumber(seq))]
        case .poll(let request): request.payload
        }
    }
}
