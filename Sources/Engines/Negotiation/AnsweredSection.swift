// SPDX-License-Identifier: Apache-2.0
internal import MediaPlans
internal import RTP
internal import SDP

/// What we answer to one section of an offer.
struct AnsweredSection {
    var offered: OfferedSection
    var isRejected = true
    var direction = SDPDirection.inactive
    var codecs: [AgreedCodec] = []
    var extensions: [(line: SDPExtensionMap, kind: ExtensionKind)] = []
    /// Layers that we take, in order.
    var layers: [ShortName] = []
    var slot: SlotPlan?
    /// The stream and the track that a browser makes of the slot.
    var stream = SDPMediaStream("-")

    init(_ offered: OfferedSection) { self.offered = offered }

    var extensionPlans: [ExtensionPlan] {
        extensions.map { ExtensionPlan(id: UInt8(truncatingIfNeeded: $0.line.id), uri: $0.kind.uri) }
    }

    /// What stands behind `m=`.
    var kindText: String {
        switch offered.kind {
        case .media(.audio): "audio"
        case .media(.video): "video"
        case .data: "application"
        case .unknown(let text): text
        }
    }
}

extension ServerNegotiation {
    /// Decides about one section, and adds to `plan` what it brings.
    mutating func answer(
        _ offered: OfferedSection, _ transport: OfferedTransport, _ plan: inout MediaPlan,
        _ counts: inout SlotCounts, _ random: inout some RandomNumberGenerator
    ) -> AnsweredSection {
        var section = AnsweredSection(offered)
        guard !offered.isRejected, offered.hasUsableTransport else { return section }
        switch offered.kind {
        case .unknown: return section
        case .data:
            guard policy.allowsData, plan.connection.data == nil, let port = offered.sctpPort else {
                return section
            }
            section.isRejected = false
            plan.connection.data = DataPlan(
                mid: offered.mid, remotePort: port, remoteMaxMessageSize: offered.maxMessageSize)
        case .media(let kind):
            agree(on: kind, &section)
            guard !section.codecs.isEmpty else { return section }
            section.isRejected = false
            let receives = role.receives && offered.direction.sends
            if role.receives { plan.tracks.append(track(kind, isActive: receives, &section)) }
            var sends = false
            if role.sends {
                let place = offered.direction.receives ? counts.next(kind) : nil
                sends = place != nil
                plan.slots.append(slot(kind, place: place, &section, &random))
            }
            section.direction = SDPDirection(sends: sends, receives: receives)
        }
        return section
    }

    /// Codecs, feedback and extensions: the same in both directions.
    private func agree(on kind: MediaKind, _ section: inout AnsweredSection) {
        section.codecs = section.offered.codecs(policy)
        section.extensions = section.offered.extensions(policy)
        let hasNumbers = section.extensions.contains { $0.kind == .transportSequence }
        let hasFeedback = section.codecs.contains { $0.plan.feedback.contains(.transportCC) }
        if !(hasNumbers && hasFeedback) {
            section.extensions.removeAll { $0.kind == .transportSequence }
        }
        for index in section.codecs.indices {
            // The numbers and the feedback about them are nothing without each other; with them, estimates of the
            // receiver's are not needed.
            if hasNumbers && hasFeedback {
                section.codecs[index].plan.feedback.remove(.maximumBitrate)
            } else {
                section.codecs[index].plan.feedback.remove(.transportCC)
            }
        }
    }

    private func track(_ kind: MediaKind, isActive: Bool, _ section: inout AnsweredSection) -> TrackPlan {
        section.layers = isActive ? section.offered.layers(policy) : []
        return TrackPlan(
            mid: section.offered.mid, kind: kind, isActive: isActive, codecs: section.codecs.map(\.plan),
            encodings: section.offered.encodings(policy),
            extensions: section.extensionPlans)
    }

    private mutating func slot(
        _ kind: MediaKind, place: Int?, _ section: inout AnsweredSection,
        _ random: inout some RandomNumberGenerator
    ) -> SlotPlan {
        let known = slot(for: section.offered, &random)
        let hasRTX = section.codecs.contains { $0.plan.rtxPayloadType != nil }
        let plan = SlotPlan(
            mid: section.offered.mid, kind: kind, isActive: place != nil, ssrc: known.ssrc,
            rtxSSRC: hasRTX ? known.rtxSSRC : nil, codecs: section.codecs.map(\.plan),
            extensions: section.extensionPlans,
            cname: cname)
        section.slot = plan
        let mid = section.offered.mid
        let stream =
            switch streams {
            case .separate: "slot-\(mid)"
            case .paired: place.map { "stream-\($0)" } ?? "slot-\(mid)"
            }
        section.stream = SDPMediaStream(stream, track: "track-\(mid)")
        return plan
    }
}
