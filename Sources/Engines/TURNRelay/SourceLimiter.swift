// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import NetworkAddresses

/// How much each source may still have: fixed in size, whoever comes.
///
/// Sources share the levels by two secret hashes, and one of the two must be left.
struct SourceLimiter {
    private static let size = 16_384
    private var levels: ContiguousArray<TokenLevel>
    private let rate: TokenRate?
    private let seed: HashSeed

    /// - Parameter rate: `nil` for no limit.
    init(_ rate: TokenRate?, seed: HashSeed) {
        self.rate = rate
        levels = ContiguousArray(repeating: TokenLevel(), count: rate == nil ? 0 : Self.size)
        self.seed = seed
    }

    /// Takes one for an address; false when none is left. IPv6 sources are /64 networks.
    mutating func take(_ source: IPAddress, at now: Instant) -> Bool {
        take(seed.hash(source.high, source.isIPv4 ? source.low : 0, source.isIPv4 ? 1 : 2), at: now)
    }

    /// Takes one for an address and port.
    mutating func take(_ source: SocketAddress, at now: Instant) -> Bool {
        take(source.hash(seed), at: now)
    }

    /// Whether one is left for an address and port.
    func allows(_ source: SocketAddress, at now: Instant) -> Bool {
        guard let rate else { return true }
        let (first, second) = Self.places(source.hash(seed))
        var (one, other) = (levels[first], levels[second])
        return one.take(1, of: rate, at: now) || other.take(1, of: rate, at: now)
    }

    private mutating func take(_ hash: UInt64, at now: Instant) -> Bool {
        guard let rate else { return true }
        let (first, second) = Self.places(hash)
        // Both pay, so that one source has no more than one level has; one that others have drained does not lock it
        // out.
        let (one, other) = (
            levels[first].take(1, of: rate, at: now), levels[second].take(1, of: rate, at: now)
        )
        return one || other
    }

    private static func places(_ hash: UInt64) -> (Int, Int) {
        (Int(truncatingIfNeeded: hash) & (size - 1), Int(truncatingIfNeeded: hash >> 32) & (size - 1))
    }
}
