// SPDX-License-Identifier: Apache-2.0

/// The second step: people and what belongs to them.
extension SQLiteSchema {
    static let accounts = """
        CREATE TABLE users (
            id TEXT PRIMARY KEY,
            email TEXT NOT NULL UNIQUE COLLATE NOCASE,
            name TEXT NOT NULL,
            title TEXT NOT NULL,
            avatar TEXT NOT NULL,
            role TEXT NOT NULL CHECK (role IN ('host', 'professional', 'admin')),
            password TEXT NOT NULL,
            zone TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            disabled_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE sessions (
            hash BLOB PRIMARY KEY,
            user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            created_at INTEGER NOT NULL,
            used_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX sessions_by_user ON sessions (user);
        CREATE INDEX sessions_by_end ON sessions (expires_at);

        """

    /// Indexes on what refers to a user or a meeting: deleting one looks for all that goes with it.
    static let belongings = """
        ALTER TABLE meetings ADD COLUMN owner TEXT REFERENCES users (id) ON DELETE CASCADE;
        ALTER TABLE meetings ADD COLUMN name TEXT;
        ALTER TABLE meetings ADD COLUMN color TEXT;
        CREATE INDEX meetings_by_owner ON meetings (owner, created_at) WHERE owner IS NOT NULL;
        CREATE TABLE objects (
            id TEXT PRIMARY KEY,
            meeting TEXT NOT NULL REFERENCES meetings (code) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            name TEXT NOT NULL,
            x REAL NOT NULL,
            y REAL NOT NULL,
            z_index REAL NOT NULL,
            orientation TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX objects_by_meeting ON objects (meeting, position);
        CREATE TABLE invites (
            id TEXT PRIMARY KEY,
            meeting TEXT NOT NULL REFERENCES meetings (code) ON DELETE CASCADE,
            role TEXT NOT NULL,
            not_before INTEGER,
            expires_at INTEGER,
            single_use INTEGER NOT NULL CHECK (single_use IN (0, 1)),
            used_at INTEGER,
            revoked_at INTEGER,
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX invites_by_meeting ON invites (meeting, created_at);

        """

    /// The unique index is the last guard against double booking; overlaps are refused before it.
    static let bookings = """
        CREATE TABLE bookings (
            user TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
            slug TEXT NOT NULL UNIQUE COLLATE NOCASE,
            is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
            slot_minutes INTEGER NOT NULL CHECK (slot_minutes > 0),
            lead_minutes INTEGER NOT NULL,
            horizon_days INTEGER NOT NULL,
            intro TEXT NOT NULL,
            consent TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE availability (
            user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            weekday INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
            start_minute INTEGER NOT NULL,
            end_minute INTEGER NOT NULL,
            PRIMARY KEY (user, weekday, start_minute),
            CHECK (0 <= start_minute AND start_minute < end_minute AND end_minute <= 1440)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE appointments (
            id TEXT PRIMARY KEY,
            professional TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            client_name TEXT NOT NULL,
            client_email TEXT NOT NULL,
            note TEXT NOT NULL,
            client_zone TEXT NOT NULL,
            starts_at INTEGER NOT NULL,
            ends_at INTEGER NOT NULL CHECK (ends_at > starts_at),
            state TEXT NOT NULL CHECK (state IN ('booked', 'cancelled', 'finished')),
            link_version INTEGER NOT NULL,
            check_in TEXT,
            notes TEXT NOT NULL,
            meeting TEXT,
            created_at INTEGER NOT NULL,
            finished_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX appointments_by_time ON appointments (professional, starts_at);
        CREATE INDEX appointments_by_start ON appointments (starts_at);
        CREATE UNIQUE INDEX appointments_booked ON appointments (professional, starts_at)
            WHERE state = 'booked';
        """
}
