// SPDX-License-Identifier: Apache-2.0
import MediaPlans
import RTP

/// What offers and answers of browsers come to.
enum Plans {
    static let extensions: [ExtensionPlan] = [
        ExtensionPlan(id: 1, uri: ExtensionKind.mid.uri),
        ExtensionPlan(id: 2, uri: ExtensionKind.rid.uri),
        ExtensionPlan(id: 3, uri: ExtensionKind.transportSequence.uri),
        ExtensionPlan(id: 4, uri: ExtensionKind.absoluteSendTime.uri),
        ExtensionPlan(id: 5, uri: ExtensionKind.audioLevel.uri),
        ExtensionPlan(id: 6, uri: ExtensionKind.repairedRID.uri),
        ExtensionPlan(id: 7, uri: ExtensionKind.videoOrientation.uri),
        ExtensionPlan(id: 8, uri: ExtensionKind.dependencyDescriptor.uri),
    ]
    static var map: ExtensionMap {
        ExtensionMap(extensions.map { ($0.id, ExtensionKind(uri: $0.uri)!) })
    }
    static let vp8 = CodecPlan(
        payloadType: 96, format: CodecFormat(.vp8), rtxPayloadType: 97,
        feedback: [.nack, .pictureLoss, .transportCC])
    static let opus = CodecPlan(payloadType: 111, format: CodecFormat(.opus), feedback: [.transportCC])

    static func video(
        _ mid: String = "0", _ encodings: [EncodingPlan], codecs: [CodecPlan] = [vp8],
        extensions: [ExtensionPlan] = extensions
    ) -> TrackPlan {
        TrackPlan(
            mid: ShortName(mid)!, kind: .video, codecs: codecs, encodings: encodings, extensions: extensions)
    }

    static func audio(_ mid: String = "1", ssrc: UInt32?) -> TrackPlan {
        TrackPlan(
            mid: ShortName(mid)!, kind: .audio, codecs: [opus], encodings: [EncodingPlan(ssrc: ssrc)],
            extensions: extensions)
    }

    /// A slot whose receiver has chosen other payload types than the sender.
    static func videoSlot(
        _ mid: String, ssrc: UInt32, rtxSSRC: UInt32? = nil, extensions: [ExtensionPlan] = [],
        payloadType: UInt8 = 100, feedback: FeedbackKinds = [.nack, .pictureLoss]
    ) -> SlotPlan {
        let codec = CodecPlan(
            payloadType: payloadType, format: CodecFormat(.vp8),
            rtxPayloadType: rtxSSRC == nil ? nil : payloadType + 1, feedback: feedback)
        return SlotPlan(
            mid: ShortName(mid)!, kind: .video, ssrc: ssrc, rtxSSRC: rtxSSRC, codecs: [codec],
            extensions: extensions, cname: "cname")
    }

    static func audioSlot(_ mid: String, ssrc: UInt32, extensions: [ExtensionPlan] = []) -> SlotPlan {
        SlotPlan(
            mid: ShortName(mid)!, kind: .audio, ssrc: ssrc, codecs: [opus], extensions: extensions,
            cname: "cname")
    }
}
