// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import NetworkAddresses

/// What a STUN and TURN server decides, for the clients of one event loop. RFC 8489, RFC 8656.
///
/// The driver gives it bytes from clients and peers and forwards what the verdicts say; it does what `poll()` says,
/// and ticks at `deadline`. Sockets are the driver's. Invariant: nothing is stored for a client that has not shown
/// valid credentials, and whatever is stored is given back exactly once.
public struct TURNServer<Digests: Sendable>: ~Copyable {
    let settings: TURNSettings
    let digests: Digests
    var outputs = Queue<TURNOutput>()
    public internal(set) var counters = TURNCounters()

    public init(_ settings: TURNSettings, users: TURNUsers, keys: TURNKeys, digests: Digests) {
        self.settings = settings
        self.digests = digests
    }

    /// Takes one datagram, or one frame of a stream.
    public mutating func receive(
        _ bytes: UnsafeRawBufferPointer, from client: ClientAddress, at now: Instant
    ) -> ClientVerdict { .done }

    /// Takes `count` bytes of payload from a peer: from a socket of the relay, or handed over.
    public mutating func receive(
        count: Int, fromPeer peer: SocketAddress, on relay: RelayID, at now: Instant
    ) -> PeerVerdict { .drop }

    /// Writes what goes in front of `count` bytes of payload in a Data indication: 36 bytes for IPv4, 48 for IPv6.
    public mutating func writeIndicationHeader(
        into header: UnsafeMutableRawBufferPointer, peer: SocketAddress, count: Int
    ) {}

    public mutating func handle(_ input: TURNInput, at now: Instant) {}

    public mutating func poll() -> TURNOutput? { outputs.popFirst() }

    /// When the engine next wants a tick.
    public var deadline: Instant? { nil }

    /// Whether an allocation belongs to the client, so that its connection is kept.
    public func hasAllocation(_ client: ClientAddress) -> Bool { false }

    /// All allocations, for the operator.
    public func allocations(at now: Instant) -> [AllocationReport] { [] }
}
