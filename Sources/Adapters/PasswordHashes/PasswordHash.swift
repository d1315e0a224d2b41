// SPDX-License-Identifier: Apache-2.0
internal import CCrypt
internal import Glibc

/// A salted hash of a password, as `crypt(3)` and most tools write it: bcrypt (`$2b$…`), yescrypt
/// (`$y$…`), SHA-512 (`$6$…`).
public struct PasswordHash: Sendable {
    private let text: String

    /// - Returns: `nil` for what this system cannot check, or what is not all of a hash.
    public init?(_ text: String) {
        // What does not begin so is one of the old schemes, which anybody can search through.
        guard text.hasPrefix("$"), let sample = Self.hash("", as: text),
            sample.utf8.count == text.utf8.count
        else { return nil }
        self.text = text
    }

    /// Whether it is the hash of `password`. Takes its time, as it is meant to: a tenth of a second, say.
    public func matches(_ password: String) -> Bool {
        guard let hash = Self.hash(password, as: text) else { return false }
        // Without an early end, whatever the first difference.
        return hash.utf8.count == text.utf8.count
            && zip(hash.utf8, text.utf8).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func hash(_ password: String, as setting: String) -> String? {
        // C would read no further than the first zero byte, and so accept the front alone.
        guard !password.utf8.contains(0) else { return nil }
        var memory: UnsafeMutableRawPointer?
        var size: Int32 = 0
        defer { unsafe free(memory) }
        guard let hash = unsafe crypt_ra(password, setting, &memory, &size) else { return nil }
        return unsafe String(cString: hash)
    }
}
