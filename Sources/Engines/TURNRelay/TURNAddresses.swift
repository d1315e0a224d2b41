// SPDX-License-Identifier: Apache-2.0
public import NetworkAddresses

/// How a client reaches the server.
public enum ClientTransport: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    case udp, tcp, tls, dtls

    /// Whether bytes arrive in order and framed by their length, so that ChannelData is padded. RFC 8656 §12.5.
    public var isStream: Bool { self == .tcp || self == .tls }
}

/// The 5-tuple of a client: an allocation belongs to exactly one. RFC 8656 §3.2.
public struct ClientAddress: Hashable, Sendable, BitwiseCopyable {
    public var remote: SocketAddress
    /// The driver's number for a connection, or for an association of DTLS; 0 for UDP. Never used again while an
    /// allocation of it may live.
    public var stream: UInt32
    /// The driver's number for the listening socket, whose address the client sent to.
    public var local: UInt16
    public var transport: ClientTransport

    public init(_ transport: ClientTransport, local: UInt16 = 0, remote: SocketAddress, stream: UInt32 = 0) {
        self.remote = remote
        self.stream = stream
        self.local = local
        self.transport = transport
    }
}

/// Names an allocation of one engine.
///
/// `index` is small and used again, so a driver keeps its sockets in an array; `generation` tells one use from the next.
public struct RelayID: Hashable, Sendable, BitwiseCopyable {
    public var index: UInt32
    public var generation: UInt32

    public init(index: UInt32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }
}

/// Where packets to a relayed address of this server go: an allocation on one of its loops.
public struct RelayRoute: Hashable, Sendable, BitwiseCopyable {
    public var loop: UInt16
    public var relay: RelayID
    /// Only allocations of the same group reach each other.
    public var group: UInt64

    public init(loop: UInt16, relay: RelayID, group: UInt64) {
        self.loop = loop
        self.relay = relay
        self.group = group
    }
}

/// The addresses of this server, as the driver finds them; they may change at any time.
public struct OwnAddresses: Hashable, Sendable {
    /// Where relayed addresses are: what clients and peers are told, public ones behind 1:1 NAT. At most one of each family is used for an
    /// allocation.
    public var relays: [IPAddress]
    /// Every address of every interface and every public one. Peers are never reached there through the kernel,
    /// unless ``PeerPolicy/allowed`` lists them one by one.
    public var all: [IPAddress]
    /// Where this server takes media itself, by all names that clients know: allocations reach them in memory.
    public var media: [SocketAddress]

    public init(relays: [IPAddress] = [], all: [IPAddress] = [], media: [SocketAddress] = []) {
        self.relays = relays
        self.all = all
        self.media = media
    }
}
