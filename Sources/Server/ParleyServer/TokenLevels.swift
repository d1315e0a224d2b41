// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// Token buckets by name, of one rate and bounded in number.
struct TokenLevels<Key: Hashable & Sendable>: Sendable {
    static var maxKeys: Int { 10_000 }

    private let rate: TokenRate
    private var levels: [Key: TokenLevel] = [:]

    init(_ rate: TokenRate) { self.rate = rate }

    /// Takes a token of `key`; false when none is left.
    mutating func take(_ key: Key, at now: Instant) -> Bool {
        if levels[key] == nil, levels.count >= Self.maxKeys { makeRoom(at: now) }
        return levels[key, default: TokenLevel()].take(of: rate, at: now)
    }

    /// Gives a token back that was taken for nothing.
    mutating func giveBack(_ key: Key) { levels[key]?.giveBack(of: rate) }

    /// Makes `key` as good as new.
    mutating func forget(_ key: Key) { levels[key] = nil }

    /// Forgets whoever has all tokens back, which is as good as new. If that frees nothing, the fuller half: so
    /// filling the table on purpose gives nothing back to whoever has none left.
    private mutating func makeRoom(at now: Instant) {
        levels = levels.filter { !$0.value.isFull(at: now) }
        guard levels.count >= Self.maxKeys else { return }
        let fullest = levels.sorted { $0.value.isFuller(than: $1.value) }.prefix(Self.maxKeys / 2)
        for (key, _) in fullest { levels[key] = nil }
    }
}
