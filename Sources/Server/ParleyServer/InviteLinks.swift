// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit
internal import HTTP
internal import MeetingProtocol
internal import TLS

/// Makes and checks the links of invites, and what a browser keeps that has come in by one.
///
/// A link is `/i/<id>.<MAC>`. The browser's cookie has another MAC over the same id: whoever has the link has not
/// come in yet, and the cookie of somebody who has is no link to pass on.
struct InviteLinks: Sendable {
    /// How long a browser stays recognised: a week, in seconds.
    static let cookieSeconds = 7 * 86_400
    /// Bytes of a MAC that are kept: 128 bits, so that the link's QR code stays coarse.
    private static let macBytes = 16
    private static let idBytes = 12

    private let linkKey: [UInt8]
    private let browserKey: [UInt8]

    /// - Parameter secret: The server's own secret, 32 bytes.
    init(secret: [UInt8]) {
        linkKey = Digest.hmacSHA256(key: secret, Array("invite links".utf8))
        browserKey = Digest.hmacSHA256(key: secret, Array("invited browsers".utf8))
    }

    static func makeID(_ random: inout some RandomSource) -> String {
        Base64.urlText(random.nextBytes(idBytes))
    }

    /// What follows `/i/` in the link of the invite `id`.
    func token(of id: String) -> String { "\(id).\(code(id, linkKey))" }

    /// The invite that `token` leads to; `nil` when it was not made here.
    func id(of token: String) -> String? { id(in: token, linkKey) }

    // MARK: Browsers

    private static let cookiePrefix = "parley_invite_"

    /// The cookie of a browser that came into `meeting` by the invite `id`.
    func cookie(for id: String, to meeting: MeetingCode, secure: Bool) -> String {
        SetCookie(
            Self.cookiePrefix + meeting.text, "\(id).\(code(id, browserKey))", maxAge: Self.cookieSeconds,
            secure: secure
        ).formatted
    }

    /// Whether the browser with these cookies came in by the invite `id`, to whatever meeting it led then.
    func cameIn(by id: String, _ cookies: [(String, String)]) -> Bool {
        cookies.contains { $0.0.hasPrefix(Self.cookiePrefix) && self.id(in: $0.1, browserKey) == id }
    }

    /// The invite by which the browser with these cookies came into `meeting`.
    func invite(to meeting: MeetingCode, _ cookies: [(String, String)]) -> String? {
        let name = Self.cookiePrefix + meeting.text
        guard let cookie = cookies.first(where: { $0.0 == name }) else { return nil }
        return id(in: cookie.1, browserKey)
    }

    private func id(in text: String, _ key: [UInt8]) -> String? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == Self.idBytes * 4 / 3 else { return nil }
        let id = String(parts[0])
        return Digest.constantTimeEqual(Array(parts[1].utf8), Array(code(id, key).utf8)) ? id : nil
    }

    private func code(_ id: String, _ key: [UInt8]) -> String {
        Base64.urlText(Digest.hmacSHA256(key: key, Array(id.utf8)).prefix(Self.macBytes))
    }
}
