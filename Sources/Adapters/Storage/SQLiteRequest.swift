// SPDX-License-Identifier: Apache-2.0

/// Something to do in a transaction that others may share, reported when the transaction is through.
struct SQLiteRequest: Sendable {
    typealias Report = @Sendable () -> Void

    /// Most requests in one transaction, so that the first does not wait long for the last.
    static let batchLimit = 256

    /// What a request does to the file.
    enum Effect { case reads, writes, deletes }

    private let effect: Effect
    /// Runs the statements and returns what reports their success.
    private let perform: @Sendable (SQLiteConnection) throws(StorageError) -> Report
    /// Reports a failure.
    let refuse: @Sendable (StorageError) -> Void

    init<Value: Sendable>(
        _ effect: Effect, _ done: @escaping @Sendable (Result<Value, StorageError>) -> Void,
        _ body: @escaping @Sendable (SQLiteConnection) throws(StorageError) -> Value
    ) {
        self.effect = effect
        perform = { (connection) throws(StorageError) in
            let value = try body(connection)
            return { done(.success(value)) }
        }
        refuse = { done(.failure($0)) }
    }

    /// Carries out all `requests` in order, in as few transactions as ``batchLimit`` allows.
    static func carryOut(_ requests: [SQLiteRequest], on connection: SQLiteConnection) {
        for start in stride(from: 0, to: requests.count, by: batchLimit) {
            let batch = requests[start..<min(start + batchLimit, requests.count)]
            for report in reports(of: batch, on: connection) { report() }
        }
    }

    /// Runs `batch` in one transaction and returns what reports each request, in order.
    private static func reports(
        of batch: ArraySlice<SQLiteRequest>, on connection: SQLiteConnection
    ) -> [Report] {
        do throws(StorageError) {
            // Asking for the write lock late could fail half-way, when another process has it.
            try connection.run(batch.contains { $0.effect != .reads } ? "BEGIN IMMEDIATE" : "BEGIN")
            var reports: [Report] = []
            for request in batch { reports.append(try request.attempt(on: connection)) }
            try connection.run("COMMIT")
            if batch.contains(where: { $0.effect == .deletes }) { forgetJournal(of: connection) }
            return reports
        } catch {
            if connection.isInTransaction { try? connection.run("ROLLBACK") }
            return batch.map { request in { request.refuse(error) } }
        }
    }

    /// Empties the write-ahead log, where deleted text would live on until it is overwritten.
    ///
    /// Another connection that is reading prevents it; the next deletion tries again.
    private static func forgetJournal(of connection: SQLiteConnection) {
        try? connection.run("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    /// Runs this request inside the open transaction. Throws only when the whole transaction is lost.
    private func attempt(on connection: SQLiteConnection) throws(StorageError) -> Report {
        try connection.run("SAVEPOINT request")
        do throws(StorageError) {
            let report = try perform(connection)
            try connection.run("RELEASE request")
            return report
        } catch {
            // After a full disk and the like, SQLite may have rolled everything back already.
            guard connection.isInTransaction else { throw error }
            try connection.run("ROLLBACK TO request")
            try connection.run("RELEASE request")
            return { refuse(error) }
        }
    }
}
