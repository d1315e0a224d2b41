// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import STUN

/// Whose credentials are good: people with a password, and names with a time and the password that belongs to them.
struct Gatekeeper<Digests: STUNDigests> {
    let realm: String
    private let longest: Int64
    private let digests: Digests
    private var secrets: [[UInt8]] = []
    private var passwords: [[UInt8]: String] = [:]
    /// The names with a password by their USERHASH.
    private var names: [[UInt8]: [UInt8]] = [:]
    private var revoked: Revocations
    private var clock: (wall: WallClock, at: Instant)?

    init(_ settings: TURNSettings, users: TURNUsers, digests: Digests) {
        realm = settings.realm
        longest = Int64(settings.longestCredential)
        revoked = Revocations(limit: settings.revokedNames)
        self.digests = digests
        take(users)
    }

    mutating func take(_ users: TURNUsers) {
        secrets = users.secrets.filter { !$0.isEmpty }
        (passwords, names) = ([:], [:])
        for (name, password) in users.passwords {
            passwords[Array(name.utf8)] = password
            names[STUNCredentials.userhash(username: name, realm: realm, digests)] = Array(name.utf8)
        }
    }

    mutating func set(_ wall: WallClock, at now: Instant) { clock = (wall, now) }

    /// Unix time in seconds; `nil` before anybody told.
    func time(at now: Instant) -> Int64? {
        guard let clock else { return nil }
        return (clock.wall.milliseconds + clock.at.duration(to: now).milliseconds) / 1_000
    }

    // MARK: Names

    /// Why a name is not let in although its password is right.
    enum Objection: Hashable { case expired, revoked }

    /// Whose hash it is. Only names with a password are known before they are shown.
    func name(hash: [UInt8]) -> [UInt8]? { names[hash] }

    /// Whether clients may be told to hash their names: who is told so must, and time-limited names cannot be found.
    var takesHashes: Bool { secrets.isEmpty && !names.isEmpty }

    /// When the name ends; `nil` for never.
    func expiry(of name: [UInt8]) -> Int64? {
        passwords[name] == nil ? TURNCredential.Name(username: name)?.expiry : nil
    }

    /// How far, in seconds, the clock of whoever mints names may be ahead of ours, and how far behind.
    static var leeway: (ahead: Int64, behind: Int64) { (300, 60) }

    func objection(to name: [UInt8], at now: Instant) -> Objection? {
        if isRevoked(name) { return .revoked }
        guard let expires = expiry(of: name) else { return nil }
        guard let time = time(at: now), time - expires <= Self.leeway.behind,
            expires - time <= longest + Self.leeway.ahead
        else { return .expired }
        return nil
    }

    /// The keys that the name's password makes, one for each secret; none for a name that nobody has.
    func keys(of name: [UInt8], _ algorithm: STUNPasswordAlgorithm) -> [CredentialKey] {
        if let password = passwords[name] { return [key(name, password, algorithm)] }
        guard TURNCredential.Name(username: name) != nil else { return [] }
        return secrets.map { secret in
            key(name, TURNCredential.password(of: name, secret: secret, digests), algorithm)
        }
    }

    /// A key that is nobody's, made with as much work as one that is somebody's.
    func decoy(_ algorithm: STUNPasswordAlgorithm) -> CredentialKey {
        key(Array("nobody".utf8), "nothing", algorithm)
    }

    private func key(
        _ name: [UInt8], _ password: String, _ algorithm: STUNPasswordAlgorithm
    ) -> CredentialKey {
        CredentialKey(
            STUNCredentials.key(algorithm, username: name, realm: realm, password: password, digests))
    }

    /// What stands for everybody whose names begin the same, up to a slash; 0 for names without.
    func group(of name: [UInt8]) -> UInt64 {
        let account = Self.account(of: name).utf8
        guard let slash = account.firstIndex(of: UInt8(ascii: "/")) else { return 0 }
        let hash = digests.sha256(Array(account[..<slash])).bytes.prefix(8)
        return max(hash.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }, 1)
    }

    /// The name without the time in front: what quotas count. Some software mints times without a name, and then each
    /// is somebody.
    static func account(of name: [UInt8]) -> String {
        if let limited = TURNCredential.Name(username: name), !limited.name.isEmpty { return limited.name }
        return String(decoding: name, as: UTF8.self)
    }

    // MARK: Revoking

    /// How many names were forgotten although they would still be good.
    var forgottenRevocations: UInt64 { revoked.forgotten }

    /// - Parameter name: A whole name, which may tell when it ends; or the part behind the time, of which longer ones may
    ///   have been minted just now.
    mutating func revoke(_ name: [UInt8], at now: Instant) {
        var seconds = longest + Self.leeway.ahead
        if let expires = expiry(of: name), let time = time(at: now) { seconds = min(seconds, expires - time) }
        revoked.insert(name, until: now.advanced(by: .seconds(seconds + Self.leeway.behind)), at: now)
    }

    private func isRevoked(_ name: [UInt8]) -> Bool {
        guard !revoked.isEmpty else { return false }
        return revoked.contains(name) || revoked.contains(Array(Self.account(of: name).utf8))
    }
}
