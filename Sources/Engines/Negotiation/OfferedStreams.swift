// SPDX-License-Identifier: Apache-2.0
internal import MediaPlans
internal import RTP
internal import SDP

extension OfferedSection {
    /// The streams of packets that the offerer will send in the section.
    func encodings(_ policy: NegotiationPolicy) -> [EncodingPlan] {
        let layers = layers(policy)
        // Packets of named layers tell their name. Senders that list SSRCs as well do not say which is whose.
        guard layers.isEmpty else { return layers.map { EncodingPlan(rid: $0) } }
        var known: [UInt32] = []
        for source in sources where source.ssrc != 0 && !known.contains(source.ssrc) {
            guard known.count < 16 else { break }
            known.append(source.ssrc)
        }
        var secondary: [UInt32] = []
        for group in sourceGroups where group.semantics != "SIM" { secondary += group.ssrcs.dropFirst() }
        let first = known.first { !secondary.contains($0) }
        // Layers without names, which some clients still write.
        let simulcast = sourceGroups.first { $0.semantics == "SIM" && !$0.ssrcs.contains(0) }?.ssrcs ?? []
        let primary =
            simulcast.isEmpty ? (first.map { [$0] } ?? []) : Array(simulcast.prefix(policy.maxEncodings))
        guard !primary.isEmpty else { return [EncodingPlan()] }
        return primary.map { EncodingPlan(ssrc: $0, rtxSSRC: retransmissions(of: $0)) }
    }

    private func retransmissions(of ssrc: UInt32) -> UInt32? {
        for group in sourceGroups where group.semantics == "FID" && group.ssrcs.count == 2 {
            if group.ssrcs[0] == ssrc, group.ssrcs[1] != 0, group.ssrcs[1] != ssrc { return group.ssrcs[1] }
        }
        return nil
    }

    /// The names of the layers in `a=simulcast:send`, as many as we take. RFC 8853 §5.2.
    func layers(_ policy: NegotiationPolicy) -> [ShortName] {
        guard let simulcast else { return [] }
        var names: [ShortName] = []
        for stream in simulcast.send where names.count < policy.maxEncodings {
            guard let layer = stream.first, let name = ShortName(layer.rid), !names.contains(name),
                rids.contains(where: { $0.id == layer.rid && $0.direction == .send })
            else { continue }
            names.append(name)
        }
        return names
    }

    /// The header extensions that both ends know, under the offerer's identifiers.
    func extensions(_ policy: NegotiationPolicy) -> [(line: SDPExtensionMap, kind: ExtensionKind)] {
        guard case .media(let kind) = kind else { return [] }
        let wanted = kind == .audio ? policy.audioExtensions : policy.videoExtensions
        var agreed: [(line: SDPExtensionMap, kind: ExtensionKind)] = []
        for line in extensions where line.direction != .inactive {
            // 15 is reserved, and what is behind it needs headers of two bytes. RFC 8285 §4.2, §4.3.
            guard line.id < 15 || (allowsMixedExtensions && line.id > 15 && line.id < 256),
                let kind = ExtensionKind(uri: line.uri), wanted.contains(kind),
                !agreed.contains(where: { $0.kind == kind || $0.line.id == line.id })
            else { continue }
            agreed.append((line, kind))
        }
        // Feedback about sequence numbers of the transport makes send times superfluous: four bytes of every packet.
        let counts = agreed.contains { $0.kind == .transportSequence }
        return agreed.filter { !(counts && $0.kind == .absoluteSendTime) }
    }
}
