// SPDX-License-Identifier: Apache-2.0
public import MeetingProtocol

/// Where meetings, their chat and their furniture outlive the process.
public protocol MeetingStore: Sendable {
    /// Adds a meeting. Reports false, and changes nothing, when its code is taken, or its dialect's room is one
    /// with another meeting that has not ended.
    func create(_ meeting: MeetingRecord, _ done: @escaping StorageCompletion<Bool>)
    /// Reports the meeting and the `newest` messages of its chat, or `nil` when there is none.
    func load(_ code: MeetingCode, newest: Int, _ done: @escaping StorageCompletion<StoredMeeting?>)
    /// Adds a message, and marks the meeting as used when the message was sent.
    ///
    /// Fails with ``StorageError/Kind/noSuchMeeting`` when the meeting is unknown or has ended, and
    /// with ``StorageError/Kind/conflict`` when the chat has the number already.
    func append(_ message: ChatMessage, in code: MeetingCode, _ done: @escaping StorageCompletion<Void>)
    /// Stores what has become of a message: its text, reactions and number of the change.
    ///
    /// Fails with ``StorageError/Kind/noSuchMeeting`` when the meeting is unknown or has ended. A message
    /// that is not kept any more is ignored.
    func change(_ message: ChatMessage, in code: MeetingCode, _ done: @escaping StorageCompletion<Void>)
    /// Reports the files that messages have which are kept, in no order.
    func files(_ done: @escaping StorageCompletion<Set<FileID>>)
    /// Stores a change of what the meeting remembers.
    ///
    /// Fails with ``StorageError/Kind/noSuchMeeting`` when the meeting is unknown or has ended. A vote in a poll
    /// that is not kept any more is ignored.
    func remember(
        _ change: MeetingMemory.Change, in code: MeetingCode, _ done: @escaping StorageCompletion<Void>)
    /// Marks the meeting as used at `time`, in milliseconds since 1970; an unknown one is ignored.
    func touch(_ code: MeetingCode, at time: Int64, _ done: @escaping StorageCompletion<Void>)
    /// Ends the meeting at `time` and deletes its chat. Reports false when it is unknown or had ended.
    func end(_ code: MeetingCode, at time: Int64, _ done: @escaping StorageCompletion<Bool>)
    /// Reports at most `limit` meetings that have not ended, last used first.
    func recent(limit: Int, _ done: @escaping StorageCompletion<[MeetingRecord]>)
    /// Reports at most `limit` meetings of the account that have not ended, oldest first.
    func meetings(
        of owner: AccountID, limit: Int, _ done: @escaping StorageCompletion<[MeetingRecord]>)
    /// Reports the meeting as it is afterwards, or `nil` when it is unknown or has ended.
    func changeMeeting(
        _ code: MeetingCode, _ change: MeetingChange, _ done: @escaping StorageCompletion<MeetingRecord?>)
    /// Reports the meeting that is one with a dialect's room and has not ended; `nil` when there is none.
    func meeting(ofDialectRoom room: String, _ done: @escaping StorageCompletion<MeetingCode?>)
    /// Gives the meeting, with its chat, objects and invites, a new code; the old one is unknown from then on.
    /// Reports false, and changes nothing, when the meeting is unknown or has ended, or the new code is taken.
    func moveMeeting(
        from code: MeetingCode, to fresh: MeetingCode, _ done: @escaping StorageCompletion<Bool>)
    /// Deletes the meeting and all that belongs to it. Reports false when it is unknown.
    func deleteMeeting(_ code: MeetingCode, _ done: @escaping StorageCompletion<Bool>)
    /// Reports what stands in the meeting's room, in the order in which it was set; empty for an unknown one.
    func objects(in code: MeetingCode, _ done: @escaping StorageCompletion<[RoomObject]>)
    /// Deletes what need not be kept any longer: chat, meetings, sessions that are over.
    ///
    /// Goes by ``ChatRetention``, ``MeetingRecord/idleLimit`` for the chat of meetings that keep it
    /// while they last, and ``MeetingRecord/lifetime`` for the meetings themselves.
    /// - Parameter now: Milliseconds since 1970.
    /// - Parameter active: Meetings with somebody in them; neither they nor chat kept for the
    ///   meeting's own sake is deleted. Nor are meetings that belong to an account, until they have ended.
    func sweep(now: Int64, active: Set<MeetingCode>, _ done: @escaping StorageCompletion<SweepCounts>)
    /// Reports how much is kept.
    func figures(_ done: @escaping StorageCompletion<StorageFigures>)
    /// Reports a named value of the server's own, `nil` when it was never set.
    func setting(_ name: String, _ done: @escaping StorageCompletion<String?>)
    /// Keeps a named value of the server's own; `nil` removes it.
    func setSetting(_ name: String, _ value: String?, _ done: @escaping StorageCompletion<Void>)
    /// Finishes what was asked for, then frees everything. Returns when done; later calls are refused.
    /// Waits for completions, so it must not be called from one.
    func close()
}
