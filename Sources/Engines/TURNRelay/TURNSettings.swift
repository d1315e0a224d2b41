// SPDX-License-Identifier: Apache-2.0
public import NetworkAddresses

/// What a ``TURNServer`` is set up with and does not change.
public struct TURNSettings: Hashable, Sendable {
    /// The realm of long-term credentials. With more than 8 bytes, a 401 is more than 2.3 times as long as the shortest
    /// request, with more than 28 more than three times.
    public var realm = "parley"
    public var peers = PeerPolicy()
    /// Whether anybody is answered. Off where the sockets are there for somebody else, such as an SFU.
    public var servesClients = true
    /// Whether relays have sockets. Without, relayed addresses are mere numbers that reach each other.
    public var hasRelaySockets = true
    /// Answers a second, over UDP, to one address that has not shown that it is there: so many to Binding, and so many
    /// to all else; six times as many at once. `nil` for no limit. IPv6 sources are /64 networks.
    ///
    /// A whole school may be behind one address: 500 people who come at once send 500 Binding and 1,500 Allocate
    /// requests. With 300, an address that somebody forges gets 20 kB a second.
    public var unauthenticatedRate: Int? = 300
    /// Whether SHA-256 is offered, where the answer stays short enough. RFC 8489 §9.2.
    public var offersSHA256 = true
    public var permissionsPerAllocation = 64
    public var channelsPerAllocation = 64
    /// Whether clients may have connections to peers (RFC 6062): to those in ``PeerPolicy/allowed``, and no others.
    public var allowsTCPPeers = false
    public var connectionsPerAllocation = 16
    /// Bytes a second, each way, 64 for each packet besides its payload; `nil` for no limit. A user's is for all their allocations of one engine.
    public var allocationBandwidth: Int?
    public var userBandwidth: Int?
    /// Where clients are sent while this server drains. RFC 8489 §10.
    public var alternate: SocketAddress?
    /// Seconds. The default is also the least; the longest also bounds what clients ask for. RFC 8656 §7.2.
    public var defaultLifetime = 600
    public var longestLifetime = 3_600
    /// How far a time-limited user name may reach into the future, in seconds; by five minutes more, because clocks
    /// differ.
    public var longestCredential = 86_400
    /// How many revoked names are remembered until they would have ended.
    public var revokedNames = 262_144
    /// How long a nonce is accepted, in seconds.
    public var nonceLifetime = 3_600

    public init() {}
}

/// Who may use the server.
public struct TURNUsers: Hashable, Sendable {
    /// Keys of time-limited user names, any of which verifies.
    public var secrets: [[UInt8]]
    /// Names and passwords that do not expire.
    public var passwords: [String: String]

    public init(secrets: [[UInt8]] = [], passwords: [String: String] = [:]) {
        self.secrets = secrets
        self.passwords = passwords
    }
}

/// Random numbers that a ``TURNServer`` starts with.
public struct TURNKeys: Hashable, Sendable {
    /// Signs nonces: 32 bytes, the same on all loops, so that a client may come back on another.
    public var nonce: [UInt8]
    /// For hash tables and transaction ids: any number of bytes, different on each loop.
    public var seed: [UInt8]
    /// Which loop this is, for ``PeerConnectionID/loop``.
    public var loop: UInt16

    public init(nonce: [UInt8], seed: [UInt8], loop: UInt16 = 0) {
        self.nonce = nonce
        self.seed = seed
        self.loop = loop
    }
}
