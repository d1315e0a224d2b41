// SPDX-License-Identifier: Apache-2.0
internal import MediaPlans
internal import SDP

/// The one connection below all sections of an offer.
struct OfferedTransport {
    var ufrag: String
    var password: String
    var fingerprints: [CertificateFingerprint]
    var setup: SDPSetup

    /// Attributes of the section that names the transport count before those of the session; sections that are only
    /// bundled have none of their own. RFC 9143 §7.1.3.
    init(_ offer: SDPDescription, tagged: Int) throws(NegotiationError) {
        let sections = [offer.media[tagged].attributes, offer.attributes] + offer.media.map(\.attributes)
        var ufrag: String?
        var password: String?
        var fingerprints: [CertificateFingerprint] = []
        var setup: SDPSetup?
        for attributes in sections {
            let found = TransportAttributes(attributes)
            if ufrag == nil, let own = found.ufrag, let secret = found.password {
                ufrag = own
                password = secret
            }
            if fingerprints.isEmpty { fingerprints = found.fingerprints }
            if setup == nil { setup = found.setup }
        }
        guard let ufrag, let password else { throw .noICECredentials }
        guard !fingerprints.isEmpty else { throw .noFingerprint }
        self.ufrag = ufrag
        self.password = password
        self.fingerprints = fingerprints
        // RFC 4145 §4: a description without the attribute offers to be active.
        self.setup = setup ?? .active
    }

    /// Our part of the handshake; we only begin it for those that cannot.
    var role: HandshakeRole? {
        switch setup {
        case .actpass, .active: .passive
        case .passive: .active
        case .holdconn: nil
        }
    }
}

/// What a list of attributes says about the transport.
struct TransportAttributes {
    var ufrag: String?
    var password: String?
    var fingerprints: [CertificateFingerprint] = []
    var setup: SDPSetup?
    var mid: String?

    init(_ attributes: [SDPAttribute]) {
        for attribute in attributes {
            switch attribute {
            case .iceUfrag(let text) where ufrag == nil: ufrag = text
            case .icePassword(let text) where password == nil: password = text
            case .setup(let value) where setup == nil: setup = value
            case .mid(let name) where mid == nil: mid = name
            case .fingerprint(let value): take(value)
            default: break
            }
        }
    }

    /// Hashes that are too weak to trust, or that we do not know, are passed over. RFC 8122 §5.
    private mutating func take(_ value: SDPFingerprint) {
        guard fingerprints.count < 8,
            let algorithm = CertificateFingerprint.Algorithm(rawValue: value.algorithm),
            let fingerprint = CertificateFingerprint(algorithm, value.bytes)
        else { return }
        fingerprints.append(fingerprint)
    }
}
