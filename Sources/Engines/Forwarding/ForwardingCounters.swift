// SPDX-License-Identifier: Apache-2.0

/// Why something that came was not used, or something that waited was not sent.
public enum DropReason: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    // What comes.
    /// No packet of any protocol that is spoken here.
    case malformed
    /// From an address that no connection has shown to be its own.
    case unknownPath
    /// A check that names no connection, or not with its password.
    case badCheck
    /// Media before there are keys.
    case noKeys
    /// SRTP: the tag is not of these bytes.
    case forged
    /// SRTP: came before, or is too old to tell.
    case replayed
    /// SRTP: more sources than one connection may have.
    case tooManySources
    /// Of no track that was agreed on.
    case unknownSource
    /// Of a payload type that was not agreed on.
    case unknownPayloadType
    /// A payload that breaks its format.
    case badPayload
    /// Larger than what is forwarded.
    case oversized
    /// Of a track that the server has muted.
    case muted
    /// Sent again, and not needed any more.
    case lateRepair
    /// Sound of nobody, which is not worth sending.
    case silent
    // What leaves.
    /// Overtaken: the packet was overwritten before it could be sent.
    case overtaken
    /// Came after what follows it had been sent in another numbering.
    case outOfWindow
    /// Asked for again, but no longer held.
    case notHeld
    /// Asked for again too often or too soon.
    case throttled
    /// The network towards the receiver has no room.
    case congested
    /// The cipher failed.
    case unsealed
    /// Shed because the machine is overloaded.
    case shed
}

/// What a forwarder has done since it began. Only ever grows.
public struct ForwardingCounters: Hashable, Sendable {
    /// By ``DropReason/rawValue``.
    public var drops = [UInt64](repeating: 0, count: DropReason.allCases.count)
    /// RTP packets and bytes of payload that came and were genuine.
    public var packetsIn: UInt64 = 0
    public var bytesIn: UInt64 = 0
    /// RTP packets and bytes of payload that left.
    public var packetsOut: UInt64 = 0
    public var bytesOut: UInt64 = 0
    /// Of ``packetsOut``: sent again, and padding only.
    public var packetsRepeated: UInt64 = 0
    public var packetsOfPadding: UInt64 = 0
    public var controlIn: UInt64 = 0
    public var controlOut: UInt64 = 0
    /// Checks that were answered.
    public var checks: UInt64 = 0
    /// Keyframes that we have asked senders for, and that receivers have asked us for.
    public var keyframesRequested: UInt64 = 0
    public var keyframesWanted: UInt64 = 0
    /// Packets that we have asked senders for again, and that receivers have asked us for.
    public var repeatsRequested: UInt64 = 0
    public var repeatsWanted: UInt64 = 0
    /// Switches of a slot to another encoding.
    public var switches: UInt64 = 0

    public init() {}

    public subscript(reason: DropReason) -> UInt64 { drops[Int(reason.rawValue)] }

    @inline(__always)
    mutating func count(_ reason: DropReason) { drops[Int(reason.rawValue)] &+= 1 }

    /// Adds what another loop's forwarder counted.
    public mutating func add(_ other: ForwardingCounters) {
        for index in drops.indices { drops[index] &+= other.drops[index] }
        packetsIn &+= other.packetsIn
        bytesIn &+= other.bytesIn
        packetsOut &+= other.packetsOut
        bytesOut &+= other.bytesOut
        packetsRepeated &+= other.packetsRepeated
        packetsOfPadding &+= other.packetsOfPadding
        controlIn &+= other.controlIn
        controlOut &+= other.controlOut
        checks &+= other.checks
        keyframesRequested &+= other.keyframesRequested
        keyframesWanted &+= other.keyframesWanted
        repeatsRequested &+= other.repeatsRequested
        repeatsWanted &+= other.repeatsWanted
        switches &+= other.switches
    }
}
