// SPDX-License-Identifier: Apache-2.0
internal import MediaPlans
internal import SDP

/// Writes an answer. RFC 8829 §5.3.1.
struct AnswerWriter {
    let negotiation: ServerNegotiation
    let version: UInt64
    let connection: ConnectionPlan
    let sections: [AnsweredSection]
    let allowsMixed: Bool

    var description: SDPDescription {
        let accepted = sections.filter { !$0.isRejected }
        var description = SDPDescription(
            origin: SDPDescription.Origin(session: negotiation.session, version: version))
        if accepted.contains(where: { $0.offered.isNamed }) {
            description.attributes.append(
                .group(SDPGroup("BUNDLE", accepted.map { $0.offered.mid.description })))
        }
        description.attributes.append(.iceLite)
        if allowsMixed { description.attributes.append(.extensionMapAllowMixed) }
        description.attributes.append(.other("msid-semantic", " WMS *"))
        let first = accepted.first?.offered.index
        description.media = sections.map { media($0, hasCandidates: $0.offered.index == first) }
        return description
    }

    private func media(_ section: AnsweredSection, hasCandidates: Bool) -> SDPMedia {
        let offered = section.offered
        var media = SDPMedia(
            kind: section.kindText, port: section.isRejected ? 0 : 9, transport: offered.transport,
            formats: formats(section), lines: [SDPDescription.Line("c", "IN IP4 0.0.0.0")])
        if offered.isNamed { media.attributes.append(.mid(offered.mid.description)) }
        guard !section.isRejected else {
            if offered.kind != .data { media.attributes.append(.direction(.inactive)) }
            return media
        }
        media.attributes += transport(hasCandidates: hasCandidates)
        if offered.kind == .data {
            media.attributes += [.sctpPort(5000), .maxMessageSize(negotiation.policy.maxMessageSize)]
            return media
        }
        media.attributes += [.direction(section.direction), .rtcpMux]
        if offered.isReducedSize { media.attributes.append(.rtcpReducedSize) }
        media.attributes += codecs(section) + extensions(section) + layers(section) + sources(section)
        if section.direction.receives, case .media(.video) = offered.kind,
            let limit = negotiation.policy.maxVideoKilobits
        {
            media.lines.append(SDPDescription.Line("b", "AS:\(limit)"))
        }
        return media
    }

    /// Rejected sections repeat what was offered, since there must be a format.
    private func formats(_ section: AnsweredSection) -> [String] {
        guard !section.isRejected, !section.codecs.isEmpty else { return section.offered.formats }
        var formats: [String] = []
        for codec in section.codecs {
            formats.append("\(codec.plan.payloadType)")
            if let type = codec.plan.rtxPayloadType { formats.append("\(type)") }
        }
        return formats
    }

    /// In every section, because not every client looks before the first; addresses only where they are looked for.
    func transport(hasCandidates: Bool) -> [SDPAttribute] {
        let fingerprint = negotiation.endpoint.fingerprint
        var attributes: [SDPAttribute] = [
            .iceUfrag(connection.localUfrag), .icePassword(connection.localPassword),
            .fingerprint(SDPFingerprint(fingerprint.algorithm.rawValue, fingerprint.bytes)),
            .setup(connection.role == .active ? .active : .passive),
        ]
        if hasCandidates {
            attributes += negotiation.endpoint.candidates.map(SDPAttribute.candidate) + [.endOfCandidates]
        }
        return attributes
    }

    private func codecs(_ section: AnsweredSection) -> [SDPAttribute] {
        var attributes: [SDPAttribute] = []
        for codec in section.codecs {
            attributes.append(.rtpMap(codec.map))
            for (kind, name) in FeedbackKinds.names where codec.plan.feedback.contains(kind) {
                attributes.append(.feedback(SDPFeedback(payloadType: codec.plan.payloadType, kind: name)))
            }
            let parameters = parameters(codec)
            if !parameters.isEmpty {
                attributes.append(
                    .formatParameters(
                        SDPFormatParameters(format: "\(codec.plan.payloadType)", parameters: parameters)))
            }
            guard let rtx = codec.rtxMap else { continue }
            attributes.append(.rtpMap(rtx))
            attributes.append(
                .formatParameters(
                    SDPFormatParameters(
                        format: "\(rtx.payloadType)", parameters: "apt=\(codec.plan.payloadType)")))
        }
        return attributes
    }

    /// What is offered holds for the answer too, except for Opus, where each end says what it wants to receive.
    private func parameters(_ codec: AgreedCodec) -> String {
        guard codec.plan.format.codec == .opus else { return codec.parameters }
        let offered = SDPFormatParameters(format: "0", parameters: codec.parameters)
        var parameters = "minptime=10;useinbandfec=1"
        // Whoever sends music says so; browsers only send both channels where they are asked for. RFC 7587 §7.
        if offered["stereo"] == "1" || offered["sprop-stereo"] == "1" {
            parameters += ";stereo=1;sprop-stereo=1"
        }
        if negotiation.policy.allowsSilenceGaps || offered["usedtx"] == "1" { parameters += ";usedtx=1" }
        return parameters
    }

    private func extensions(_ section: AnsweredSection) -> [SDPAttribute] {
        section.extensions.map { line, _ in
            var reply = SDPExtensionMap(id: line.id, uri: line.uri)
            if let direction = line.direction {
                reply.direction = SDPDirection(sends: direction.receives, receives: direction.sends)
            }
            return .extensionMap(reply)
        }
    }

    private func layers(_ section: AnsweredSection) -> [SDPAttribute] {
        guard !section.layers.isEmpty else { return [] }
        let names = section.layers.map(\.description)
        return names.map { .rid(SDPRID($0, .recv)) }
            + [.simulcast(SDPSimulcast(receive: names.map { [SDPSimulcast.Layer($0)] }))]
    }

    private func sources(_ section: AnsweredSection) -> [SDPAttribute] {
        guard let slot = section.slot, section.direction.sends else { return [] }
        var attributes: [SDPAttribute] = [.mediaStream(section.stream)]
        if let rtx = slot.rtxSSRC {
            attributes.append(.sourceGroup(SDPSourceGroup("FID", [slot.ssrc, rtx])))
        }
        for ssrc in [slot.ssrc] + (slot.rtxSSRC.map { [$0] } ?? []) {
            attributes.append(.source(SDPSource(ssrc, "cname", slot.cname)))
            let stream = section.stream
            attributes.append(.source(SDPSource(ssrc, "msid", stream.description)))
        }
        return attributes
    }
}
