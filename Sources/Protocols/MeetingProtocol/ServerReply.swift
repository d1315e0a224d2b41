// SPDX-License-Identifier: Apache-2.0
public import JSON

/// The one answer to a client's request: the argument of its acknowledgement.
public enum ServerReply: Hashable, Sendable {
    case joined(JoinReply)
    /// The lobby is on: this is the place in it, and what was said there already.
    case waiting(SeatToken, [LobbyLine] = [])
    /// The message is stored, under this number and time (milliseconds since 1970).
    case chat(seq: Int64, sentAt: Int64)
    /// The session description that answers a `publish` or `subscribe`.
    case answer(String)
    /// Nothing to report but success.
    case done
    /// - message: A sentence for people; ``Refusal/message`` unless there is more to say.
    case refused(Refusal, message: String)

    public static func refused(_ refusal: Refusal) -> ServerReply {
        .refused(refusal, message: refusal.message)
    }

    /// The answer to an event that could not be decoded.
    public static func refused(_ error: InvalidEvent) -> ServerReply {
        .refused(error.refusal, message: error.message)
    }

    /// Decodes the reply to the event called `name`.
    public init(to name: String, payload: JSONValue?) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: name)
        if reader.isPresent("refused") {
            self = .refused(try reader.choice("refused"), message: try reader.string("message"))
            return
        }
        switch name {
        case "join" where reader.isPresent("waiting"):
            let place = try reader.nested("waiting")
            self = .waiting(
                try place.identifier("seat", maxBytes: MeetingLimits.seatBytes), try place.lobbyLines("chat"))
        case "join": self = .joined(try JoinReply(payload: payload, at: name))
        case "chat": self = .chat(seq: try reader.count("seq"), sentAt: try reader.count("sentAt"))
        case "publish", "subscribe": self = .answer(try reader.sessionDescription("answer"))
        case "leave", "lobby-chat", "media", "signal", "view": self = .done
        default:
            if TalkRequest.names.contains(name) || HostRequest.names.contains(name) {
                self = .done
                return
            }
            throw InvalidEvent(String(name.prefix(MeetingLimits.identifierBytes)), .unknown)
        }
    }

    public var payload: JSONValue {
        switch self {
        case .joined(let reply): reply.payload
        case .waiting(let seat, let lines):
            if lines.isEmpty {
                ["waiting": ["seat": .string(seat.rawValue)]]
            } else {
                ["waiting": ["seat": .string(seat.rawValue), "chat": .array(lines.map(\.payload))]]
            }
        case .chat(let seq, let sentAt):
            ["seq": .number(JSONNumber(seq)), "sentAt": .number(JSONNumber(sentAt))]
        case .answer(let description): ["answer": .string(description)]
        case .done: [:]
        case .refused(let refusal, let message):
            ["refused": .string(refusal.rawValue), "message": .string(message)]
        }
    }
}
