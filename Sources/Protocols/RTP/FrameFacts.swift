// SPDX-License-Identifier: Apache-2.0

/// What kind of payload a payload type stands for. The forwarder treats all audio but Opus alike.
public enum VideoCodec: UInt8, CaseIterable, Hashable, Sendable, BitwiseCopyable {
    case vp8
    case vp9
    case h264
    case av1
}

/// What a forwarder must know of a packet of video: of which frame it is a part, who needs that frame, and which
/// bytes tell a receiver so and have to be rewritten.
///
/// Read once when the packet comes, stored beside it, used for every receiver.
public struct FrameFacts: Hashable, Sendable, BitwiseCopyable {
    /// Nothing before this frame is needed to decode it.
    public var isKeyframe = false
    /// The packet is the first of its frame, or of its layer's frame.
    public var startsFrame = false
    /// The packet is the last of its frame, or of its layer's frame.
    public var endsFrame = false
    /// Whoever has received the lower temporal layers may begin with this one here.
    public var isSwitchPoint = false
    /// No other frame needs this one.
    public var isDiscardable = false
    /// Higher spatial layers of the same picture do not need this one, so that their receivers go without.
    public var isUnusedAbove = false
    /// This frame needs the next lower spatial layer of its picture.
    public var usesLowerSpatial = false
    /// This frame needs earlier pictures.
    public var usesEarlierPictures = true

    public var spatial: UInt8 = 0
    public var temporal: UInt8 = 0

    /// What the frame is to receivers of each spatial and temporal layer, as the dependency descriptor says: two bits
    /// each, the place by ``indication(spatial:temporal:)``. Without a descriptor the layers' numbers must do.
    public var indications: UInt32 = 0
    public var hasIndications = false

    /// In pixels, where a keyframe tells it; 0 for unknown.
    public var width: UInt16 = 0
    public var height: UInt16 = 0

    /// Bytes of the payload descriptor in front of the codec's own bytes; 0 for codecs without one.
    public var descriptorCount: UInt8 = 0
    /// Where the picture id is in the payload; 0 for none.
    public var pictureIDOffset: UInt8 = 0
    /// 7 or 15; 0 for none.
    public var pictureIDBits: UInt8 = 0
    public var pictureID: UInt16 = 0
    /// Where TL0PICIDX is in the payload; 0 for none.
    public var tl0Offset: UInt8 = 0
    public var tl0: UInt8 = 0

    public init() {}

    /// What the frame is to a receiver of these layers and all below; layers from 4 on are as the fourth.
    @inlinable public func indication(spatial: UInt8, temporal: UInt8) -> DecodeTargetIndication {
        let place = UInt32(min(spatial, 3)) * 8 + UInt32(min(temporal, 3)) * 2
        return DecodeTargetIndication(rawValue: UInt8(truncatingIfNeeded: indications >> place & 3))
            ?? .notPresent
    }

    /// Reads the front of a packet's payload.
    /// - Parameters:
    ///   - payload: Decrypted, without padding.
    ///   - marker: Of the RTP header.
    /// - Returns: `nil` for a payload that breaks its format; an empty payload, which only padding has, is one.
    @unsafe public init?(_ codec: VideoCodec, _ payload: UnsafeRawBufferPointer, marker: Bool) {
        guard payload.count > 0 else { return nil }
        switch codec {
        case .vp8:
            guard let facts = unsafe VP8Payload(payload)?.facts(marker: marker) else { return nil }
            self = facts
        case .vp9:
            guard let facts = unsafe VP9Payload(payload)?.facts(marker: marker) else { return nil }
            self = facts
        case .h264:
            guard let facts = unsafe H264Payload(payload)?.facts(marker: marker) else { return nil }
            self = facts
        case .av1:
            guard let facts = unsafe AV1Payload(payload)?.facts(marker: marker) else { return nil }
            self = facts
        }
    }
}
