// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// A whole message on one stream.
public struct SCTPMessage: Hashable, Sendable {
    public var stream: UInt16
    /// What the bytes are: the payload protocol identifier. RFC 8831 §8.
    public var kind: UInt32
    public var bytes: [UInt8]

    public init(stream: UInt16, kind: UInt32, bytes: [UInt8]) {
        self.stream = stream
        self.kind = kind
        self.bytes = bytes
    }
}

/// How hard to try. RFC 8831 §6.4, RFC 3758.
public struct SCTPReliability: Hashable, Sendable {
    public var isOrdered: Bool
    /// How often a lost message is sent again; `nil` until it arrives.
    public var maxRetransmits: UInt16?
    /// How long a message is of use; `nil` for ever.
    public var lifetime: Duration?

    public init(isOrdered: Bool = true, maxRetransmits: UInt16? = nil, lifetime: Duration? = nil) {
        self.isOrdered = isOrdered
        self.maxRetransmits = maxRetransmits
        self.lifetime = lifetime
    }

    public static let reliable = SCTPReliability()
}

/// What an association may cost, and what it announces.
public struct SCTPSettings: Hashable, Sendable {
    /// Ours and the peer's, from the signalling: `a=sctp-port`. RFC 8841.
    public var localPort: UInt16 = 5000
    public var remotePort: UInt16 = 5000
    /// Streams in each direction, and so channels.
    public var streams: UInt16 = 256
    /// The longest packet: what DTLS, UDP and every path carry.
    public var packetSize = 1160
    /// Longer messages end the association; shorter ones are announced as `a=max-message-size`.
    public var maxMessage = 262_144
    /// Bytes that wait to be put together or delivered.
    public var receiveBuffer = 524_288
    /// Bytes that wait to be sent or acknowledged; more are refused.
    public var sendBuffer = 1_048_576

    public init() {}
}

/// Why an association is over.
public enum SCTPEnd: Hashable, Sendable, CaseIterable {
    /// Either side closed it in order.
    case shutdown
    /// The peer gave up.
    case aborted
    /// The peer does not answer any more.
    case unanswered
    /// The peer broke the protocol or a limit.
    case violation
}

/// What an association wants done, or tells.
public enum SCTPEvent: Hashable, Sendable {
    case transmit([UInt8])
    case opened
    case received(SCTPMessage)
    /// The peer has ended these streams towards us: their numbers begin anew. RFC 6525.
    case reset([UInt16])
    case closed(SCTPEnd)
}

/// A chunk of a message that has been sent or waits for it.
struct SCTPOutgoing {
    var tsn: UInt32
    /// Counts messages, so that one is given up as a whole.
    let message: UInt64
    let stream: UInt16
    let sequence: UInt16
    let kind: UInt32
    let flags: UInt8
    let bytes: ArraySlice<UInt8>
    let reliability: SCTPReliability
    let born: Instant
    var sentAt = Instant.origin
    var sends = 0
    var missing = 0
    var isAcked = false
    /// Wants to be sent again.
    var isLost = false
    var isAbandoned = false

    /// Bytes on the wire.
    var size: Int { 16 + (bytes.count + 3) & ~3 }
    var isInFlight: Bool { sends > 0 && !isAcked && !isLost && !isAbandoned }
}

/// A piece of a message that has come and not been delivered.
struct SCTPFragment {
    let tsn: UInt32
    let flags: UInt8
    let stream: UInt16
    let sequence: UInt16
    let kind: UInt32
    let bytes: ArraySlice<UInt8>

    var begins: Bool { flags & 2 != 0 }
    var ends: Bool { flags & 1 != 0 }
    var isUnordered: Bool { flags & 4 != 0 }
}
