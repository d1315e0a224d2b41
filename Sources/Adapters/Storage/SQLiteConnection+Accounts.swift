// SPDX-License-Identifier: Apache-2.0

extension SQLiteConnection {
    /// Adds the account; false when its id or address is taken.
    func add(_ account: AccountRecord) throws(StorageError) -> Bool {
        try run(
            """
            INSERT INTO users (\(AccountRecord.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
            """,
            .text(account.id.text), .text(account.email), .text(account.name), .text(account.title),
            .text(account.avatar), .text(account.role.rawValue), .text(account.password), .text(account.zone),
            .integer(account.createdAt), .optional(account.disabledAt))
        return changes > 0
    }

    func account(_ id: AccountID) throws(StorageError) -> AccountRecord? {
        try rows("SELECT \(AccountRecord.columns) FROM users WHERE id = ?", .text(id.text)) {
            AccountRecord(row: $0)
        }.first
    }

    func account(email: String) throws(StorageError) -> AccountRecord? {
        try rows("SELECT \(AccountRecord.columns) FROM users WHERE email = ?", .text(email)) {
            AccountRecord(row: $0)
        }.first
    }

    func accounts() throws(StorageError) -> [AccountRecord] {
        try rows("SELECT \(AccountRecord.columns) FROM users ORDER BY created_at, id") {
            AccountRecord(row: $0)
        }
    }

    /// The account with the change made, or `nil` when it is unknown.
    func change(_ id: AccountID, _ change: AccountChange) throws(StorageError) -> AccountRecord? {
        guard var account = try account(id) else { return nil }
        if let email = change.email { account.email = email }
        if let name = change.name { account.name = name }
        if let title = change.title { account.title = title }
        if let avatar = change.avatar { account.avatar = avatar }
        if let role = change.role { account.role = role }
        if let password = change.password { account.password = password }
        if let zone = change.zone { account.zone = zone }
        if let disabledAt = change.disabledAt { account.disabledAt = disabledAt }
        try run(
            """
            UPDATE users SET email = ?, name = ?, title = ?, avatar = ?, role = ?, password = ?, zone = ?,
            disabled_at = ? WHERE id = ?
            """,
            .text(account.email), .text(account.name), .text(account.title), .text(account.avatar),
            .text(account.role.rawValue), .text(account.password), .text(account.zone),
            .optional(account.disabledAt), .text(id.text))
        if change.endsSessions {
            _ = try deleteSessions(of: id, except: account.disabledAt == nil ? change.keptSession : nil)
        }
        return account
    }

    /// Deletes the account; foreign keys take what belongs to it along.
    func delete(_ id: AccountID) throws(StorageError) -> DeletedAccount? {
        let meetings = try rows("SELECT code FROM meetings WHERE owner = ?", .text(id.text)) { $0.text(0) }
        try run("DELETE FROM users WHERE id = ?", .text(id.text))
        return changes > 0 ? DeletedAccount(meetings: meetings) : nil
    }

    // MARK: Sessions

    /// Adds the session; false when its account is unknown or disabled, or has another password than `password`.
    func add(_ session: SessionRecord, verifiedBy password: String) throws(StorageError) -> Bool {
        guard let account = try account(session.account), account.disabledAt == nil,
            account.password == password
        else { return false }
        try run(
            "INSERT INTO sessions (hash, user, created_at, used_at, expires_at) VALUES (?, ?, ?, ?, ?)",
            .blob(session.hash), .text(session.account.text), .integer(session.createdAt),
            .integer(session.usedAt), .integer(session.expiresAt))
        return true
    }

    func session(_ hash: [UInt8], now: Int64) throws(StorageError) -> StoredSession? {
        let found = try rows(
            """
            SELECT hash, user, created_at, used_at, expires_at FROM sessions
            WHERE hash = ? AND expires_at > ?
            """, .blob(hash), .integer(now)
        ) { SessionRecord(row: $0) }
        guard let session = found.first, let account = try account(session.account),
            account.disabledAt == nil
        else { return nil }
        return StoredSession(session: session, account: account)
    }

    /// Ends the account's sessions but one; returns how many.
    func deleteSessions(of id: AccountID, except hash: [UInt8]?) throws(StorageError) -> Int {
        try run(
            "DELETE FROM sessions WHERE user = ? AND hash IS NOT ?", .text(id.text),
            hash.map { .blob($0) } ?? .null)
        return changes
    }
}

extension AccountRecord {
    static let columns = "id, email, name, title, avatar, role, password, zone, created_at, disabled_at"

    /// The row's columns are ``columns``. `nil` when they make no sense, which only a hand-edited file can cause.
    init?(row: borrowing SQLiteRow) {
        guard let id = AccountID(row.text(0)), let role = AccountRole(rawValue: row.text(5)) else {
            return nil
        }
        self.init(
            id: id, email: row.text(1), name: row.text(2), title: row.text(3), avatar: row.text(4),
            role: role, password: row.text(6), zone: row.text(7), createdAt: row.integer(8),
            disabledAt: row.optionalInteger(9))
    }
}

extension SessionRecord {
    /// The row's columns: hash, user, created_at, used_at, expires_at.
    init?(row: borrowing SQLiteRow) {
        guard let account = AccountID(row.text(1)) else { return nil }
        self.init(
            hash: row.blob(0), account: account, createdAt: row.integer(2), expiresAt: row.integer(4))
        usedAt = row.integer(3)
    }
}
