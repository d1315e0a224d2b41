// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import PasswordHashes
internal import Storage
internal import TLS
internal import ZoneFiles

/// Who has an account here, and whether somebody is who they say.
///
/// Reports on any thread, once per call.
final class Accounts: Sendable {
    typealias Done<Value> = @Sendable (Result<Value, AccountRefusal>) -> Void

    /// An account that somebody asks for.
    struct New: Sendable {
        var email: String
        var name: String
        var title = ""
        var avatar = ""
        var role: AccountRole
        var password: String
        var zone = "UTC"
    }

    private let store: any Store
    private let passwords: PasswordWorker
    private let limiter = LoginLimiter()

    private let zones: ZoneFiles
    private let clock: @Sendable () -> Instant

    /// - Parameters:
    ///   - zones: The time zones that accounts may have.
    ///   - clock: Monotonic time, for the limits of tries.
    init(
        store: any Store, zones: ZoneFiles = ZoneFiles(), cost: Argon2id.Cost = .standard,
        clock: @escaping @Sendable () -> Instant = { .monotonic() }
    ) {
        self.store = store
        self.zones = zones
        self.clock = clock
        passwords = PasswordWorker(cost: cost)
    }

    /// Adds an account with an id of its own.
    /// - Parameter isPassword: What passwords may be; the dialects have rules of their own.
    func add(
        _ new: New, isPassword: (String) -> Bool = AccountRules.isPassword,
        _ done: @escaping Done<AccountRecord>
    ) {
        guard let email = AccountRules.email(new.email) else { return done(.failure(.invalidEmail)) }
        guard let name = AccountRules.name(new.name) else { return done(.failure(.invalidName)) }
        guard let title = AccountRules.title(new.title) else { return done(.failure(.invalidTitle)) }
        guard zones.rules(of: new.zone) != nil else { return done(.failure(.invalidZone)) }
        guard isPassword(new.password) else { return done(.failure(.weakPassword)) }
        hash(new.password, done) { [store] hash in
            var random = SystemRandomSource()
            guard let id = AccountID(bytes: random.nextBytes(AccountID.byteCount)) else { return }
            let account = AccountRecord(
                id: id, email: email, name: name, title: title, avatar: new.avatar, role: new.role,
                password: hash, zone: new.zone, createdAt: WallClock.system().milliseconds)
            store.addAccount(account) { result in
                switch result {
                case .success(true): done(.success(account))
                case .success(false): done(.failure(.taken))
                case .failure(let error): done(.failure(.storage(error)))
                }
            }
        }
    }

    /// Reports the account with this address if the password is its own and it is not disabled; otherwise
    /// ``AccountRefusal/wrong``, after as long, whatever was wrong.
    /// - Parameter address: Of the client, to limit tries.
    func logIn(
        email: String, password: String, from address: String, _ done: @escaping Done<AccountRecord>
    ) {
        guard limiter.allows(address, email, at: clock()) else { return done(.failure(.tooFast)) }
        store.account(email: email) { [passwords, limiter] result in
            let account: AccountRecord?
            switch result {
            case .success(let found): account = found
            case .failure(let error): return done(.failure(.storage(error)))
            }
            let isQueued = passwords.check(password, against: account?.password) { matches in
                guard matches, let account, account.disabledAt == nil else { return done(.failure(.wrong)) }
                limiter.succeeded(address, email)
                done(.success(account))
            }
            if !isQueued { done(.failure(.busy)) }
        }
    }

    /// Replaces the password of somebody who knows the old one, and ends their other sessions.
    /// - Parameter session: The hash of the session that goes on.
    func changePassword(
        of account: AccountRecord, from old: String, to new: String, by address: String,
        keeping session: [UInt8]?, _ done: @escaping Done<AccountRecord>
    ) {
        guard AccountRules.isPassword(new) else { return done(.failure(.weakPassword)) }
        logIn(email: account.email, password: old, from: address) { result in
            switch result {
            case .success(let known) where known.id == account.id:
                self.setPassword(of: known.id, to: new, keeping: session, done)
            case .success: done(.failure(.wrong))
            case .failure(let refusal): done(.failure(refusal))
            }
        }
    }

    /// Replaces the password of an account, whose sessions end.
    func setPassword(
        of id: AccountID, to new: String, keeping session: [UInt8]? = nil,
        _ done: @escaping Done<AccountRecord>
    ) {
        guard AccountRules.isPassword(new) else { return done(.failure(.weakPassword)) }
        hash(new, done) { hash in
            var change = AccountChange()
            change.password = hash
            change.keptSession = session
            self.apply(change, to: id, done)
        }
    }

    /// Changes what is said about an account, after checking it. Passwords are for ``setPassword(of:to:keeping:_:)``.
    func change(_ id: AccountID, _ change: AccountChange, _ done: @escaping Done<AccountRecord>) {
        var change = change
        change.password = nil
        if let email = change.email {
            guard let email = AccountRules.email(email) else { return done(.failure(.invalidEmail)) }
            change.email = email
        }
        if let name = change.name {
            guard let name = AccountRules.name(name) else { return done(.failure(.invalidName)) }
            change.name = name
        }
        if let title = change.title {
            guard let title = AccountRules.title(title) else { return done(.failure(.invalidTitle)) }
            change.title = title
        }
        if let zone = change.zone, zones.rules(of: zone) == nil { return done(.failure(.invalidZone)) }
        apply(change, to: id, done)
    }

    private func apply(_ change: AccountChange, to id: AccountID, _ done: @escaping Done<AccountRecord>) {
        store.changeAccount(id, change) { result in
            switch result {
            case .success(let account?): done(.success(account))
            case .success(nil): done(.failure(.unknown))
            case .failure(let error): done(.failure(error.kind == .conflict ? .taken : .storage(error)))
            }
        }
    }

    private func hash<Value>(
        _ password: String, _ done: @escaping Done<Value>, then: @escaping @Sendable (String) -> Void
    ) {
        let isQueued = passwords.hash(password) { hash in
            // Without memory for it, which is as good as too much to do.
            guard let hash else { return done(.failure(.busy)) }
            then(hash)
        }
        if !isQueued { done(.failure(.busy)) }
    }
}
