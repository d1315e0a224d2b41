// SPDX-License-Identifier: Apache-2.0

extension SQLiteStore: AccountStore {
    public func addAccount(_ account: AccountRecord, _ done: @escaping StorageCompletion<Bool>) {
        perform(.writes, done) { (database) throws(StorageError) in try database.add(account) }
    }

    public func account(_ id: AccountID, _ done: @escaping StorageCompletion<AccountRecord?>) {
        perform(.reads, done) { (database) throws(StorageError) in try database.account(id) }
    }

    public func account(email: String, _ done: @escaping StorageCompletion<AccountRecord?>) {
        perform(.reads, done) { (database) throws(StorageError) in try database.account(email: email) }
    }

    public func accounts(_ done: @escaping StorageCompletion<[AccountRecord]>) {
        perform(.reads, done) { (database) throws(StorageError) in try database.accounts() }
    }

    public func changeAccount(
        _ id: AccountID, _ change: AccountChange, _ done: @escaping StorageCompletion<AccountRecord?>
    ) {
        perform(.writes, done) { (database) throws(StorageError) in try database.change(id, change) }
    }

    public func deleteAccount(_ id: AccountID, _ done: @escaping StorageCompletion<DeletedAccount?>) {
        perform(.deletes, done) { (database) throws(StorageError) in try database.delete(id) }
    }

    public func addSession(
        _ session: SessionRecord, verifiedBy password: String, _ done: @escaping StorageCompletion<Bool>
    ) {
        perform(.writes, done) { (database) throws(StorageError) in
            try database.add(session, verifiedBy: password)
        }
    }

    public func session(_ hash: [UInt8], now: Int64, _ done: @escaping StorageCompletion<StoredSession?>) {
        perform(.reads, done) { (database) throws(StorageError) in try database.session(hash, now: now) }
    }

    public func touchSession(
        _ hash: [UInt8], at time: Int64, expiresAt: Int64, _ done: @escaping StorageCompletion<Void>
    ) {
        perform(.writes, done) { (database) throws(StorageError) in
            try database.run(
                "UPDATE sessions SET used_at = max(used_at, ?), expires_at = ? WHERE hash = ?",
                .integer(time), .integer(expiresAt), .blob(hash))
        }
    }

    public func deleteSession(_ hash: [UInt8], _ done: @escaping StorageCompletion<Bool>) {
        perform(.writes, done) { (database) throws(StorageError) in
            try database.run("DELETE FROM sessions WHERE hash = ?", .blob(hash))
            return database.changes > 0
        }
    }

    public func deleteSessions(
        of id: AccountID, except hash: [UInt8]?, _ done: @escaping StorageCompletion<Int>
    ) {
        perform(.writes, done) { (database) throws(StorageError) in
            try database.deleteSessions(of: id, except: hash)
        }
    }
}
