// SPDX-License-Identifier: Apache-2.0
internal import CSQLite

/// A value SQLite can hold in our tables.
enum SQLiteValue: Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    static func flag(_ value: Bool) -> SQLiteValue { .integer(value ? 1 : 0) }
    static func optional(_ value: Int64?) -> SQLiteValue {
        if let value { .integer(value) } else { .null }
    }
    static func optional(_ value: String?) -> SQLiteValue {
        if let value { .text(value) } else { .null }
    }
}

/// One prepared statement, finalised when it goes. Used on the thread of its connection only.
@safe final class SQLiteStatement {
    private let handle: OpaquePointer

    init(_ sql: String, on database: OpaquePointer) throws(SQLiteFailure) {
        var created: OpaquePointer?
        // The statement is kept for the life of the connection: worth SQLite's while to plan well.
        let status = unsafe sqlite3_prepare_v3(
            database, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &created, nil)
        guard status == SQLITE_OK, let handle = unsafe created else {
            throw unsafe SQLiteFailure(of: database)
        }
        unsafe self.handle = handle
    }

    deinit { _ = unsafe sqlite3_finalize(handle) }

    /// Runs the statement with `values` for its parameters, in order, and collects the rows.
    func run<Row>(
        _ values: [SQLiteValue], _ row: (borrowing SQLiteRow) -> Row?
    ) throws(SQLiteFailure) -> [Row] {
        defer {
            _ = unsafe sqlite3_reset(handle)
            _ = unsafe sqlite3_clear_bindings(handle)
        }
        for (index, value) in values.enumerated() { try bind(value, at: Int32(index + 1)) }
        var rows: [Row] = []
        while true {
            switch unsafe sqlite3_step(handle) {
            case SQLITE_ROW:
                if let value = unsafe row(SQLiteRow(statement: handle)) { rows.append(value) }
            case SQLITE_DONE:
                return rows
            default:
                throw failure
            }
        }
    }

    private func bind(_ value: SQLiteValue, at index: Int32) throws(SQLiteFailure) {
        let status =
            switch value {
            case .null: unsafe sqlite3_bind_null(handle, index)
            case .integer(let integer): unsafe sqlite3_bind_int64(handle, index, integer)
            case .real(let number): unsafe sqlite3_bind_double(handle, index, number)
            case .text(let text): bind(text, at: index)
            case .blob(let bytes): bind(bytes, at: index)
            }
        guard status == SQLITE_OK else { throw failure }
    }

    private func bind(_ text: String, at index: Int32) -> Int32 {
        var text = text
        return text.withUTF8 { (bytes) -> Int32 in
            guard let count = Int32(exactly: bytes.count) else { return SQLITE_TOOBIG }
            // An empty string may have no address, and SQLite reads no address as NULL.
            guard count > 0 else { return unsafe parley_sqlite3_bind_text(handle, index, "", 0) }
            return unsafe bytes.withMemoryRebound(to: CChar.self) {
                unsafe parley_sqlite3_bind_text(handle, index, $0.baseAddress, count)
            }
        }
    }

    private func bind(_ bytes: [UInt8], at index: Int32) -> Int32 {
        guard let count = Int32(exactly: bytes.count) else { return SQLITE_TOOBIG }
        // As for text: no address would be NULL.
        guard count > 0 else { return unsafe sqlite3_bind_zeroblob(handle, index, 0) }
        return unsafe bytes.withUnsafeBytes {
            unsafe parley_sqlite3_bind_blob(handle, index, $0.baseAddress, count)
        }
    }

    private var failure: SQLiteFailure { unsafe SQLiteFailure(of: sqlite3_db_handle(handle)) }
}

/// The row a statement stands on, lent while it stands there. Columns count from 0.
@safe struct SQLiteRow: ~Copyable {
    private let statement: OpaquePointer

    @unsafe init(statement: OpaquePointer) { unsafe self.statement = statement }

    func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(statement, column) }

    func optionalInteger(_ column: Int32) -> Int64? {
        unsafe sqlite3_column_type(statement, column) == SQLITE_NULL ? nil : integer(column)
    }

    func real(_ column: Int32) -> Double { unsafe sqlite3_column_double(statement, column) }

    func flag(_ column: Int32) -> Bool { integer(column) != 0 }

    func optionalText(_ column: Int32) -> String? {
        unsafe sqlite3_column_type(statement, column) == SQLITE_NULL ? nil : text(column)
    }

    /// Empty for NULL.
    func blob(_ column: Int32) -> [UInt8] {
        guard let start = unsafe sqlite3_column_blob(statement, column) else { return [] }
        let count = Int(unsafe sqlite3_column_bytes(statement, column))
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// Empty for NULL.
    func text(_ column: Int32) -> String {
        guard let start = unsafe sqlite3_column_text(statement, column) else { return "" }
        let count = Int(unsafe sqlite3_column_bytes(statement, column))
        return unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }
}

/// What SQLite said about its last call.
struct SQLiteFailure: Error, Hashable {
    /// The extended result code. <https://www.sqlite.org/rescode.html>
    var code: Int32
    var message: String

    @unsafe init(of database: OpaquePointer?) {
        code = unsafe sqlite3_extended_errcode(database)
        message = unsafe String(cString: sqlite3_errmsg(database))
    }

    /// The primary result code: the low byte.
    var primaryCode: Int32 { code & 0xFF }
}
