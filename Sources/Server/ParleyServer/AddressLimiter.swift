// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import ServerConfig

/// A token bucket per client address, bounded in number. One subscriber has a whole IPv6 network of 64
/// bits, so that is what counts as an address.
struct AddressLimiter {
    private static let maxAddresses = 10_000
    private let fresh: TokenBucket
    private var buckets: [[UInt8]: TokenBucket] = [:]

    init(burst: Int, perSecond: Int) { self.init(TokenRate(burst: burst, perSecond: perSecond)) }

    init(_ rate: TokenRate) { fresh = TokenBucket(rate) }

    /// Takes a token for `address`; false when none is left.
    mutating func allows(_ address: String, at now: Instant) -> Bool {
        let address = Self.key(of: address)
        if buckets[address] == nil, buckets.count >= Self.maxAddresses { forgetFull(at: now) }
        return buckets[address, default: fresh].take(at: now)
    }

    private static func key(of address: String) -> [UInt8] {
        guard let bytes = IPAddress(address)?.bytes else { return Array(address.utf8.prefix(64)) }
        return bytes.count == 16 ? Array(bytes[..<8]) : bytes
    }

    /// Drops the addresses whose bucket is full again: they are as good as new. If that frees
    /// nothing, everybody starts afresh rather than memory growing.
    private mutating func forgetFull(at now: Instant) {
        buckets = buckets.filter { !$0.value.isFull(at: now) }
        if buckets.count >= Self.maxAddresses { buckets = [:] }
    }
}
