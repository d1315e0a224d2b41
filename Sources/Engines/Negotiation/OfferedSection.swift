// SPDX-License-Identifier: Apache-2.0
internal import MediaPlans
internal import RTP
internal import SDP

/// A media section of an offer, read once: everything the answer needs to know of it.
struct OfferedSection {
    var index: Int
    var mid: ShortName
    /// `false` for the only section of an old-fashioned offer, whose answer must not name it either.
    var isNamed: Bool
    var kind: Kind
    var transport: String
    var formats: [String]
    var direction = SDPDirection.sendReceive
    /// The offerer is done with the section. RFC 8829 §5.2.2.
    var isRejected: Bool
    var hasRTCPMux = false
    var isReducedSize = false
    var maps: [SDPRTPMap] = []
    var parameters: [SDPFormatParameters] = []
    var feedback: [SDPFeedback] = []
    var extensions: [SDPExtensionMap] = []
    var allowsMixedExtensions = false
    var sources: [SDPSource] = []
    var sourceGroups: [SDPSourceGroup] = []
    var rids: [SDPRID] = []
    var simulcast: SDPSimulcast?
    var sctpPort: UInt16?
    /// RFC 8841 §6.1: what holds for an end that does not say.
    var maxMessageSize = 65_536

    enum Kind: Hashable {
        case media(MediaKind)
        case data
        case unknown(String)
    }

    init(_ section: SDPMedia, index: Int, session: [SDPAttribute], isOnly: Bool) throws(NegotiationError) {
        self.index = index
        transport = section.transport
        formats = section.formats
        kind = Self.kind(of: section)
        let own = TransportAttributes(section.attributes)
        if let text = own.mid {
            guard let name = ShortName(text) else { throw .mid(index: index) }
            (mid, isNamed) = (name, true)
        } else {
            guard isOnly, let name = ShortName("\(index)") else { throw .mid(index: index) }
            (mid, isNamed) = (name, false)
        }
        isRejected = section.port == 0 && !section.attributes.contains(.bundleOnly)
        for attribute in session { inherit(attribute) }
        for attribute in section.attributes { take(attribute) }
    }

    private static func kind(of section: SDPMedia) -> Kind {
        switch section.kind {
        case "audio": .media(.audio)
        case "video": .media(.video)
        case "application" where section.formats.contains("webrtc-datachannel"): .data
        default: .unknown(section.kind)
        }
    }

    /// What may stand before the first section and holds for all of them.
    private mutating func inherit(_ attribute: SDPAttribute) {
        switch attribute {
        case .direction(let value): direction = value
        case .extensionMap(let map): extensions.append(map)
        case .extensionMapAllowMixed: allowsMixedExtensions = true
        default: break
        }
    }

    private mutating func take(_ attribute: SDPAttribute) {
        switch attribute {
        case .direction(let value): direction = value
        case .rtcpMux: hasRTCPMux = true
        case .rtcpReducedSize: isReducedSize = true
        case .rtpMap(let map): maps.append(map)
        case .formatParameters(let value): parameters.append(value)
        case .feedback(let value): feedback.append(value)
        case .extensionMap(let map): extensions.append(map)
        case .extensionMapAllowMixed: allowsMixedExtensions = true
        case .source(let source): sources.append(source)
        case .sourceGroup(let group): sourceGroups.append(group)
        case .rid(let rid): rids.append(rid)
        case .simulcast(let value): simulcast = value
        case .sctpPort(let port): sctpPort = port
        case .maxMessageSize(let size): maxMessageSize = size
        default: break
        }
    }

    /// Whether packets of the section could travel over our connection.
    var hasUsableTransport: Bool {
        switch kind {
        case .media:
            // RFC 8829 §5.1.2 wants all of these taken for the same.
            hasRTCPMux
                && ["UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "TCP/DTLS/RTP/SAVPF", "RTP/SAVPF", "RTP/SAVP"]
                    .contains(transport)
        case .data: ["UDP/DTLS/SCTP", "TCP/DTLS/SCTP"].contains(transport) && sctpPort != nil
        case .unknown: false
        }
    }
}
