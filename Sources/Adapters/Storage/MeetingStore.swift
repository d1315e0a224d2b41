// SPDX-License-Identifier: Apache-2.0
public import MeetingProtocol

/// Where meetings and their chat outlive the process.
///
/// Every method returns at once and reports exactly once, in the order of the calls, on whatever
/// thread suits the store; a call may report before it returns, so hop to your own executor first.
/// What is reported as done survives the process, and with ``SQLiteMeetingStore`` the machine.
public protocol MeetingStore: Sendable {
    typealias Completion<Value> = @Sendable (Result<Value, StorageError>) -> Void

    /// Adds a meeting. Reports false, and changes nothing, when its code is taken.
    func create(_ meeting: MeetingRecord, _ done: @escaping Completion<Bool>)
    /// Reports the meeting and the `newest` messages of its chat, or `nil` when there is none.
    func load(_ code: MeetingCode, newest: Int, _ done: @escaping Completion<StoredMeeting?>)
    /// Adds a message, and marks the meeting as used when the message was sent.
    ///
    /// Fails with ``StorageError/Kind/noSuchMeeting`` when the meeting is unknown or has ended, and
    /// with ``StorageError/Kind/conflict`` when the chat has the number already.
    func append(_ message: ChatMessage, in code: MeetingCode, _ done: @escaping Completion<Void>)
    /// Marks the meeting as used at `time`, in milliseconds since 1970; an unknown one is ignored.
    func touch(_ code: MeetingCode, at time: Int64, _ done: @escaping Completion<Void>)
    /// Ends the meeting at `time` and deletes its chat. Reports false when it is unknown or had ended.
    func end(_ code: MeetingCode, at time: Int64, _ done: @escaping Completion<Bool>)
    /// Reports at most `limit` meetings that have not ended, last used first.
    func recent(limit: Int, _ done: @escaping Completion<[MeetingRecord]>)
    /// Deletes what need not be kept any longer.
    ///
    /// Goes by ``ChatRetention``, ``MeetingRecord/idleLimit`` for the chat of meetings that keep it
    /// while they last, and ``MeetingRecord/lifetime`` for the meetings themselves.
    /// - Parameter now: Milliseconds since 1970.
    /// - Parameter active: Meetings with somebody in them; neither they nor chat kept for the
    ///   meeting's own sake is deleted.
    func sweep(now: Int64, active: Set<MeetingCode>, _ done: @escaping Completion<SweepCounts>)
    /// Reports a named value of the server's own, `nil` when it was never set.
    func setting(_ name: String, _ done: @escaping Completion<String?>)
    /// Keeps a named value of the server's own; `nil` removes it.
    func setSetting(_ name: String, _ value: String?, _ done: @escaping Completion<Void>)
    /// Finishes what was asked for, then frees everything. Returns when done; later calls are refused.
    /// Waits for completions, so it must not be called from one.
    func close()
}

/// A meeting as it is kept: what it is, not who is in it.
public struct MeetingRecord: Hashable, Sendable {
    /// How long the chat of an empty meeting outlives it, in milliseconds: one hour.
    public static let idleLimit: Int64 = 3_600_000
    /// How long a meeting's code works after its last use, in milliseconds: one year.
    public static let lifetime: Int64 = 365 * 24 * 3_600_000

    public var code: MeetingCode
    public var retention: ChatRetention
    /// Milliseconds since 1970, like all times here.
    public var createdAt: Int64
    public var usedAt: Int64
    /// When the host ended it; `nil` while it can be joined.
    public var endedAt: Int64?

    public init(
        code: MeetingCode, retention: ChatRetention, createdAt: Int64, usedAt: Int64? = nil,
        endedAt: Int64? = nil
    ) {
        self.code = code
        self.retention = retention
        self.createdAt = createdAt
        self.usedAt = usedAt ?? createdAt
        self.endedAt = endedAt
    }
}

/// A meeting and the end of its chat.
public struct StoredMeeting: Hashable, Sendable {
    public var record: MeetingRecord
    /// Oldest first.
    public var messages: [ChatMessage]
    /// Whether the chat has messages before these.
    public var hasOlder: Bool
    /// The greatest number the chat has ever used, even if that message was deleted; 0 for none.
    public var lastSeq: Int64

    public init(record: MeetingRecord, messages: [ChatMessage], hasOlder: Bool, lastSeq: Int64) {
        self.record = record
        self.messages = messages
        self.hasOlder = hasOlder
        self.lastSeq = lastSeq
    }
}

/// What a sweep deleted. The messages of a deleted meeting are counted too.
public struct SweepCounts: Hashable, Sendable {
    public var messages: Int
    public var meetings: Int

    public init(messages: Int = 0, meetings: Int = 0) {
        self.messages = messages
        self.meetings = meetings
    }
}
