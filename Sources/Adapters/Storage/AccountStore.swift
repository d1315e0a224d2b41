// SPDX-License-Identifier: Apache-2.0

/// The people this server knows, and where they are logged in.
public protocol AccountStore: Sendable {
    /// Adds an account. Reports false, and changes nothing, when its id or address is taken.
    func addAccount(_ account: AccountRecord, _ done: @escaping StorageCompletion<Bool>)
    /// Reports the account, or `nil`.
    func account(_ id: AccountID, _ done: @escaping StorageCompletion<AccountRecord?>)
    /// Reports the account with this address, whatever its capitals, or `nil`.
    func account(email: String, _ done: @escaping StorageCompletion<AccountRecord?>)
    /// Reports all accounts, oldest first.
    func accounts(_ done: @escaping StorageCompletion<[AccountRecord]>)
    /// Reports the account as it is afterwards, or `nil` when it is unknown.
    ///
    /// A changed password or a disabled account ends its sessions. Fails with
    /// ``StorageError/Kind/conflict`` when the new address is taken.
    func changeAccount(
        _ id: AccountID, _ change: AccountChange, _ done: @escaping StorageCompletion<AccountRecord?>)
    /// Deletes the account and all that belongs to it. Reports which meetings went with it, or `nil` when it
    /// is unknown.
    func deleteAccount(_ id: AccountID, _ done: @escaping StorageCompletion<DeletedAccount?>)

    /// Adds a session. Reports false when its account is unknown or disabled, or has another password by now.
    /// - Parameter password: The hash that the password was compared with.
    func addSession(
        _ session: SessionRecord, verifiedBy password: String, _ done: @escaping StorageCompletion<Bool>)
    /// Reports the session and its account; `nil` when it is unknown or over, or its account disabled.
    /// - Parameter now: Milliseconds since 1970.
    func session(_ hash: [UInt8], now: Int64, _ done: @escaping StorageCompletion<StoredSession?>)
    /// Marks the session as used at `time`, so that it lasts until `expiresAt`; an unknown one is ignored.
    func touchSession(
        _ hash: [UInt8], at time: Int64, expiresAt: Int64, _ done: @escaping StorageCompletion<Void>)
    /// Ends the session. Reports false when it is unknown.
    func deleteSession(_ hash: [UInt8], _ done: @escaping StorageCompletion<Bool>)
    /// Ends all sessions of the account but the one named by `hash`. Reports how many.
    func deleteSessions(
        of id: AccountID, except hash: [UInt8]?, _ done: @escaping StorageCompletion<Int>)
}

/// What somebody may do here besides taking part in meetings.
public enum AccountRole: String, Hashable, Sendable, CaseIterable, Comparable {
    /// Has meetings of their own.
    case host
    /// And a booking page with appointments.
    case professional
    /// And everything else.
    case admin

    public static func < (left: AccountRole, right: AccountRole) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .host: 0
        case .professional: 1
        case .admin: 2
        }
    }
}

/// A person with a password.
public struct AccountRecord: Hashable, Sendable {
    public var id: AccountID
    /// Unique but for capitals.
    public var email: String
    public var name: String
    /// What follows or precedes the name on a booking page, "Dr.", say; empty for none.
    public var title: String
    /// A picture's name or path, as the client gave it; empty for none.
    public var avatar: String
    public var role: AccountRole
    /// The argon2id hash of the password, as a PHC string.
    public var password: String
    /// An IANA time zone, such as `Europe/Lisbon`.
    public var zone: String
    /// Milliseconds since 1970, like all times here.
    public var createdAt: Int64
    /// Since when nobody can log in to it; `nil` while they can.
    public var disabledAt: Int64?

    public init(
        id: AccountID, email: String, name: String, title: String = "", avatar: String = "",
        role: AccountRole, password: String, zone: String = "UTC", createdAt: Int64, disabledAt: Int64? = nil
    ) {
        self.id = id
        self.email = email
        self.name = name
        self.title = title
        self.avatar = avatar
        self.role = role
        self.password = password
        self.zone = zone
        self.createdAt = createdAt
        self.disabledAt = disabledAt
    }
}

/// What is to change in an account; `nil` leaves a field as it is.
public struct AccountChange: Hashable, Sendable {
    public var email: String?
    public var name: String?
    public var title: String?
    public var avatar: String?
    public var role: AccountRole?
    public var password: String?
    public var zone: String?
    /// `.some(nil)` lets the account log in again.
    public var disabledAt: Int64??
    /// The session that survives a new password: that of whoever changes it.
    public var keptSession: [UInt8]?

    public init() {}

    var endsSessions: Bool {
        if password != nil { return true }
        if case .some(.some) = disabledAt { return true }
        return false
    }
}

/// What went with a deleted account.
public struct DeletedAccount: Hashable, Sendable {
    /// The names of its meetings, as text; somebody may be in one.
    public var meetings: [String]

    public init(meetings: [String]) { self.meetings = meetings }
}

/// Where an account is logged in.
public struct SessionRecord: Hashable, Sendable {
    /// The SHA-256 digest of the secret in the browser's cookie: 32 bytes.
    public var hash: [UInt8]
    public var account: AccountID
    /// Milliseconds since 1970, like all times here.
    public var createdAt: Int64
    public var usedAt: Int64
    public var expiresAt: Int64

    public init(hash: [UInt8], account: AccountID, createdAt: Int64, expiresAt: Int64) {
        self.hash = hash
        self.account = account
        self.createdAt = createdAt
        usedAt = createdAt
        self.expiresAt = expiresAt
    }
}

/// A session that is valid, and whose it is.
public struct StoredSession: Hashable, Sendable {
    public var session: SessionRecord
    public var account: AccountRecord

    public init(session: SessionRecord, account: AccountRecord) {
        self.session = session
        self.account = account
    }
}
