// SPDX-License-Identifier: Apache-2.0
public import NetworkAddresses

/// How many allocations there may be.
public struct RelayLimits: Hashable, Sendable, BitwiseCopyable {
    public var perUser: Int
    /// Of one address of clients; IPv6: of one /64 network. A whole school may be behind it, with a dozen allocations
    /// each, so that it is most of all.
    public var perAddress: Int
    public var total: Int

    public init(perUser: Int = 12, perAddress: Int = 45_000, total: Int = 50_000) {
        self.perUser = perUser
        self.perAddress = perAddress
        self.total = total
    }
}

extension RelayRefusal: Error {}

/// An address to relay on.
public struct RelayAddress: Hashable, Sendable, BitwiseCopyable {
    /// What clients and peers are told, and what sockets are bound to: they differ behind 1:1 NAT.
    public var told: IPAddress
    public var bound: IPAddress

    public init(told: IPAddress, bound: IPAddress) {
        self.told = told
        self.bound = bound
    }
}

/// Relayed addresses of one allocation, between `open` and `close` of a ``RelayLedger``.
public struct RelayLease: Hashable, Sendable, BitwiseCopyable {
    public struct Port: Hashable, Sendable, BitwiseCopyable {
        public var told: SocketAddress
        public var bound: SocketAddress
    }

    /// Never used again.
    public let number: UInt64
    public internal(set) var main: Port
    public internal(set) var additional: Port?
    public internal(set) var reservation: UInt64?

    /// What to tell the engine.
    public var grant: RelayGrant {
        RelayGrant(relayed: main.told, additional: additional?.told, reservation: reservation)
    }
}
