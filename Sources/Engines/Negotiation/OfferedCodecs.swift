// SPDX-License-Identifier: Apache-2.0
internal import MediaPlans
internal import SDP

/// A codec that both ends know, and its lines in the offer.
struct AgreedCodec {
    var plan: CodecPlan
    var map: SDPRTPMap
    var parameters: String
    var rtxMap: SDPRTPMap?
}

extension OfferedSection {
    /// Of one section; as many as the forwarder has payload types for.
    static let maxCodecs = 8

    /// The codecs of the section that `policy` has too, in the order of `policy`; among formats of one codec, in
    /// that of the offer.
    func codecs(_ policy: NegotiationPolicy) -> [AgreedCodec] {
        guard case .media(let kind) = kind else { return [] }
        var agreed: [AgreedCodec] = []
        for codec in policy.codecs where codec.kind == kind {
            for map in maps where isOffered(map.payloadType) {
                guard let found = self.codec(map, as: codec), agreed.count < 24,
                    !agreed.contains(where: { $0.plan.payloadType == map.payloadType })
                else { continue }
                agreed.append(found)
            }
        }
        // Whoever takes packets of several kinds is only sent those, and needs no payload type for the others.
        if agreed.contains(where: { $0.plan.format.packetization == 1 }) {
            agreed.removeAll { $0.plan.format.codec == .h264 && $0.plan.format.packetization == 0 }
        }
        agreed = Array(agreed.prefix(Self.maxCodecs))
        // Redundant audio is nothing without the audio in it.
        let hasOpus = agreed.contains { $0.plan.format.codec == .opus }
        return hasOpus || kind == .video ? agreed : []
    }

    /// Only types on the `m=` line count. RFC 8866 §5.14.
    private func isOffered(_ payloadType: UInt8) -> Bool { formats.contains("\(payloadType)") }

    private func codec(_ map: SDPRTPMap, as codec: MediaCodec) -> AgreedCodec? {
        guard map.encoding.lowercased() == codec.name.lowercased(), map.clockRate == codec.clockRate,
            codec.channels == 0 || map.channels == codec.channels
        else { return nil }
        let parameters = parameters.first { $0.payloadType == map.payloadType }
        guard let format = CodecFormat(codec, parameters) else { return nil }
        if codec == .red, !isRedundantOpus(parameters) { return nil }
        let rtx = codec.kind == .video ? retransmission(of: map.payloadType) : nil
        return AgreedCodec(
            plan: CodecPlan(
                payloadType: map.payloadType, format: format, rtxPayloadType: rtx?.payloadType,
                feedback: feedback(of: map.payloadType)),
            map: map, parameters: parameters?.parameters ?? "", rtxMap: rtx)
    }

    /// `111/111`: every block is the Opus of the same section. RFC 2198 §5.
    private func isRedundantOpus(_ parameters: SDPFormatParameters?) -> Bool {
        guard let parameters else { return false }
        let opus = maps.filter { $0.encoding.lowercased() == "opus" && isOffered($0.payloadType) }
        let blocks = parameters.parameters.split(separator: "/")
        return blocks.count <= 8 && !blocks.isEmpty
            && blocks.allSatisfy { block in opus.contains { "\($0.payloadType)" == block } }
    }

    /// The payload type under which packets of another one are sent again. RFC 4588 §8.1.
    private func retransmission(of payloadType: UInt8) -> SDPRTPMap? {
        for map in maps where map.encoding.lowercased() == "rtx" && isOffered(map.payloadType) {
            let parameters = parameters.first { $0.payloadType == map.payloadType }
            if let parameters, let type = parameters["apt"], type == "\(payloadType)" { return map }
        }
        return nil
    }

    private func feedback(of payloadType: UInt8) -> FeedbackKinds {
        var kinds: FeedbackKinds = []
        for line in feedback where line.payloadType == nil || line.payloadType == payloadType {
            switch line.kind {
            case "nack": kinds.insert(.nack)
            case "nack pli": kinds.insert(.pictureLoss)
            case "ccm fir": kinds.insert(.fullIntraRequest)
            case "goog-remb": kinds.insert(.maximumBitrate)
            case "transport-cc": kinds.insert(.transportCC)
            default: break
            }
        }
        return kinds
    }
}

extension FeedbackKinds {
    /// The kinds with their names in `a=rtcp-fb`, in the order in which browsers write them.
    static let names: [(kind: FeedbackKinds, name: String)] = [
        (.maximumBitrate, "goog-remb"), (.transportCC, "transport-cc"), (.fullIntraRequest, "ccm fir"),
        (.nack, "nack"), (.pictureLoss, "nack pli"),
    ]
}

extension CodecFormat {
    /// The format that a payload type's parameters tell; `nil` for one that cannot be forwarded.
    init?(_ codec: MediaCodec, _ parameters: SDPFormatParameters?) {
        self.init(codec)
        switch codec {
        case .opus, .red, .vp8: break
        case .vp9:
            // Profiles 1 and 3 have colours as fine as the light, which no camera sends.
            guard let profile = Self.number(parameters?["profile-id"], upTo: 3), profile % 2 == 0 else {
                return nil
            }
            self.profile = profile
        case .av1:
            guard let profile = Self.number(parameters?["profile"], upTo: 0) else { return nil }
            self.profile = profile
        case .h264:
            guard let mode = Self.number(parameters?["packetization-mode"], upTo: 1),
                let profile = Self.h264Profile(parameters?["profile-level-id"]), profile >> 8 != 0xF4
            else { return nil }
            packetization = UInt8(truncatingIfNeeded: mode)
            self.profile = profile
        }
    }

    /// 0 where nothing is told, which is what these parameters mean then.
    private static func number(_ text: String?, upTo limit: UInt16) -> UInt16? {
        guard let text else { return 0 }
        guard let value = UInt16(text), value <= limit else { return nil }
        return value
    }

    /// `profile_idc` and the flags that make a profile, without the level. RFC 6184 §8.1, table 5: several ways to
    /// write one profile count as one. Without the parameter it is the baseline profile.
    private static func h264Profile(_ text: String?) -> UInt16? {
        guard let text else { return 0x4200 }
        guard text.utf8.count == 6, let value = UInt32(text, radix: 16) else { return nil }
        let idc = UInt16(truncatingIfNeeded: value >> 16)
        let flags = UInt16(truncatingIfNeeded: value >> 8 & 0xFF)
        let isConstrained =
            (idc == 0x42 && flags & 0x4F == 0x40) || (idc == 0x4D && flags & 0x8F == 0x80)
            || (idc == 0x58 && flags & 0xCF == 0xC0)
        if isConstrained { return 0x42E0 }
        if (idc == 0x42 && flags & 0x4F == 0) || (idc == 0x58 && flags & 0xCF == 0x80) { return 0x4200 }
        if idc == 0x4D, flags & 0xAF == 0 { return 0x4D00 }
        return idc << 8 | flags
    }
}
