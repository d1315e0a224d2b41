// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import TLS

/// The secret that this server and the receivers of its webhooks share.
///
/// Signs as Standard Webhooks does: <https://www.standardwebhooks.com>, symmetric signatures.
public struct WebhookKey: Sendable {
    private let bytes: [UInt8]

    /// - Parameter text: `whsec_` and 24 to 64 bytes in base64; `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        let prefix = "whsec_"
        guard text.hasPrefix(prefix),
            let bytes = Base64.decode(Array(text.utf8.dropFirst(prefix.utf8.count))),
            (24...64).contains(bytes.count)
        else { return nil }
        self.bytes = bytes
    }

    /// The value of `webhook-signature`.
    /// - Parameter seconds: When the request is made, since 1970.
    public func signature(id: String, seconds: Int64, body: [UInt8]) -> String {
        "v1," + Base64.text(Digest.hmacSHA256(key: bytes, Array("\(id).\(seconds).".utf8) + body))
    }
}
