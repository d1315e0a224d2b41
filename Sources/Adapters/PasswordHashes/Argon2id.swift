// SPDX-License-Identifier: Apache-2.0
internal import CArgon2

/// Argon2id hashes of passwords, written as PHC strings: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
/// RFC 9106; the format is <https://github.com/P-H-C/phc-string-format>.
public enum Argon2id {
    /// What making or checking one hash costs.
    public struct Cost: Hashable, Sendable {
        /// In kibibytes.
        public var memory: UInt32
        public var passes: UInt32
        public var lanes: UInt32

        public init(memory: UInt32, passes: UInt32, lanes: UInt32) {
            self.memory = memory
            self.passes = passes
            self.lanes = lanes
        }

        /// 19 MiB, 2 passes, 1 lane: some 30 ms of one core. The OWASP Password Storage Cheat Sheet's first choice.
        public static let standard = Cost(memory: 19_456, passes: 2, lanes: 1)
    }

    /// Random bytes that make equal passwords hash differently. RFC 9106 §3.1
    public static let saltByteCount = 16
    private static let hashByteCount = 32

    /// - Parameter salt: ``saltByteCount`` bytes nobody has used before.
    /// - Returns: `nil` when there is no memory for it, or the cost or salt is outside the algorithm's limits.
    public static func hash(_ password: String, salt: [UInt8], cost: Cost = .standard) -> String? {
        let length = argon2_encodedlen(
            cost.passes, cost.memory, cost.lanes, UInt32(clamping: salt.count), UInt32(hashByteCount),
            Argon2_id)
        var encoded = [CChar](repeating: 0, count: length)
        let bytes = Array(password.utf8)
        let status = unsafe argon2id_hash_encoded(
            cost.passes, cost.memory, cost.lanes, bytes, bytes.count, salt, salt.count, hashByteCount,
            &encoded, encoded.count)
        guard status == ARGON2_OK.rawValue else { return nil }
        return String(decoding: encoded.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether `hash` is an Argon2id hash of `password`. Takes the hash's own cost, whatever the answer.
    public static func matches(_ password: String, _ hash: String) -> Bool {
        // C would read no further than a zero byte.
        guard !hash.utf8.contains(0) else { return false }
        let bytes = Array(password.utf8)
        return unsafe argon2id_verify(hash, bytes, bytes.count) == ARGON2_OK.rawValue
    }
}
