// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import ServerConfig

/// A token bucket per client address, bounded in number. One subscriber has a whole IPv6 network of 64
/// bits, so that is what counts as an address.
struct AddressLimiter {
    private struct Bucket {
        var tokens: Double
        var filledAt: Instant
    }

    private static let maxAddresses = 10_000
    private let burst: Double
    private let perSecond: Double
    private var buckets: [[UInt8]: Bucket] = [:]

    init(burst: Double, perSecond: Double) {
        self.burst = burst
        self.perSecond = perSecond
    }

    /// Takes a token for `address`; false when none is left.
    mutating func allows(_ address: String, at now: Instant) -> Bool {
        let address = Self.key(of: address)
        var bucket = buckets[address] ?? Bucket(tokens: burst, filledAt: now)
        let seconds = Double(bucket.filledAt.duration(to: now).nanoseconds) / 1e9
        bucket.tokens = min(burst, bucket.tokens + seconds * perSecond)
        bucket.filledAt = now
        guard bucket.tokens >= 1 else { return false }
        bucket.tokens -= 1
        if buckets[address] == nil, buckets.count >= Self.maxAddresses { forgetFull(at: now) }
        buckets[address] = bucket
        return true
    }

    private static func key(of address: String) -> [UInt8] {
        guard let bytes = IPAddress(address)?.bytes else { return Array(address.utf8.prefix(64)) }
        return bytes.count == 16 ? Array(bytes[..<8]) : bytes
    }

    /// Drops the addresses whose bucket would be full again: they are as good as new. If that frees
    /// nothing, everybody starts afresh rather than memory growing.
    private mutating func forgetFull(at now: Instant) {
        let seconds = burst / perSecond
        buckets = buckets.filter { $0.value.filledAt.duration(to: now) < .seconds(seconds) }
        if buckets.count >= Self.maxAddresses { buckets = [:] }
    }
}
