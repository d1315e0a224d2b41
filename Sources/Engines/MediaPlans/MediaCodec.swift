// SPDX-License-Identifier: Apache-2.0

/// What a media section carries.
public enum MediaKind: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    case audio, video
}

/// A codec that is forwarded.
public enum MediaCodec: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    case opus
    /// Redundant audio around Opus. RFC 2198.
    case red
    case vp8, vp9, av1, h264

    public var kind: MediaKind {
        switch self {
        case .opus, .red: .audio
        case .vp8, .vp9, .av1, .h264: .video
        }
    }

    /// The encoding name of `a=rtpmap`, as its RFC writes it.
    public var name: String {
        switch self {
        case .opus: "opus"
        case .red: "red"
        case .vp8: "VP8"
        case .vp9: "VP9"
        case .av1: "AV1"
        case .h264: "H264"
        }
    }

    /// Ticks of the RTP clock in a second.
    public var clockRate: UInt32 { kind == .audio ? 48_000 : 90_000 }

    /// Channels of `a=rtpmap`; 0 where it names none. RFC 7587 §7: Opus always says 2.
    public var channels: UInt8 { kind == .audio ? 2 : 0 }
}

/// A codec with what two ends must agree on for one to decode what the other sends.
public struct CodecFormat: Hashable, Sendable, BitwiseCopyable {
    public var codec: MediaCodec
    /// VP9's `profile-id`, AV1's `profile`, H.264's `profile_idc << 8 | profile-iop`; else 0.
    public var profile: UInt16
    /// H.264's `packetization-mode` (RFC 6184 §6.2); else 0.
    public var packetization: UInt8

    public init(_ codec: MediaCodec, profile: UInt16 = 0, packetization: UInt8 = 0) {
        self.codec = codec
        self.profile = profile
        self.packetization = packetization
    }
}

/// RTCP feedback agreed on for a payload type. RFC 4585 §4.2, RFC 5104 §7.1.
public struct FeedbackKinds: OptionSet, Hashable, Sendable, BitwiseCopyable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let nack = FeedbackKinds(rawValue: 1)
    public static let pictureLoss = FeedbackKinds(rawValue: 2)
    public static let fullIntraRequest = FeedbackKinds(rawValue: 4)
    /// `goog-remb`. draft-alvestrand-rmcat-remb-03
    public static let maximumBitrate = FeedbackKinds(rawValue: 8)
    /// `transport-cc`. draft-holmer-rmcat-transport-wide-cc-extensions-01
    public static let transportCC = FeedbackKinds(rawValue: 16)
}

/// A codec under the payload type that this media section gave it.
public struct CodecPlan: Hashable, Sendable, BitwiseCopyable {
    /// 0 to 127.
    public var payloadType: UInt8
    public var format: CodecFormat
    /// Where lost packets of ``payloadType`` are sent again (RFC 4588); `nil` when they are not.
    public var rtxPayloadType: UInt8?
    public var feedback: FeedbackKinds

    public init(
        payloadType: UInt8, format: CodecFormat, rtxPayloadType: UInt8? = nil, feedback: FeedbackKinds = []
    ) {
        self.payloadType = payloadType
        self.format = format
        self.rtxPayloadType = rtxPayloadType
        self.feedback = feedback
    }
}

extension [CodecPlan] {
    /// The codec under which an end with these takes packets of `format`; `nil` when it cannot decode them.
    ///
    /// Where no H.264 is the same, one that takes packets of the same kind is as good, and then any other: senders
    /// name profiles carelessly, receivers often name nothing at all, and decoders do not care.
    public func taking(_ format: CodecFormat) -> CodecPlan? {
        var similar: CodecPlan?
        for codec in self where codec.format.codec == format.codec {
            if codec.format == format { return codec }
            guard format.codec == .h264 else { continue }
            let isBetter = codec.format.packetization == format.packetization
            if similar == nil || (isBetter && similar?.format.packetization != format.packetization) {
                similar = codec
            }
        }
        return similar
    }
}

/// A header extension under the identifier that the connection gave it. RFC 8285 §5.
public struct ExtensionPlan: Hashable, Sendable {
    /// 1 to 14 in one-byte headers, to 255 in two-byte headers.
    public var id: UInt8
    public var uri: String

    public init(id: UInt8, uri: String) {
        self.id = id
        self.uri = uri
    }
}
