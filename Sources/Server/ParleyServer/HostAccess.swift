// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit
internal import HTTP
internal import Storage
internal import Synchronization
internal import TLS

/// Who may act as the host of the server: whoever opened the link printed in its terminal.
///
/// The link works once and sets a cookie. The cookie is `<expiry>.<MAC>`, so it outlives a restart. The MAC is also
/// over the generation of such cookies, which the store keeps: another generation makes all of them worthless.
final class HostAccess: Sendable {
    static let cookieName = "parley_host"
    /// 30 days.
    static let lifetimeSeconds = 30 * 24 * 3600
    /// The setting that has the generation: any text; none before the first time that cookies were made worthless.
    static let generationSetting = "host-generation"

    private let key: [UInt8]
    private let unusedToken: Mutex<String?>
    private let generation: Mutex<String>
    /// The token of this run's link.
    let token: String

    /// - Parameters:
    ///   - secret: The server's own secret, 32 bytes.
    ///   - generation: As the store has it.
    init(secret: [UInt8], generation: String = "", random: inout some RandomSource) {
        key = Digest.hmacSHA256(key: secret, Array("host cookies".utf8))
        token = Base64.urlText(random.nextBytes(24))
        unusedToken = Mutex(token)
        self.generation = Mutex(generation)
    }

    /// A generation that no cookie has.
    static func newGeneration(_ random: inout some RandomSource) -> String {
        Base64.urlText(random.nextBytes(12))
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

    /// Makes all cookies worthless, wherever they are. Reports when that is written down; they are not accepted from
    /// now on in any case.
    func revokeCookies(in store: any Store, _ done: @escaping StorageCompletion<Void>) {
        var random = SystemRandomSource()
        let fresh = Self.newGeneration(&random)
        generation.withLock { $0 = fresh }
        store.setSetting(Self.generationSetting, fresh, done)
    }

    /// Makes a browser forget its cookie.
    static func removal(secure: Bool) -> String {
        SetCookie(cookieName, "", maxAge: 0, secure: secure).formatted
    }

    private func code(_ expiry: String) -> String {
        let generation = generation.withLock(\.self)
        let text = generation.isEmpty ? expiry : "\(expiry).\(generation)"
        return Base64.urlText(Digest.hmacSHA256(key: key, Array(text.utf8)))
    }
}
