// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import JSON
public import MeetingProtocol

/// One signalling connection, numbered by the server and never used again.
public struct SessionID: Hashable, Sendable {
    public var number: UInt64
    public init(_ number: UInt64) { self.number = number }
}

/// One request of a session, numbered by the server; comes back with the reply.
public struct RequestID: Hashable, Sendable {
    public var number: UInt64
    public init(_ number: UInt64) { self.number = number }
}

/// Who is waiting for a reply, and to what.
struct Asker {
    let session: SessionID
    let request: RequestID

    init(_ session: SessionID, _ request: RequestID) {
        self.session = session
        self.request = request
    }
}

extension Room {
    public enum Input: Hashable, Sendable {
        case join(SessionID, RequestID, Join, WallClock)
        case leave(SessionID, RequestID)
        /// The session is gone. No output names it from here on.
        case disconnected(SessionID)
        case chat(SessionID, RequestID, id: MessageID, text: String, WallClock)
        /// The message that ``Output/store(_:)`` asked for is on disk.
        case stored(seq: Int64)
        case storeFailed(seq: Int64)
        case media(SessionID, RequestID, MediaState)
        case signal(SessionID, RequestID, to: ParticipantID, page: PageID, data: JSONValue)
        case end(EndReason)
        case tick
    }

    public enum Output: Hashable, Sendable {
        case reply(SessionID, RequestID, Reply)
        /// One event for several sessions, so that it is encoded once.
        case tell([SessionID], ServerEvent)
        /// Answered by `stored` or `storeFailed`; until then nobody sees the message.
        case store(ChatMessage)
        /// The session is done for, after it was told why. No output names it from here on.
        case close(SessionID)
        /// Nobody holds a seat and nothing waits to be stored: the room may be dropped.
        case emptied
    }

    public enum Reply: Hashable, Sendable {
        case joined(Snapshot)
        case chat(seq: Int64, sentAt: Int64)
        case done
        case refused(Refusal)
    }

    /// A request for a seat, once the server has checked the name and the seat token.
    public struct Join: Hashable, Sendable {
        /// Whose seat it was, by a valid token; `nil` for a new participant.
        public var participant: ParticipantID?
        public var name: String
        public var page: PageID
        /// As what they come, which the server has found out.
        public var role: MeetingRole
        public var media: MediaState
        /// The newest message the client has.
        public var after: Int64?
        /// See ``Participant/isGuest``.
        public var isGuest: Bool

        public init(
            participant: ParticipantID? = nil, name: String, page: PageID, role: MeetingRole = .participant,
            media: MediaState = MediaState(), after: Int64? = nil, isGuest: Bool = false
        ) {
            self.participant = participant
            self.name = name
            self.page = page
            self.role = role
            self.media = media
            self.after = after
            self.isGuest = isGuest
        }
    }

    /// The room as somebody who has just joined sees it.
    public struct Snapshot: Hashable, Sendable {
        public var own: Participant
        public var role: MeetingRole
        public var capacity: Int
        /// Everybody else, in the order in which they joined.
        public var participants: [Participant]
        public var chat: ChatHistory
    }

    /// The chat of a meeting from before this room was made, as it was stored.
    public struct PastChat: Hashable, Sendable {
        /// Oldest first, at most ``MeetingLimits/chatHistory``.
        public var messages: [ChatMessage]
        /// Whether there are stored messages before these.
        public var hasOlder: Bool
        /// The greatest number the chat has ever used.
        public var lastSeq: Int64

        public init(messages: [ChatMessage] = [], hasOlder: Bool = false, lastSeq: Int64 = 0) {
            self.messages = messages
            self.hasOlder = hasOlder
            self.lastSeq = lastSeq
        }
    }
}
