// SPDX-License-Identifier: Apache-2.0
internal import CSQLite
internal import Glibc
internal import SystemCalls

/// One open database file. Made, used and freed on one thread.
@safe final class SQLiteConnection {
    /// The file's path, for messages.
    let path: String
    private let database: OpaquePointer
    /// Prepared once each: the texts are a fixed few.
    private var statements: [String: SQLiteStatement] = [:]

    /// Opens the file, which is made if it is not there, readable by its owner only; `:memory:` is none.
    init(path: String) throws(StorageError) {
        if path != ":memory:" { try Self.makePrivate(path) }
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let status = unsafe sqlite3_open_v2(path, &opened, flags, nil)
        guard status == SQLITE_OK, let database = unsafe opened else {
            let failure = unsafe SQLiteFailure(of: opened)
            _ = unsafe sqlite3_close_v2(opened)
            throw StorageError(failure, path: path)
        }
        self.path = path
        unsafe self.database = database
        _ = unsafe sqlite3_busy_timeout(database, 5000)
        _ = unsafe parley_sqlite3_defend(database)
    }

    deinit {
        statements = [:]
        _ = unsafe sqlite3_close_v2(database)
    }

    /// Whether a transaction is open. SQLite ends one by itself after some failures.
    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(database) == 0 }
    /// Rows the last statement inserted, changed or deleted.
    var changes: Int { Int(unsafe sqlite3_changes64(database)) }

    /// Runs one statement for its effect.
    func run(_ sql: String, _ values: SQLiteValue...) throws(StorageError) {
        _ = try query(sql, values) { _ in true }
    }

    /// Runs one statement and makes a value of each row; rows that make `nil` are left out.
    func rows<Row>(
        _ sql: String, _ values: SQLiteValue..., as row: (borrowing SQLiteRow) -> Row?
    ) throws(StorageError) -> [Row] {
        try query(sql, values, row)
    }

    /// Runs several statements, separated by semicolons, that are used once.
    func runScript(_ sql: String) throws(StorageError) {
        guard unsafe sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else {
            throw unsafe StorageError(SQLiteFailure(of: database), path: path)
        }
    }

    /// ``rows(_:_:as:)`` for values that come as a list.
    func query<Row>(
        _ sql: String, _ values: [SQLiteValue], _ row: (borrowing SQLiteRow) -> Row?
    ) throws(StorageError) -> [Row] {
        do throws(SQLiteFailure) {
            return try statement(sql).run(values, row)
        } catch {
            throw StorageError(error, path: path)
        }
    }

    private func statement(_ sql: String) throws(SQLiteFailure) -> SQLiteStatement {
        if let statement = statements[sql] { return statement }
        let statement = try unsafe SQLiteStatement(sql, on: database)
        statements[sql] = statement
        return statement
    }

    /// Makes the file if need be and shuts others out of it; SQLite gives its journals the same mode.
    ///
    /// A file that exists is not opened here: closing it again would drop the locks that another
    /// connection of this process holds. <https://www.sqlite.org/howtocorrupt.html> §2.2
    private static func makePrivate(_ path: String) throws(StorageError) {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            close(descriptor)
        } else if unsafe errno != EEXIST || chmod(path, 0o600) != 0 {
            throw StorageError(errno: errno, path: path)
        }
    }
}

extension StorageError {
    init(errno code: Int32, path: String) {
        let reason = SystemCallError.text(of: code)
        let kind: Kind = code == ENOSPC || code == EDQUOT ? .full : .failed
        self.init(kind, code: code, message: "\(path): cannot be opened: \(reason)")
    }

    init(_ failure: SQLiteFailure, path: String) {
        switch failure.primaryCode {
        case SQLITE_FULL:
            self.init(.full, code: failure.code, message: "\(path): the disk is full")
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            let advice = "restore a backup or move the file away"
            self.init(
                .damaged, code: failure.code,
                message: "\(path): damaged, or not a database (\(failure.message)); \(advice)")
        case SQLITE_CONSTRAINT:
            self.init(.conflict, code: failure.code, message: "\(path): \(failure.message)")
        default:
            self.init(.failed, code: failure.code, message: "\(path): \(failure.message)")
        }
    }
}
