// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import RTP

/// What was read of a packet when it came, for all who will be sent it.
struct PacketRecord: BitwiseCopyable {
    /// Its number in its stream, which never wraps: rollover count and sequence number.
    var number: Int64 = 0
    /// Where its bytes lie: ``PacketLog``.
    var start: UInt64 = 0
    var arrival = Instant.origin
    var timestamp: UInt32 = 0
    /// Bytes of payload, without padding.
    var count: UInt16 = 0
    /// Bytes behind the payload that are kept of its dependency descriptor.
    var descriptorCount: UInt8 = 0
    /// Bytes of padding that make it as long as its neighbours.
    var padding: UInt8 = 0
    /// Of its dependency descriptor.
    var frameNumber: UInt16 = 0
    /// Which encoding of its publication it belongs to.
    var layer: UInt8 = 0
    /// Which of its publication's codecs: ``Publication/codecs``.
    var codec: UInt8 = 0
    var marker = false
    /// A later packet of its encoding came before it.
    var isLate = false
    /// Sound of nobody, or of no use: not sent, and not missed.
    var isVoid = false
    /// RFC 6464: voice in the highest bit, level in the others.
    var audioLevel: UInt8 = 127
    var hasAudioLevel = false
    /// Camera, flip and rotation; 255 where nothing is said.
    var orientation: UInt8 = 255
    /// 24 bits; `max` where nothing is said.
    var playoutDelay: UInt32 = .max
    var facts = FrameFacts()

    /// Bytes in front of a payload: the number that a repeat begins with is written there.
    static let front = 4
    /// Bytes behind a payload, for padding.
    static let back = 12
    static let overhead = front + back

    /// Bytes that a log keeps of it.
    var byteCount: Int { Self.overhead + Int(count) + Int(descriptorCount) }
    /// Where its payload begins.
    var payloadStart: Int { Self.front }
    /// Where its dependency descriptor begins.
    var descriptorStart: Int { Self.overhead + Int(count) }
}
