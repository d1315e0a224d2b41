// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit
internal import EventLoops
internal import JSON
internal import PasswordHashes
internal import Synchronization
internal import TLS

/// Lets admins in: with the password, or with the id of a session that began with it.
///
/// A session's id is `<expiry>.<nonce>.<MAC>`, so no server needs to remember it.
final class AdminLogin: Sendable {
    private enum Check: Sendable {
        case plain(String)
        case hash(PasswordHash)
    }

    /// A day, as in the official server's store.
    private static let sessionSeconds: Int64 = 24 * 3600

    private let username: String
    private let password: Check
    private let failureDelay: Duration
    private let sessionKey: [UInt8]
    private let comparisonKey: [UInt8]
    private let attempts: Mutex<AdminAttempts>

    init(_ options: AdminOptions) throws(AdminError) {
        switch options.password {
        case .plain(let text):
            guard !text.isEmpty else { throw .emptyPassword }
            password = .plain(text)
        case .hash(let text):
            guard let hash = PasswordHash(text) else { throw .unusablePasswordHash }
            password = .hash(hash)
        }
        username = options.username
        failureDelay = options.failureDelay
        var random = SystemRandomSource()
        comparisonKey = random.nextBytes(32)
        sessionKey = Digest.hmacSHA256(
            key: options.sessionKey ?? random.nextBytes(32), Array("admin sessions of \(username)".utf8))
        attempts = Mutex(AdminAttempts(limit: options.maxFailures))
    }

    /// - Throws: a ``ConnectRefusal``, or `CancellationError`.
    func admit(_ socket: Socket) async throws {
        if hasSession(socket) { return }
        guard let username = socket.handshake.auth["username"]?.string,
            let password = socket.handshake.auth["password"]?.string
        else { throw ConnectRefusal("invalid credentials") }
        let address = AddressShare.Key(socket.handshake.address)
        guard attempts.withLock({ $0.begin(address, at: .monotonic()) }) else {
            throw ConnectRefusal("too many attempts, try again in a minute")
        }
        // Both are looked at always, so that the time does not tell which was wrong.
        let isPassword = await matches(password)
        let isRight = isEqual(username, self.username) && isPassword
        attempts.withLock { $0.end(address, isRight: isRight) }
        if isRight { return }
        try await Task.sleep(for: failureDelay)
        throw ConnectRefusal("invalid credentials")
    }

    private func matches(_ candidate: String) async -> Bool {
        switch password {
        case .plain(let text): isEqual(candidate, text)
        // Slow on purpose: not on an event loop.
        case .hash(let hash): await Task.detached { hash.matches(candidate) }.value
        }
    }

    /// In a time that depends on the candidate only.
    private func isEqual(_ candidate: String, _ secret: String) -> Bool {
        Digest.constantTimeEqual(code(candidate, comparisonKey), code(secret, comparisonKey))
    }

    private func code(_ text: String, _ key: [UInt8]) -> [UInt8] {
        Digest.hmacSHA256(key: key, Array(text.utf8))
    }

    // MARK: Sessions

    func hasSession(_ socket: Socket) -> Bool {
        guard let id = socket.handshake.auth["sessionId"]?.string else { return false }
        return accepts(id, at: .system())
    }

    func newSession(at now: WallClock) -> String {
        var random = SystemRandomSource()
        let expiry = now.milliseconds / 1000 + Self.sessionSeconds
        let text = "\(expiry).\(Base64.urlText(random.nextBytes(16)))"
        return "\(text).\(Base64.urlText(code(text, sessionKey)))"
    }

    func accepts(_ id: String, at now: WallClock) -> Bool {
        let parts = id.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let expiry = Int64(parts[0]), expiry > now.milliseconds / 1000 else {
            return false
        }
        let expected = Base64.urlText(code("\(parts[0]).\(parts[1])", sessionKey))
        return Digest.constantTimeEqual(Array(parts[2].utf8), Array(expected.utf8))
    }
}

/// Counts the passwords that each address tries.
struct AdminAttempts {
    private struct Recent {
        var count: Int
        let since: Instant
    }

    private static let window = Duration.seconds(60)
    private static let maxAddresses = 10_000
    /// Checks under way at once: a hash keeps a core busy.
    private static let maxPending = 8

    private let limit: Int
    private var recent: [AddressShare.Key: Recent] = [:]
    private var pending = 0

    init(limit: Int) { self.limit = limit }

    /// - Returns: whether the password may be looked at; then ``end(_:isRight:)`` follows.
    mutating func begin(_ address: AddressShare.Key, at now: Instant) -> Bool {
        guard pending < Self.maxPending else { return false }
        if var known = recent[address], known.since.duration(to: now) < Self.window {
            guard known.count < limit else { return false }
            known.count += 1
            recent[address] = known
        } else {
            if recent.count >= Self.maxAddresses {
                recent = recent.filter { $0.value.since.duration(to: now) < Self.window }
            }
            guard recent.count < Self.maxAddresses else { return false }
            recent[address] = Recent(count: 1, since: now)
        }
        pending += 1
        return true
    }

    mutating func end(_ address: AddressShare.Key, isRight: Bool) {
        pending -= 1
        if isRight { recent[address] = nil }
    }
}
