// SPDX-License-Identifier: Apache-2.0
internal import Storage

/// Accounts as `parley user` changes them. Every call blocks until it is done.
public final class AccountDesk: Sendable {
    /// One account as it is listed.
    public struct Entry: Hashable, Sendable {
        public var id: String
        public var email: String
        public var name: String
        public var role: String
        public var isDisabled: Bool
    }

    /// What `--role` may be.
    public static let roles = AccountRole.allCases.map(\.rawValue)

    private let store: SQLiteStore
    private let accounts: Accounts
    /// Held while this is, so that no server starts on the folder; `nil` when one runs.
    private let lock: FolderLock?

    init(_ store: SQLiteStore, _ lock: FolderLock?) {
        self.store = store
        self.lock = lock
        accounts = Accounts(store: store)
    }

    deinit {
        store.close()
        lock?.release()
    }

    /// Adds an account and returns its id.
    /// - Parameter role: One of ``roles``.
    public func add(
        email: String, name: String, title: String = "", role: String, zone: String = "UTC", password: String
    ) throws(StartError) -> String {
        guard let role = AccountRole(rawValue: role) else {
            throw StartError("A role is one of \(Self.roles.joined(separator: ", ")).")
        }
        let new = Accounts.New(
            email: email, name: name, title: title, role: role, password: password, zone: zone)
        return try settled { accounts.add(new, $0) }.id.text
    }

    /// Replaces the password of the account with this address, and ends its sessions.
    public func setPassword(of email: String, to password: String) throws(StartError) {
        let account = try account(email)
        _ = try settled { accounts.setPassword(of: account.id, to: password, $0) }
    }

    /// Deletes the account with this address and all that belongs to it.
    public func remove(_ email: String) throws(StartError) {
        let account = try account(email)
        _ = try reported { store.deleteAccount(account.id, $0) }
    }

    /// All accounts, oldest first.
    public func list() throws(StartError) -> [Entry] {
        try reported { store.accounts($0) }.map { account in
            Entry(
                id: account.id.text, email: account.email, name: account.name, role: account.role.rawValue,
                isDisabled: account.disabledAt != nil)
        }
    }

    private func account(_ email: String) throws(StartError) -> AccountRecord {
        guard let account = try reported({ store.account(email: email, $0) }) else {
            throw StartError(
                "There is no account with the address \(email).", fix: "parley user list shows all.")
        }
        return account
    }

    private func settled<Value: Sendable>(
        _ call: (@escaping Accounts.Done<Value>) -> Void
    ) throws(StartError) -> Value {
        let result: Result<Value, AccountRefusal> = blocking { done in call { done($0) } }
        switch result {
        case .success(let value): return value
        case .failure(.storage(let error)): throw StartError(error.description)
        case .failure(let refusal): throw StartError(refusal.message)
        }
    }

    private func reported<Value: Sendable>(
        _ call: (@escaping StorageCompletion<Value>) -> Void
    ) throws(StartError) -> Value {
        let result: Result<Value, StorageError> = blocking { done in call { done($0) } }
        do throws(StorageError) { return try result.get() } catch { throw StartError(error.description) }
    }
}
