// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding

/// A name and password that a server can check without knowing anybody: the name says until when it is good, the
/// password is a code over the name under a secret of the server's. draft-uberti-behave-turn-rest-00 §2.2.
public struct TURNCredential: Hashable, Sendable {
    /// `unix-expiry:name`
    public let username: String
    /// Base 64 of 20 bytes.
    public let password: String

    /// Mints one.
    /// - Parameters:
    ///   - expiry: Seconds since 1970, not negative.
    ///   - name: Whose it is; may be empty, and then there is no colon.
    public init(expiry: Int64, name: String, secret: [UInt8], _ digests: some STUNDigests) {
        username = name.isEmpty ? "\(max(expiry, 0))" : "\(max(expiry, 0)):\(name)"
        password = Self.password(of: username.utf8, secret: secret, digests)
    }

    /// What ``password`` must be for a name.
    public static func password(
        of username: some Collection<UInt8>, secret: [UInt8], _ digests: some STUNDigests
    ) -> String {
        Base64.text(digests.hmacSHA1(key: secret, Array(username)).bytes)
    }

    /// The parts of a name of this kind.
    public struct Name: Hashable, Sendable {
        /// Seconds since 1970.
        public let expiry: Int64
        /// What follows the colon; empty for nothing.
        public let name: String

        /// `nil` unless the text begins with at most 18 digits, and then ends or goes on with a colon and UTF-8.
        public init?(username: some Collection<UInt8>) {
            var expiry: Int64 = 0
            var digits = 0
            for byte in username {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { break }
                digits += 1
                guard digits <= 18 else { return nil }
                expiry = expiry * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            let rest = username.dropFirst(digits)
            guard digits > 0, rest.isEmpty || rest.first == UInt8(ascii: ":"),
                let name = String(validating: rest.dropFirst(), as: UTF8.self)
            else { return nil }
            self.expiry = expiry
            self.name = name
        }
    }
}
