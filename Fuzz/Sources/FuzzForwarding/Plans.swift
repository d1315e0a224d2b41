// SPDX-License-Identifier: Apache-2.0
import MediaPlans
import RTP

/// Plans of any kind: what negotiation would let pass, and some that it would not.
enum Plans {
    static let extensions = ExtensionKind.allCases.enumerated().map { index, kind in
        ExtensionPlan(id: UInt8(index + 1), uri: kind.uri)
    }

    static let codecs: [MediaCodec] = [.vp8, .vp9, .av1, .h264]

    static func codecs(_ kind: MediaKind, _ script: inout Script) -> [CodecPlan] {
        let feedback = FeedbackKinds(rawValue: script.byte())
        if kind == .audio {
            return [CodecPlan(payloadType: 111, format: CodecFormat(.opus), feedback: feedback)]
        }
        return codecs.indices.map { index in
            CodecPlan(
                payloadType: UInt8(96 + index * 2), format: CodecFormat(codecs[index]),
                rtxPayloadType: script.number(4) == 0 ? nil : UInt8(97 + index * 2), feedback: feedback)
        }
    }

    static func track(_ place: Int, _ script: inout Script) -> TrackPlan {
        let kind: MediaKind = script.number(2) == 0 ? .video : .audio
        let count = kind == .audio ? 1 : script.number(5)
        let encodings = (0..<count).map { index in
            let told = script.number(3)
            return EncodingPlan(
                rid: told == 0 ? ShortName("r\(index)") : nil,
                ssrc: told == 1 ? UInt32(1 + place * 10 + index) : nil,
                rtxSSRC: told == 1 ? UInt32(5 + place * 10 + index) : nil)
        }
        return TrackPlan(
            mid: ShortName("t\(place)")!, kind: kind, isActive: script.number(8) != 0,
            codecs: codecs(kind, &script), encodings: encodings, extensions: extensions)
    }

    static func slot(_ place: Int, _ script: inout Script) -> SlotPlan {
        let kind: MediaKind = script.number(3) == 0 ? .audio : .video
        return SlotPlan(
            mid: ShortName("s\(place)")!, kind: kind, isActive: script.number(8) != 0,
            // One number each for as long as the connection lives, as negotiation sees to.
            ssrc: UInt32(1_000 + place * 4 + Int(kind.rawValue) * 2),
            rtxSSRC: script.number(2) == 0 ? UInt32(1_001 + place * 4 + Int(kind.rawValue) * 2) : nil,
            codecs: codecs(kind, &script),
            extensions: script.number(2) == 0 ? extensions : Array(extensions.prefix(4)), cname: "c")
    }
}
