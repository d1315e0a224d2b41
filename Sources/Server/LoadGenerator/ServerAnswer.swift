// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import ICE
internal import MediaPlans
internal import NetworkAddresses
internal import RTP
internal import SDP

/// What the server answered, as far as a participant has to know it.
struct ServerAnswer: Sendable {
    struct Section: Sendable {
        var mid = ""
        var isVideo = false
        var isAccepted = false
        /// Payload types; 0 for what was refused.
        var mediaType: UInt8 = 0
        var rtxType: UInt8 = 0
        var extensions = ExtensionMap()
        /// What the server sends here, with the streams of its repeats.
        var sources: [(ssrc: UInt32, rtx: UInt32?)] = []
        /// Layers that it takes; empty where it does without.
        var layers: [String] = []
    }

    /// What is wrong with an answer, for the person who runs the load.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    var credentials: ICECredentials
    var fingerprints: [CertificateFingerprint] = []
    /// Ours.
    var role: HandshakeRole
    /// Over UDP.
    var candidates: [ICECandidate] = []
    var sections: [Section] = []

    init(parsing text: String) throws(Failure) {
        let description: SDPDescription
        do throws(DecodeError) {
            description = try SDPDescription(parsing: text)
        } catch {
            throw Failure(description: "the answer is no session description: \(error)")
        }
        var (ufrag, password) = ("", "")
        var setup = SDPSetup.passive
        var found: [SDPCandidate] = []
        for attribute in description.attributes + description.media.flatMap(\.attributes) {
            switch attribute {
            case .iceUfrag(let value): ufrag = value
            case .icePassword(let value): password = value
            case .setup(let value): setup = value
            case .candidate(let candidate): found.append(candidate)
            case .fingerprint(let value):
                if let algorithm = CertificateFingerprint.Algorithm(rawValue: value.algorithm),
                    let fingerprint = CertificateFingerprint(algorithm, value.bytes),
                    !fingerprints.contains(fingerprint)
                {
                    fingerprints.append(fingerprint)
                }
            default: break
            }
        }
        guard let credentials = ICECredentials(ufrag: ufrag, password: password), !fingerprints.isEmpty else {
            throw Failure(description: "the answer has no ICE password or no fingerprint")
        }
        self.credentials = credentials
        role = setup == .active ? .passive : .active
        for candidate in found.compactMap(ICECandidate.init) where candidate.transport == .udp {
            if !candidates.contains(candidate) { candidates.append(candidate) }
        }
        sections = description.media.map(Section.init)
    }
}

extension ServerAnswer.Section {
    fileprivate init(_ media: SDPMedia) {
        isVideo = media.kind == "video"
        isAccepted = media.port != 0 && !media.attributes.contains(.direction(.inactive))
        var groups: [UInt32: UInt32] = [:]
        var ssrcs: [UInt32] = []
        for attribute in media.attributes {
            switch attribute {
            case .mid(let value): mid = value
            case .rtpMap(let map):
                switch map.encoding.lowercased() {
                case "vp8", "opus": if mediaType == 0 { mediaType = map.payloadType }
                case "rtx": if rtxType == 0 { rtxType = map.payloadType }
                default: break
                }
            case .extensionMap(let map):
                if let kind = ExtensionKind(uri: map.uri), map.id > 0, map.id < 15 {
                    extensions.insert(UInt8(map.id), kind)
                }
            case .source(let source): if !ssrcs.contains(source.ssrc) { ssrcs.append(source.ssrc) }
            case .sourceGroup(let group):
                if group.semantics == "FID", group.ssrcs.count == 2 {
                    groups[group.ssrcs[0]] = group.ssrcs[1]
                }
            case .simulcast(let simulcast): layers = simulcast.receive.compactMap { $0.first?.rid }
            default: break
            }
        }
        let repeats = Set(groups.values)
        sources = ssrcs.filter { !repeats.contains($0) }.map { ($0, groups[$0]) }
    }
}
