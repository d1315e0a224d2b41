// SPDX-License-Identifier: Apache-2.0
internal import Dialects
internal import EngineKit
internal import EventLoops
internal import JSON
internal import JWT
internal import MeetingProtocol
internal import NetworkAddresses
internal import ServerConfig
internal import Storage
internal import Synchronization
internal import TLS

/// Who users of the dialect devameet are: tokens for its routes, and who may join a room as whom.
///
/// Its sockets carry no proof of identity, only a user's id. So whoever has used the routes with a token is that
/// user from the same address for a while; and whoever has not is taken at their word only as long as nobody has
/// shown such a token anywhere. The link of the meeting is the other half of what they need.
final class DevameetAccess: Sendable {
    /// A token is good for 30 days, in seconds, or until the password changes.
    private static let lifetime: Int64 = 30 * 86_400
    /// How long an address stands for a user: 12 hours, in milliseconds.
    private static let grantLifetime: Int64 = 12 * 3_600_000
    private static let maxUsers = 10_000
    private static let maxAddresses = 16

    private let key: JWTKey
    private let fingerprintKey: [UInt8]
    private let store: any Store
    /// When each address stops standing for a user, in milliseconds since 1970.
    private let grants = Mutex<[String: [AddressKey: Int64]]>([:])

    /// - Parameter secret: The server's own secret, 32 bytes.
    init(secret: [UInt8], store: any Store) {
        key = .derived(from: secret, purpose: "devameet tokens")
        fingerprintKey = Digest.hmacSHA256(key: secret, Array("devameet passwords".utf8))
        self.store = store
    }

    // MARK: Tokens

    func token(for account: AccountRecord) -> String {
        let now = WallClock.system().milliseconds / 1000
        return key.sign([
            "email": .string(account.email), "sub": .string(account.id.text),
            "iat": .number(JSONNumber(now)), "exp": .number(JSONNumber(now + Self.lifetime)),
            "pwd": .string(fingerprint(of: account)),
        ])
    }

    /// Whose a token is.
    enum Bearer: Sendable {
        case account(AccountRecord)
        /// It was good, and its account has been deleted.
        case gone
        /// It is not good, or not any more.
        case nobody
    }

    /// Reports whose token it is.
    func find(token: some StringProtocol, _ done: @escaping StorageCompletion<Bearer>) {
        guard let claims = try? key.verify(token, now: .system()),
            let id = claims["sub"]?.string.flatMap(AccountID.init)
        else { return done(.success(.nobody)) }
        store.account(id) { [self] result in
            done(
                result.map { account in
                    guard let account else { return .gone }
                    let shown = Array((claims["pwd"]?.string ?? "").utf8)
                    let isGood = Digest.constantTimeEqual(shown, Array(fingerprint(of: account).utf8))
                    return isGood && account.disabledAt == nil ? .account(account) : .nobody
                })
        }
    }

    /// Changes with the password, and tells nothing about it.
    private func fingerprint(of account: AccountRecord) -> String {
        AccountID(
            bytes: Array(
                Digest.hmacSHA256(key: fingerprintKey, Array(account.password.utf8))
                    .prefix(AccountID.byteCount)))?.text ?? ""
    }

    // MARK: Rooms

    /// The user has shown a token from `address`.
    func grant(_ user: AccountID, _ address: String) {
        let now = WallClock.system().milliseconds
        let key = Self.key(of: address)
        grants.withLock { grants in
            if grants[user.text] == nil, grants.count >= Self.maxUsers {
                grants = grants.filter { $0.value.values.contains { $0 > now } }
                if grants.count >= Self.maxUsers { grants = [:] }
            }
            var addresses = grants[user.text, default: [:]].filter { $0.value > now }
            if addresses.count >= Self.maxAddresses,
                let oldest = addresses.min(by: { $0.value < $1.value })?.key
            {
                addresses[oldest] = nil
            }
            addresses[key] = now + Self.grantLifetime
            grants[user.text] = addresses
        }
    }

    /// Whether somebody at `address` who has shown nothing may be this user.
    private func isBelieved(_ user: AccountID, _ address: String) -> Bool {
        let now = WallClock.system().milliseconds
        return grants.withLock { grants in
            let addresses = (grants[user.text] ?? [:]).filter { $0.value > now }
            return addresses.isEmpty || addresses[Self.key(of: address)] != nil
        }
    }

    /// One machine has several names for itself.
    private static func key(of address: String) -> AddressKey {
        AddressKey(IPAddress(address)?.isLoopback == true ? "127.0.0.1" : address)
    }

    /// Answers a question of the engine that runs on `shard`, on any thread. Whoever asks for what is not there
    /// may be guessing, and is limited like those who do so elsewhere.
    func answer(
        _ question: DevameetQuestion, on shard: Shard, _ found: @escaping @Sendable (DevameetAnswer) -> Void
    ) {
        guard case .admission(_, _, let address, _) = question else { return }
        guard shard.guesses.allows(address, at: shard.loop.now) else { return found(.tooFast) }
        let (shards, index) = (shard.shards, shard.index)
        answer(question) { answer in
            if case .admitted = answer { shards.execute(on: index) { $0.guesses.giveBack(address) } }
            found(answer)
        }
    }

    /// Answers a question, on any thread.
    func answer(_ question: DevameetQuestion, _ found: @escaping @Sendable (DevameetAnswer) -> Void) {
        guard case .admission(let link, let user, let address, let token) = question else { return }
        // In its one spelling: it is part of the names of events.
        guard let code = MeetingCode(link), code.text == link else { return found(.unknownLink) }
        store.load(code, newest: 0) { [self] result in
            guard case .success(let meeting?) = result, meeting.record.endedAt == nil else {
                return found(.unknownLink)
            }
            guard let id = AccountID(user) else { return found(.unknownUser) }
            find(token: token) { [self] shown in
                var isShown = false
                if case .success(.account(let account)) = shown { isShown = account.id == id }
                guard isShown || isBelieved(id, address) else { return found(.unknownUser) }
                store.account(id) { [store] result in
                    guard case .success(let account?) = result, account.disabledAt == nil else {
                        return found(.unknownUser)
                    }
                    store.touch(code, at: WallClock.system().milliseconds) { _ in }
                    found(.admitted(DevameetPerson(name: account.name, avatar: account.avatar)))
                }
            }
        }
    }
}
