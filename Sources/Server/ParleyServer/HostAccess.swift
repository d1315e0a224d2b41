// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit
internal import Synchronization
internal import TLS

/// Who may act as the host of the server: whoever opened the link printed in its terminal.
///
/// The link works once and sets a cookie. The cookie is `<expiry>.<MAC>`, so it outlives a restart.
final class HostAccess: Sendable {
    static let cookieName = "parley_host"
    /// 30 days.
    static let lifetimeSeconds = 30 * 24 * 3600

    private let key: [UInt8]
    private let unusedToken: Mutex<String?>
    /// The token of this run's link.
    let token: String

    /// - Parameter secret: The server's own secret, 32 bytes.
    init(secret: [UInt8], random: inout some RandomSource) {
        key = Digest.hmacSHA256(key: secret, Array("host cookies".utf8))
        token = Base64.urlText(random.nextBytes(24))
        unusedToken = Mutex(token)
    }

    /// Uses the link up.
    /// - Returns: the cookie's value; `nil` when the token is wrong or was used before.
    func claim(_ token: String, now: WallClock) -> String? {
        unusedToken.withLock { unused in
            guard let expected = unused,
                Digest.constantTimeEqual(Array(token.utf8), Array(expected.utf8))
            else { return nil }
            unused = nil
            let expiry = String(now.milliseconds / 1000 + Int64(Self.lifetimeSeconds))
            return "\(expiry).\(code(expiry))"
        }
    }

    func accepts(cookie: String, now: WallClock) -> Bool {
        let parts = cookie.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let expiry = Int64(parts[0]), expiry > now.milliseconds / 1000 else {
            return false
        }
        return Digest.constantTimeEqual(Array(parts[1].utf8), Array(code(String(parts[0])).utf8))
    }

    private func code(_ expiry: String) -> String {
        Base64.urlText(Digest.hmacSHA256(key: key, Array(expiry.utf8)))
    }
}
