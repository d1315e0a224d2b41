// SPDX-License-Identifier: Apache-2.0
public import MeetingProtocol
internal import Synchronization

/// The store's twin without a disk, for tests and for servers that keep nothing.
///
/// Reports on the calling thread, before the call returns.
public final class InMemoryMeetingStore: MeetingStore {
    private struct Entry {
        var record: MeetingRecord
        /// In order of `seq`.
        var messages: [ChatMessage] = []
        var lastSeq: Int64 = 0
    }
    private struct State {
        var meetings: [MeetingCode: Entry] = [:]
        var settings: [String: String] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())

    public init() {}

    public func create(_ meeting: MeetingRecord, _ done: @escaping Completion<Bool>) {
        report(done) { state in
            guard state.meetings[meeting.code] == nil else { return false }
            state.meetings[meeting.code] = Entry(record: meeting)
            return true
        }
    }

    public func load(_ code: MeetingCode, newest: Int, _ done: @escaping Completion<StoredMeeting?>) {
        report(done) { state in
            guard let entry = state.meetings[code] else { return nil }
            let messages = Array(entry.messages.suffix(max(newest, 0)))
            return StoredMeeting(
                record: entry.record, messages: messages, hasOlder: messages.count < entry.messages.count,
                lastSeq: entry.lastSeq)
        }
    }

    public func append(_ message: ChatMessage, in code: MeetingCode, _ done: @escaping Completion<Void>) {
        report(done) { (state) throws(StorageError) in
            guard var entry = state.meetings[code], entry.record.endedAt == nil else {
                throw .noSuchMeeting("memory")
            }
            guard !entry.messages.contains(where: { $0.seq == message.seq }) else {
                throw StorageError(.conflict, message: "memory: the message is there already")
            }
            let place = entry.messages.firstIndex { $0.seq > message.seq } ?? entry.messages.endIndex
            entry.messages.insert(message, at: place)
            entry.lastSeq = max(entry.lastSeq, message.seq)
            entry.record.usedAt = max(entry.record.usedAt, message.sentAt)
            state.meetings[code] = entry
        }
    }

    public func touch(_ code: MeetingCode, at time: Int64, _ done: @escaping Completion<Void>) {
        report(done) { state in
            guard let usedAt = state.meetings[code]?.record.usedAt else { return }
            state.meetings[code]?.record.usedAt = max(usedAt, time)
        }
    }

    public func end(_ code: MeetingCode, at time: Int64, _ done: @escaping Completion<Bool>) {
        report(done) { state in
            guard var entry = state.meetings[code], entry.record.endedAt == nil else { return false }
            entry.record.endedAt = time
            entry.messages = []
            state.meetings[code] = entry
            return true
        }
    }

    public func recent(limit: Int, _ done: @escaping Completion<[MeetingRecord]>) {
        report(done) { state in
            let open = state.meetings.values.map(\.record).filter { $0.endedAt == nil }
            let newestFirst = open.sorted { ($1.usedAt, $0.code.text) < ($0.usedAt, $1.code.text) }
            return Array(newestFirst.prefix(max(limit, 0)))
        }
    }

    public func sweep(now: Int64, active: Set<MeetingCode>, _ done: @escaping Completion<SweepCounts>) {
        report(done) { state in
            var counts = SweepCounts()
            for (code, entry) in state.meetings {
                let isIdle = !active.contains(code)
                var kept = entry.messages
                if let maxAge = entry.record.retention.maxAge {
                    kept.removeAll { $0.sentAt < now - maxAge }
                } else if isIdle, entry.record.usedAt < now - MeetingRecord.idleLimit {
                    kept = []
                }
                if isIdle, entry.record.usedAt < now - MeetingRecord.lifetime {
                    counts.meetings += 1
                    counts.messages += entry.messages.count
                    state.meetings[code] = nil
                } else {
                    counts.messages += entry.messages.count - kept.count
                    state.meetings[code]?.messages = kept
                }
            }
            return counts
        }
    }

    public func setting(_ name: String, _ done: @escaping Completion<String?>) {
        report(done) { state in state.settings[name] }
    }

    public func setSetting(_ name: String, _ value: String?, _ done: @escaping Completion<Void>) {
        report(done) { state in state.settings[name] = value }
    }

    public func close() { state.withLock { $0.isClosed = true } }

    /// Reports what `body` makes of the state, outside the lock: the completion may call the store.
    private func report<Value: Sendable>(
        _ done: Completion<Value>, _ body: (inout State) throws(StorageError) -> Value
    ) {
        let result = state.withLock { (state) -> Result<Value, StorageError> in
            guard !state.isClosed else { return .failure(.closed) }
            do throws(StorageError) {
                return .success(try body(&state))
            } catch {
                return .failure(error)
            }
        }
        done(result)
    }
}
