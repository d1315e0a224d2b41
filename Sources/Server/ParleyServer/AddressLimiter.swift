// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import ServerConfig

/// What counts as one address. One subscriber has a whole IPv6 network of 64 bits, so that does.
struct AddressKey: Hashable, Sendable {
    private let bytes: [UInt8]

    init(_ address: String) {
        guard let bytes = IPAddress(address)?.bytes else {
            self.bytes = Array(address.utf8.prefix(64))
            return
        }
        self.bytes = bytes.count == 16 ? Array(bytes[..<8]) : bytes
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
