// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import NetworkAddresses

/// What counts as one address. One subscriber has a whole IPv6 network of 64 bits, so that does.
struct AddressKey: Hashable, Sendable {
    private let network: AddressRange?
    /// Whatever else a proxy says.
    private let text: String

    init(_ address: String) {
        network = IPAddress(address).map { AddressRange($0, prefix: $0.isIPv4 ? 32 : 64) }
        text = network == nil ? String(address.prefix(64)) : ""
    }
}

/// A token bucket per client address, bounded in number.
struct AddressLimiter {
    private var levels: TokenLevels<AddressKey>

    init(burst: Int, perSecond: Int) { self.init(TokenRate(burst: burst, perSecond: perSecond)) }

    init(_ rate: TokenRate) { levels = TokenLevels(rate) }

    /// Takes a token for `address`; false when none is left.
    mutating func allows(_ address: String, at now: Instant) -> Bool {
        levels.take(AddressKey(address), at: now)
    }

    /// Gives a token back that was taken for nothing.
    mutating func giveBack(_ address: String) { levels.giveBack(AddressKey(address)) }
}
