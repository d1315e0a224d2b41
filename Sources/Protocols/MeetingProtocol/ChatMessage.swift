// SPDX-License-Identifier: Apache-2.0

/// A message to everybody in a meeting, or to one participant.
public struct ChatMessage: Hashable, Sendable {
    /// The message's place in its meeting's chat. Later messages have greater numbers; numbers may be
    /// missing in between.
    public var seq: Int64
    public var id: MessageID
    public var from: ParticipantID
    /// The sender's name when it was sent: they may be gone when it is read.
    public var name: String
    public var text: String
    /// Milliseconds since 1970, by the server's clock.
    public var sentAt: Int64
    /// The only one besides the sender who sees it; `nil` for everybody.
    public var to: ParticipantID?
    /// The number of the message that this one answers, which may not exist.
    public var reply: Int64?
    /// What was sent along; gone from what is told of a deleted message.
    public var file: ChatFile?
    /// The number of the last change, of the same row as ``seq``; `nil` for a message that is as it was sent.
    public var changed: Int64?
    /// Deleted messages keep their place, without a text.
    public var isDeleted = false
    public var reactions = Reactions()

    public init(
        seq: Int64, id: MessageID, from: ParticipantID, name: String, text: String, sentAt: Int64,
        to: ParticipantID? = nil, reply: Int64? = nil, file: ChatFile? = nil
    ) {
        self.seq = seq
        self.id = id
        self.from = from
        self.name = name
        self.text = text
        self.sentAt = sentAt
        self.to = to
        self.reply = reply
        self.file = file
    }

    /// The greatest number that has to do with it.
    public var newestSeq: Int64 { max(seq, changed ?? 0) }

    /// Whether it is for this participant's eyes.
    public func isVisible(to id: ParticipantID) -> Bool { to == nil || to == id || from == id }
}

/// How long a meeting's chat is kept.
public enum ChatRetention: String, Hashable, Sendable, CaseIterable {
    /// Never on disk: whoever is there when a message is sent sees it.
    case none
    /// Until the meeting has been empty for an hour.
    case meeting
    /// Each message for 24 hours.
    case day
    /// Each message for 30 days.
    case month

    /// How long each message is kept, in milliseconds; `nil` where its age does not matter.
    public var maxAge: Int64? {
        switch self {
        case .none, .meeting: nil
        case .day: 24 * 3_600_000
        case .month: 30 * 24 * 3_600_000
        }
    }
}
