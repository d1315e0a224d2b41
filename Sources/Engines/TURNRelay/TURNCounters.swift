// SPDX-License-Identifier: Apache-2.0

/// What a ``TURNServer`` has done since it began. Only ever grows.
public struct TURNCounters: Hashable, Sendable {
    /// By ``ClientTransport/rawValue``.
    public var transports = [TransportCounters](
        repeating: TransportCounters(), count: ClientTransport.allCases.count)
    /// By ``TURNRefusalReason/rawValue``.
    public var refusals = [UInt64](repeating: 0, count: TURNRefusalReason.allCases.count)
    /// Revoked names that there was no room for until their end.
    public var forgottenRevocations: UInt64 = 0

    public init() {}

    public subscript(transport: ClientTransport) -> TransportCounters { transports[Int(transport.rawValue)] }
    public subscript(reason: TURNRefusalReason) -> UInt64 { refusals[Int(reason.rawValue)] }

    mutating func count(_ reason: TURNRefusalReason) { refusals[Int(reason.rawValue)] &+= 1 }

    mutating func countToPeer(_ bytes: Int, _ transport: ClientTransport) {
        transports[Int(transport.rawValue)].packetsToPeers &+= 1
        transports[Int(transport.rawValue)].bytesToPeers &+= UInt64(bytes)
    }

    mutating func countToClient(_ bytes: Int, _ transport: ClientTransport) {
        transports[Int(transport.rawValue)].packetsToClients &+= 1
        transports[Int(transport.rawValue)].bytesToClients &+= UInt64(bytes)
    }

    /// Adds what another loop's engine counted.
    public mutating func add(_ other: TURNCounters) {
        for index in transports.indices { transports[index].add(other.transports[index]) }
        forgottenRevocations += other.forgottenRevocations
        for index in refusals.indices { refusals[index] += other.refusals[index] }
    }
}

/// What came and went over one kind of client transport.
public struct TransportCounters: Hashable, Sendable, BitwiseCopyable {
    /// Allocations that live now, and that were ever made.
    public var live: UInt64 = 0
    public var allocations: UInt64 = 0
    /// Binding requests that were answered.
    public var bindings: UInt64 = 0
    /// Packets and bytes of payload from clients to peers, and from peers to clients.
    public var packetsToPeers: UInt64 = 0
    public var bytesToPeers: UInt64 = 0
    public var packetsToClients: UInt64 = 0
    public var bytesToClients: UInt64 = 0

    mutating func add(_ other: TransportCounters) {
        live += other.live
        allocations += other.allocations
        bindings += other.bindings
        packetsToPeers += other.packetsToPeers
        bytesToPeers += other.bytesToPeers
        packetsToClients += other.packetsToClients
        bytesToClients += other.bytesToClients
    }
}

/// Why something was refused or dropped.
public enum TURNRefusalReason: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    /// Not STUN, not ChannelData, or not well formed.
    case malformed
    /// A method or class that a server does not take.
    case unsupportedMethod
    /// 420.
    case unknownAttribute
    /// 400.
    case badRequest
    /// No answer, because the source had too many.
    case rateLimited
    /// 401 without, and with, credentials.
    case unauthenticated, wrongCredentials
    /// A time-limited user name that is over, too far ahead, or revoked.
    case expiredCredentials, revokedCredentials
    /// 438.
    case staleNonce
    /// 437 for a second allocation, and for anything without one.
    case secondAllocation, noAllocation
    /// 441.
    case otherUser
    /// 442, 440, 443.
    case unsupportedTransport, unsupportedFamily, familyMismatch
    /// 403.
    case forbiddenPeer
    /// 486, 486, 508.
    case userQuota, addressQuota, totalQuota
    /// 508.
    case noPort, badReservation, tooManyPermissions, tooManyChannels, system
    /// 300 or 508 while the server drains.
    case draining
    /// Payload from a client: no such channel or permission, an own address where nobody of the same group is, or
    /// more than the bandwidth.
    case noChannel, noPermission, notReachable, bandwidth
    /// Payload from a peer: no permission, more than the bandwidth, or more than an indication carries.
    case peerWithoutPermission, peerBandwidth, oversized
    /// Connections to peers: 446, 447, 508, 400, and what nobody claimed in time.
    case connectionExists, peerNotReached, tooManyConnections, unknownConnection, unclaimed
}

/// One allocation, for the operator's list.
public struct AllocationReport: Hashable, Sendable {
    public var relay: RelayID
    public var client: ClientAddress
    public var grant: RelayGrant
    public var user: String
    /// Seconds since it was made, and until it ends if it is not refreshed.
    public var age: Int
    public var remaining: Int
    public var permissions: Int
    public var channels: Int
    public var packetsToPeers: UInt64
    public var bytesToPeers: UInt64
    public var packetsToClient: UInt64
    public var bytesToClient: UInt64
}
