// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import NetworkAddresses

/// What happens to a ``TURNServer`` besides bytes that arrive.
public enum TURNInput: Hashable, Sendable {
    /// Answers ``TURNOutput/openRelay(_:)``.
    case relayOpened(RelayID, RelayGrant)
    case relayRefused(RelayID, RelayRefusal)
    /// A relayed address of this server, on any loop, can be reached; or no longer.
    case routeAppeared(SocketAddress, RelayRoute)
    case routeVanished(SocketAddress)
    /// A connection or an association of DTLS has ended.
    case streamClosed(ClientAddress)
    /// An ICMP error answered what the relay sent to the peer.
    case peerUnreachable(RelayID, SocketAddress, ICMPError)
    /// The driver has done what ``TURNOutput/connectPeer(_:_:to:)`` says.
    case peerConnected(PeerConnectionID)
    /// A peer was not reached, or the connection to it has ended.
    case peerClosed(PeerConnectionID)
    /// Credentials that are over: a whole user name, or the part behind the time of a time-limited one. Their
    /// allocations close at once and new ones are refused.
    case revoke(String)
    /// From now on no new allocations; those that live end at `deadline` at the latest.
    case drain(deadline: Instant)
    case addresses(OwnAddresses)
    /// What users and secrets are from now on. Allocations that live keep what they have.
    case users(TURNUsers)
    /// The time of day, which credentials expire by. Given at the start and now and then.
    case clock(WallClock)
    /// ``TURNServer/deadline`` has passed.
    case tick
}

/// An ICMP error as the peer's side sent it. RFC 8656 §18.13.
public struct ICMPError: Hashable, Sendable, BitwiseCopyable {
    public var type: UInt8
    public var code: UInt8
    /// The field behind: the MTU of the next hop for "fragmentation needed" and "packet too big", else 0.
    public var data: UInt32

    public init(type: UInt8, code: UInt8, data: UInt32 = 0) {
        self.type = type
        self.code = code
        self.data = data
    }
}

/// What a ``TURNServer`` wants done.
public enum TURNOutput: Hashable, Sendable {
    /// One datagram, or one frame of a stream.
    case send([UInt8], to: ClientAddress)
    /// Open a relay and answer with ``TURNInput/relayOpened(_:_:)`` or ``TURNInput/relayRefused(_:_:)``.
    case openRelay(RelayRequest)
    /// The allocation has ended: its sockets, its leases in the ledger, its routes on all loops.
    case closeRelay(RelayID)
    /// Nothing more will be said on this connection.
    case closeStream(ClientAddress)
    /// Connect to the peer from the relayed address, and tell whether it could be reached.
    case connectPeer(PeerConnectionID, RelayID, to: SocketAddress)
    /// Close the connection to the peer, and the client's that it is joined to.
    case closePeer(PeerConnectionID)
    /// Take the claim to the engine of its connection's loop.
    case claimPeer(ConnectionClaim)
    /// No allocation is left after ``TURNInput/drain(deadline:)``.
    case drained
}

/// An allocation that waits for its relay.
public struct RelayRequest: Hashable, Sendable {
    public var relay: RelayID
    public var client: ClientAddress
    /// Who allocates, without the time of expiry: what quotas count.
    public var user: String
    public var group: UInt64
    /// The family of the relayed address that must be there.
    public var isIPv4: Bool
    /// Whether an address of the other family is wanted too. RFC 8656 §7.2.
    public var wantsBoth: Bool
    /// An even port; and with `reservesNext` the one above it is kept for the token in ``RelayGrant``.
    public var evenPort: Bool
    public var reservesNext: Bool
    /// The port that was kept before.
    public var reservation: UInt64?
    /// Peers are reached over TCP and not over UDP. RFC 6062.
    public var isTCP: Bool

    public init(
        relay: RelayID, client: ClientAddress, user: String, group: UInt64, isIPv4: Bool,
        wantsBoth: Bool = false, evenPort: Bool = false, reservesNext: Bool = false,
        reservation: UInt64? = nil, isTCP: Bool = false
    ) {
        self.relay = relay
        self.client = client
        self.user = user
        self.group = group
        self.isIPv4 = isIPv4
        self.wantsBoth = wantsBoth
        self.evenPort = evenPort
        self.reservesNext = reservesNext
        self.reservation = reservation
        self.isTCP = isTCP
    }
}

/// A relay that was opened.
public struct RelayGrant: Hashable, Sendable, BitwiseCopyable {
    /// The relayed address, as clients and peers are to know it.
    public var relayed: SocketAddress
    /// The one of the other family, if it was wanted and could be had.
    public var additional: SocketAddress?
    /// The token of the port above, if it was to be kept.
    public var reservation: UInt64?

    public init(relayed: SocketAddress, additional: SocketAddress? = nil, reservation: UInt64? = nil) {
        self.relayed = relayed
        self.additional = additional
        self.reservation = reservation
    }
}

/// Why a relay was not opened.
public enum RelayRefusal: Hashable, Sendable, BitwiseCopyable, CaseIterable {
    /// The user or the client's address has as many as it may: 486.
    case userQuota, addressQuota
    /// All together have: 508. RFC 8656 §7.2.
    case totalQuota
    /// No port is left, or the reservation is unknown, used, over, or somebody else's: 508.
    case noPort, badReservation
    /// The server has no address of this family: 440.
    case noFamily
    /// The system has no socket to give: 508.
    case system
}
