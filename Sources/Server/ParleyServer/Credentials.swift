// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import JWT
internal import Storage
internal import TLS

/// What shows who somebody is: sessions behind cookies, and bearer tokens.
///
/// A session's cookie is 32 random bytes of which the store has the SHA-256 digest only. A bearer token is a JWT
/// of ours, or of an issuer whose keys the operator named. Reports on any thread, once per call.
struct Credentials: Sendable {
    typealias Done<Value> = @Sendable (Result<Value, APIProblem>) -> Void

    /// A session ends when it is not used for so long: 14 days, in milliseconds.
    static let idleLimit: Int64 = 14 * 86_400_000
    /// It ends after 90 days in any case.
    static let lifetime: Int64 = 90 * 86_400_000
    /// Use is written down once in an hour.
    private static let touchInterval: Int64 = 3_600_000
    /// By how much the clock of another issuer may differ from ours: a minute, in milliseconds.
    private static let leeway: Int64 = 60_000
    /// Whom a token is for: this server's API.
    static let audience = "parley"

    private let store: any Store
    private let key: JWTKey
    private let fingerprintKey: [UInt8]
    private let issuerKeys: JWTKeySet

    /// - Parameters:
    ///   - secret: The server's own secret, 32 bytes.
    ///   - issuerKeys: Whose tokens are accepted besides our own.
    init(secret: [UInt8], store: any Store, issuerKeys: JWTKeySet = JWTKeySet([])) {
        self.store = store
        self.issuerKeys = issuerKeys
        key = .derived(from: secret, purpose: "api tokens")
        fingerprintKey = Digest.hmacSHA256(key: secret, Array("password fingerprints".utf8))
    }

    // MARK: Who asks

    /// Reports who sent `headers`. A token that is not good is refused; a session that is over is nobody's.
    ///
    /// Whoever shows a token is asked for no cookie: programs say what they mean.
    /// - Parameter isHostLink: Whether the cookie of the host link came along, too.
    func find(_ headers: HTTPHeaders, isHostLink: Bool, _ done: @escaping Done<Identity>) {
        if let token = Self.bearer(headers) { return find(token: token, done) }
        let fallback = Identity(isHostLink: isHostLink, isFromCookie: isHostLink)
        guard let secret = Self.sessionSecret(headers) else { return done(.success(fallback)) }
        let hash = Digest.sha256(Array(secret.utf8))
        let now = WallClock.system().milliseconds
        store.session(hash, now: now) { [store] result in
            switch result {
            case .success(let found?):
                Self.touch(found.session, at: now, in: store)
                done(
                    .success(
                        Identity(
                            user: found.account, isHostLink: isHostLink, isFromCookie: true, session: hash)))
            case .success(nil): done(.success(fallback))
            case .failure: done(.failure(.storageFailed))
            }
        }
    }

    private static func touch(_ session: SessionRecord, at now: Int64, in store: any Store) {
        guard now - session.usedAt >= touchInterval else { return }
        let end = min(now + idleLimit, session.createdAt + lifetime)
        store.touchSession(session.hash, at: now, expiresAt: end) { _ in }
    }

    /// What follows `Bearer`; empty when nothing does.
    private static func bearer(_ headers: HTTPHeaders) -> Substring? {
        let parts = headers["Authorization"]?.split(separator: " ", maxSplits: 1) ?? []
        guard let scheme = parts.first, scheme.lowercased() == "bearer" else { return nil }
        return parts.count > 1 ? parts[1] : ""
    }

    private static func sessionSecret(_ headers: HTTPHeaders) -> String? {
        let cookies = headers["Cookie"].map(Cookies.parse) ?? []
        guard let value = cookies.first(where: { $0.0 == Identity.sessionCookie })?.1 else { return nil }
        return value.isEmpty || value.utf8.count > 128 ? nil : value
    }

    // MARK: Sessions

    /// Begins a session of `account`, as it was when its password was checked. Reports the secret for the cookie.
    func beginSession(of account: AccountRecord, _ done: @escaping Done<String>) {
        var random = SystemRandomSource()
        let secret = Base64.urlText(random.nextBytes(32))
        let now = WallClock.system().milliseconds
        let session = SessionRecord(
            hash: Digest.sha256(Array(secret.utf8)), account: account.id, createdAt: now,
            expiresAt: now + Self.idleLimit)
        store.addSession(session, verifiedBy: account.password) { result in
            switch result {
            case .success(true): done(.success(secret))
            case .success(false): done(.failure(APIProblem(AccountRefusal.wrong)))
            case .failure: done(.failure(.storageFailed))
            }
        }
    }

    // MARK: Tokens

    /// A bearer token of `account`, good until `expiry`, in seconds since 1970, or until its password changes.
    func token(for account: AccountRecord, now: Int64, expiry: Int64) -> String {
        key.sign([
            "iss": .string(Self.audience), "aud": .string(Self.audience), "sub": .string(account.id.text),
            "iat": .number(JSONNumber(now / 1000)), "exp": .number(JSONNumber(expiry)),
            "pwd": .string(fingerprint(of: account)),
        ])
    }

    private func find(token: Substring, _ done: @escaping Done<Identity>) {
        let now = WallClock.system()
        if let claims = try? key.verify(token, now: now) {
            guard let id = claims["sub"]?.string.flatMap(AccountID.init) else {
                return done(.failure(.badToken))
            }
            return store.account(id) { result in
                finish(result, done) { account in
                    let expected = Array(fingerprint(of: account).utf8)
                    return Digest.constantTimeEqual(Array((claims["pwd"]?.string ?? "").utf8), expected)
                }
            }
        }
        guard let claims = try? issuerKeys.verify(token, now: now, leeway: Self.leeway),
            claims.audiences.contains(Self.audience), let subject = claims.subject
        else { return done(.failure(.badToken)) }
        let found: StorageCompletion<AccountRecord?> = { result in finish(result, done) { _ in true } }
        if let id = AccountID(subject) {
            store.account(id, found)
        } else {
            store.account(email: subject, found)
        }
    }

    private func finish(
        _ result: Result<AccountRecord?, StorageError>, _ done: Done<Identity>,
        if isGood: (AccountRecord) -> Bool
    ) {
        switch result {
        case .success(let account?) where account.disabledAt == nil && isGood(account):
            done(.success(Identity(user: account)))
        case .success: done(.failure(.badToken))
        case .failure: done(.failure(.storageFailed))
        }
    }

    /// Changes with the password, and tells nothing about it.
    private func fingerprint(of account: AccountRecord) -> String {
        Base64.urlText(Digest.hmacSHA256(key: fingerprintKey, Array(account.password.utf8)).prefix(9))
    }
}

extension APIProblem {
    static let badToken = APIProblem(
        .unauthorized, "invalid-token", "The token is not valid, or not any more.",
        fields: [("WWW-Authenticate", "Bearer realm=\"parley\", error=\"invalid_token\"")])
}
