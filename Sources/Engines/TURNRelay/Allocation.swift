// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import NetworkAddresses
internal import STUN

/// A peer's address that a client may exchange packets with. RFC 8656 §9.
struct Permission: PoolNode {
    var ip: IPAddress
    var access: PeerAccess
    var next = endOfList
    var endsAt: Instant
}

/// A number that stands for one peer. RFC 8656 §12.
struct Channel: PoolNode {
    var peer: SocketAddress
    var number: UInt16
    var access: PeerAccess
    var next = endOfList
    var endsAt: Instant
    /// When the permission for the peer's address ends: kept here too, so that a packet needs one look.
    var permittedUntil: Instant

    /// Neither the number nor the peer may mean something else until five minutes after the end. RFC 8656 §12.
    static let rest = Duration.seconds(300)
}

/// The key of long-term credentials: 16 bytes of MD5 or 32 of SHA-256. RFC 8489 §9.2.2.
struct CredentialKey: BitwiseCopyable {
    private var storage = InlineArray<32, UInt8>(repeating: 0)
    private(set) var count: UInt8 = 0

    init() {}

    init(_ bytes: some Collection<UInt8>) {
        for (index, byte) in bytes.prefix(32).enumerated() { storage[index] = byte }
        count = UInt8(min(bytes.count, 32))
    }

    var bytes: [UInt8] { (0..<Int(count)).map { storage[$0] } }
}

/// How an answer is protected: as the request was.
struct AnswerStyle: BitwiseCopyable {
    var integrity = STUNIntegrity.sha1
    var hasFingerprint = false
}

/// What a client has on this server. RFC 8656 §3.2.
struct Allocation: WheelMember {
    enum State: UInt8 { case free, opening, live }

    var client: ClientAddress
    var state = State.free
    var hasAdditional = false
    var wantsBoth = false
    /// Its peers are reached over TCP. RFC 6062.
    var isTCP = false
    var hasReservation = false
    /// The family that was wanted and could not be had, as STUN numbers them; 0 for none.
    var missing: UInt8 = 0
    /// The family that was given up, as STUN numbers them; 0 for none.
    var dropped: UInt8 = 0
    var style = AnswerStyle()
    var generation: UInt32
    /// Index in ``UserTable``.
    var user: UInt32
    var group: UInt64
    var relayed: SocketAddress
    var additional: SocketAddress
    var reservation: UInt64 = 0
    var made: Instant
    var endsAt: Instant
    /// The request that made it, and the lifetime that was answered: retransmissions are answered the same.
    var transaction: STUNTransactionID
    var lifetime: UInt32
    var key: CredentialKey
    /// Lists of ``NodePool``s.
    var permissions = endOfList
    var channels = endOfList
    var permissionCount: UInt16 = 0
    var channelCount: UInt16 = 0
    /// When the next ICMP error may be told.
    var nextReport = Instant.origin
    var wheel = WheelLink()
    var account = AccountLink()
    var toPeers = ByteBudget()
    var toClient = ByteBudget()
    var packetsToPeers: UInt64 = 0
    var bytesToPeers: UInt64 = 0
    var packetsToClient: UInt64 = 0
    var bytesToClient: UInt64 = 0

    /// Whether one of the relayed addresses is of this family.
    func has(isIPv4: Bool) -> Bool { relayed.ip.isIPv4 == isIPv4 || hasAdditional }

    var grant: RelayGrant {
        RelayGrant(
            relayed: relayed, additional: hasAdditional ? additional : nil,
            reservation: hasReservation ? reservation : nil)
    }

    /// The relayed address from which packets to `ip` leave.
    func relayed(for ip: IPAddress) -> SocketAddress? {
        if relayed.ip.isIPv4 == ip.isIPv4 { return relayed }
        return hasAdditional ? additional : nil
    }
}
