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
        case chat(SessionID, RequestID, ChatDraft, WallClock)
        case talk(SessionID, RequestID, TalkRequest, WallClock)
        case host(SessionID, RequestID, HostRequest, WallClock)
        /// Somebody who is not here records, or does not any more. It is on disk already.
        case recording(Recording?)
        /// Into the lobby or out of it.
        case lobbyChat(SessionID, RequestID, String, to: ParticipantID?, WallClock)
        /// The message that ``Output/store(_:)`` asked for is on disk: its ``ChatMessage/newestSeq``.
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
        /// Answered by `stored` or `storeFailed`; until then nobody sees the message, or its change.
        case store(ChatMessage)
        /// To be remembered when the room is gone. With an answer it is a reply: the request is answered with
        /// ``Reply/done``, or with ``Refusal/chatUnavailable``, when that is done.
        case keep(MeetingMemory.Change, Answer?)
        /// The session is done for, after it was told why. No output names it from here on.
        case close(SessionID)
        /// Nobody holds a seat or waits for one, and nothing waits to be stored: the room may be dropped.
        case emptied
    }

    /// Which request an output answers.
    public struct Answer: Hashable, Sendable {
        public var session: SessionID
        public var request: RequestID

        init(_ session: SessionID, _ request: RequestID) {
            self.session = session
            self.request = request
        }
    }

    public enum Reply: Hashable, Sendable {
        case joined(Snapshot)
        /// Not yet: this is the name under which they wait, and will have a seat.
        /// What was said with them before comes with it.
        case waiting(ParticipantID, [LobbyLine])
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
        /// Since when their hand was up in an earlier run of the server, in milliseconds since 1970.
        public var hand: Int64?
        /// See ``Participant/isGuest``.
        public var isGuest: Bool
        /// Let in without waiting: somebody has allowed it already.
        public var isExpected: Bool

        public init(
            participant: ParticipantID? = nil, name: String, page: PageID, role: MeetingRole = .participant,
            media: MediaState = MediaState(), after: Int64? = nil, hand: Int64? = nil,
            isGuest: Bool = false, isExpected: Bool = false
        ) {
            self.participant = participant
            self.name = name
            self.page = page
            self.role = role
            self.media = media
            self.after = after
            self.hand = hand
            self.isGuest = isGuest
            self.isExpected = isExpected
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
        public var rules: MeetingRules
        public var hands: [RaisedHand]
        public var spotlight: ParticipantID?
        public var recording: Recording?
        /// `nil` for those who do not host.
        public var lobby: [Waiting]?
        public var polls: [Poll] = []
        /// What was said with those who wait.
        public var lobbyChat: [LobbyLine] = []
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
