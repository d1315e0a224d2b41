// SPDX-License-Identifier: Apache-2.0

/// The tables, as the steps that lead to them from an empty file.
///
/// A released step is never edited: a change is a new step at the end. `PRAGMA user_version` counts
/// the steps a file has seen.
enum SQLiteSchema {
    /// "PRLY" in the file's header marks it as ours. <https://www.sqlite.org/fileformat2.html> §1.3.15
    static let applicationID: Int64 = 0x5052_4C59

    static let steps = [
        """
        CREATE TABLE meetings (
            code TEXT PRIMARY KEY,
            retention TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            used_at INTEGER NOT NULL,
            ended_at INTEGER,
            last_seq INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX meetings_by_use ON meetings (used_at);
        CREATE TABLE messages (
            meeting TEXT NOT NULL REFERENCES meetings (code) ON DELETE CASCADE,
            seq INTEGER NOT NULL,
            id TEXT NOT NULL,
            sender TEXT NOT NULL,
            name TEXT NOT NULL,
            text TEXT NOT NULL,
            sent_at INTEGER NOT NULL,
            PRIMARY KEY (meeting, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX messages_by_age ON messages (sent_at);
        CREATE TABLE settings (
            name TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """,
        SQLiteSchema.accounts + SQLiteSchema.belongings + SQLiteSchema.bookings,
        // Calendars take the file with the greater number for the newer one. RFC 5545 §3.8.7.4
        "ALTER TABLE appointments ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;",
        """
        ALTER TABLE meetings ADD COLUMN dialect_room TEXT;
        CREATE UNIQUE INDEX meetings_by_dialect_room ON meetings (dialect_room)
            WHERE dialect_room IS NOT NULL AND ended_at IS NULL;
        """,
        """
        ALTER TABLE messages ADD COLUMN recipient TEXT;
        ALTER TABLE messages ADD COLUMN reply INTEGER;
        ALTER TABLE messages ADD COLUMN changed INTEGER;
        ALTER TABLE messages ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1));
        ALTER TABLE messages ADD COLUMN reactions TEXT;
        """,
        "ALTER TABLE messages ADD COLUMN file TEXT;",
        SQLiteSchema.memory,
        SQLiteSchema.recordings,
    ]

    /// Opens the file at `path` with the tables of this version in it.
    /// - Parameter upgrades: False refuses a file of an earlier version, which a server may be using.
    static func open(_ path: String, upgrades: Bool = true) throws(StorageError) -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path)
        // Also the first read: this is where a damaged file shows.
        let version = try version(of: connection)
        if version < steps.count {
            guard upgrades else {
                throw StorageError(
                    .failed,
                    message: "\(path): written by an older Parley that is still running; stop it first")
            }
            try apply(to: connection, from: version)
        }
        try connection.runScript(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA foreign_keys = ON;
            PRAGMA secure_delete = ON;
            """)
        return connection
    }

    /// How many steps the file has seen; 0 for an empty one. Refuses files of others and of later versions.
    static func version(of connection: SQLiteConnection) throws(StorageError) -> Int {
        let version = try integer("PRAGMA user_version", on: connection)
        guard (0...Int64(steps.count)).contains(version) else {
            throw StorageError(
                .newerVersion,
                message: "\(connection.path): written by a newer Parley (schema \(version), this one knows "
                    + "\(steps.count)); start that version, or restore an older backup")
        }
        try refuseStranger(connection, version: version)
        return Int(version)
    }

    /// Takes the steps from `version` on, all or none: one that fails leaves the file as it was.
    static func apply(to connection: SQLiteConnection, from version: Int) throws(StorageError) {
        try connection.runScript("BEGIN EXCLUSIVE")
        do throws(StorageError) {
            for step in steps[version...] { try connection.runScript(step) }
            try connection.runScript("PRAGMA application_id = \(applicationID)")
            try connection.runScript("PRAGMA user_version = \(steps.count)")
            try connection.runScript("COMMIT")
        } catch {
            try? connection.runScript("ROLLBACK")
            throw error
        }
    }

    /// A file with somebody else's tables is left alone.
    private static func refuseStranger(
        _ connection: SQLiteConnection, version: Int64
    ) throws(StorageError) {
        let mark = try integer("PRAGMA application_id", on: connection)
        let tables = try integer("SELECT count(*) FROM sqlite_schema", on: connection)
        let isOurs = mark == applicationID && version > 0
        let isEmpty = mark == 0 && version == 0 && tables == 0
        guard isOurs || isEmpty else {
            throw StorageError(.damaged, message: "\(connection.path): a database of another program")
        }
    }

    private static func integer(_ sql: String, on connection: SQLiteConnection) throws(StorageError) -> Int64
    {
        try connection.rows(sql) { $0.integer(0) }.first ?? 0
    }
}
