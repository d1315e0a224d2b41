// SPDX-License-Identifier: Apache-2.0
public import MeetingProtocol

/// Everything in one SQLite file, written by one thread.
///
/// Everything that waits is carried out in one transaction and reported after its commit, so a burst
/// of messages costs one flush to disk, and a reported success survives a power cut (write-ahead log,
/// `synchronous = FULL`). A request that fails leaves the others of its transaction alone.
public final class SQLiteStore: Sendable {
    /// Requests that may wait. With chat messages at their largest this is some 60 MB.
    static let queueCapacity = 4096

    private let thread: StorageThread<SQLiteRequest>

    /// Opens the file, making or upgrading it as needed; its folder must exist.
    ///
    /// Refuses a file that is damaged, of another program or of a newer Parley, and leaves it as it is.
    /// - Parameter upgrades: False also refuses a file of an earlier Parley: one that another process serves.
    public init(path: String, upgrades: Bool = true) throws(StorageError) {
        thread = try StorageThread(
            capacity: Self.queueCapacity,
            open: { () throws(StorageError) in try SQLiteSchema.open(path, upgrades: upgrades) },
            carryOut: { (requests, connection) in SQLiteRequest.carryOut(requests, on: connection) })
    }

    /// A store that is gone when it is closed; for tests.
    public static func inMemory() throws(StorageError) -> SQLiteStore { try SQLiteStore(path: ":memory:") }

    // Does not wait: the last reference may be let go of by a completion, on the thread itself.
    deinit { thread.stop() }

    public func close() { thread.close() }

    /// Has `body` carried out on the store's thread, and its result reported.
    func perform<Value: Sendable>(
        _ effect: SQLiteRequest.Effect, _ done: @escaping StorageCompletion<Value>,
        _ body: @escaping @Sendable (SQLiteConnection) throws(StorageError) -> Value
    ) {
        let request = SQLiteRequest(effect, done, body)
        do throws(StorageError) { try thread.add(request) } catch { request.refuse(error) }
    }
}

extension SQLiteStore: MeetingStore {
    public func create(_ meeting: MeetingRecord, _ done: @escaping StorageCompletion<Bool>) {
        perform(.writes, done) { (database) throws(StorageError) in try database.add(meeting) }
    }

    public func load(_ code: MeetingCode, newest: Int, _ done: @escaping StorageCompletion<StoredMeeting?>) {
        perform(.reads, done) { (database) throws(StorageError) in
            try database.meeting(code, newest: newest)
        }
    }

    public func append(
        _ message: ChatMessage, in code: MeetingCode, _ done: @escaping StorageCompletion<Void>
    ) {
        perform(.writes, done) { (database) throws(StorageError) in try database.add(message, to: code) }
    }

    public func change(
        _ message: ChatMessage, in code: MeetingCode, _ done: @escaping StorageCompletion<Void>
    ) {
        // What a deleted message said is to be gone, as when its time is up.
        perform(message.isDeleted ? .deletes : .writes, done) { (database) throws(StorageError) in
            try database.change(message, in: code)
        }
    }

    public func files(_ done: @escaping StorageCompletion<Set<FileID>>) {
        perform(.reads, done) { (database) throws(StorageError) in Set(try database.files()) }
    }

    public func remember(
        _ change: MeetingMemory.Change, in code: MeetingCode, _ done: @escaping StorageCompletion<Void>
    ) {
        let deletes = if case .deletePoll = change { true } else { false }
        perform(deletes ? .deletes : .writes, done) { (database) throws(StorageError) in
            try database.remember(change, in: code)
        }
    }

    public func touch(_ code: MeetingCode, at time: Int64, _ done: @escaping StorageCompletion<Void>) {
        perform(.writes, done) { (database) throws(StorageError) in
            try database.run(
                "UPDATE meetings SET used_at = max(used_at, ?) WHERE code = ?", .integer(time),
                .text(code.text))
        }
    }

    public func end(_ code: MeetingCode, at time: Int64, _ done: @escaping StorageCompletion<Bool>) {
        perform(.deletes, done) { (database) throws(StorageError) in
            try database.run(
                "UPDATE meetings SET ended_at = ? WHERE code = ? AND ended_at IS NULL", .integer(time),
                .text(code.text))
            guard database.changes > 0 else { return false }
            try database.run("DELETE FROM messages WHERE meeting = ?", .text(code.text))
            try database.run("DELETE FROM acquaintances WHERE meeting = ?", .text(code.text))
            try database.deletePolls(of: code)
            return true
        }
    }

    public func recent(limit: Int, _ done: @escaping StorageCompletion<[MeetingRecord]>) {
        perform(.reads, done) { (database) throws(StorageError) in
            try database.rows(
                """
                SELECT \(MeetingRecord.columns) FROM meetings WHERE ended_at IS NULL
                ORDER BY used_at DESC, code DESC LIMIT ?
                """, .integer(Int64(max(limit, 0))), as: { MeetingRecord(row: $0) })
        }
    }

    public func meetings(
        of owner: AccountID, limit: Int, _ done: @escaping StorageCompletion<[MeetingRecord]>
    ) {
        perform(.reads, done) { (database) throws(StorageError) in
            try database.meetings(of: owner, limit: limit)
        }
    }

    public func changeMeeting(
        _ code: MeetingCode, _ change: MeetingChange, _ done: @escaping StorageCompletion<MeetingRecord?>
    ) {
        perform(.writes, done) { (database) throws(StorageError) in try database.change(code, change) }
    }

    public func moveMeeting(
        from code: MeetingCode, to fresh: MeetingCode, _ done: @escaping StorageCompletion<Bool>
    ) {
        perform(.writes, done) { (database) throws(StorageError) in try database.move(code, to: fresh) }
    }

    public func meeting(ofDialectRoom room: String, _ done: @escaping StorageCompletion<MeetingCode?>) {
        perform(.reads, done) { (database) throws(StorageError) in
            try database.meeting(ofDialectRoom: room)
        }
    }

    public func deleteMeeting(_ code: MeetingCode, _ done: @escaping StorageCompletion<Bool>) {
        perform(.deletes, done) { (database) throws(StorageError) in
            try database.run("DELETE FROM meetings WHERE code = ?", .text(code.text))
            return database.changes > 0
        }
    }

    public func objects(in code: MeetingCode, _ done: @escaping StorageCompletion<[RoomObject]>) {
        perform(.reads, done) { (database) throws(StorageError) in try database.objects(in: code) }
    }

    public func sweep(now: Int64, active: Set<MeetingCode>, _ done: @escaping StorageCompletion<SweepCounts>)
    {
        perform(.deletes, done) { (database) throws(StorageError) in
            try database.sweep(now: now, active: active)
        }
    }

    public func figures(_ done: @escaping StorageCompletion<StorageFigures>) {
        perform(.reads, done) { (database) throws(StorageError) in try database.figures() }
    }

    public func setting(_ name: String, _ done: @escaping StorageCompletion<String?>) {
        perform(.reads, done) { (database) throws(StorageError) in
            try database.rows("SELECT value FROM settings WHERE name = ?", .text(name), as: { $0.text(0) })
                .first
        }
    }

    public func setSetting(_ name: String, _ value: String?, _ done: @escaping StorageCompletion<Void>) {
        perform(.writes, done) { (database) throws(StorageError) in
            if let value {
                try database.set(name, to: value)
            } else {
                try database.run("DELETE FROM settings WHERE name = ?", .text(name))
            }
        }
    }
}

extension SQLiteConnection {
    /// Makes `value` the setting of this name.
    func set(_ name: String, to value: String) throws(StorageError) {
        try run(
            "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = ?",
            .text(name), .text(value), .text(value))
    }
}
