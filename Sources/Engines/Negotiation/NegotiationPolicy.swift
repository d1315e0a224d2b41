// SPDX-License-Identifier: Apache-2.0
public import MediaPlans
public import RTP
public import SDP

/// What a server agrees to, whoever offers.
public struct NegotiationPolicy: Hashable, Sendable {
    /// Codecs that are forwarded, most preferred first; a browser sends the first of the answer.
    public var codecs: [MediaCodec] = [.opus, .red, .vp8, .vp9, .h264, .av1]
    public var audioExtensions: [ExtensionKind] = [
        .mid, .audioLevel, .transportSequence, .absoluteSendTime, .absoluteCaptureTime,
    ]
    public var videoExtensions: [ExtensionKind] = [
        .mid, .rid, .repairedRID, .transportSequence, .absoluteSendTime, .absoluteCaptureTime, .playoutDelay,
        .videoOrientation, .dependencyDescriptor, .colorSpace, .videoContentType,
    ]
    /// Sections of an offer that are looked at; an offer with more is refused.
    public var maxSections = 64
    /// Simulcast layers taken of one track; further ones are refused.
    public var maxEncodings = 4
    /// Whether data channels are taken.
    public var allowsData = true
    /// The longest message of a data channel that we take, in bytes. RFC 8841 §6.
    public var maxMessageSize = 262_144
    /// Senders may stop while there is silence. RFC 7587 §3.1.3.
    public var allowsSilenceGaps = false
    /// Highest bit rate that we ask a publisher of video for, in kbit/s; `nil` asks for nothing.
    public var maxVideoKilobits: Int?

    public init() {}
}

/// Our end of every connection: what stands in all answers of the process.
public struct ServerEndpoint: Hashable, Sendable {
    /// Of the certificate that our DTLS shows.
    public var fingerprint: CertificateFingerprint
    public var candidates: [SDPCandidate]

    public init(fingerprint: CertificateFingerprint, candidates: [SDPCandidate]) {
        self.fingerprint = fingerprint
        self.candidates = candidates
    }
}

/// Our ICE credentials for one connection, until it restarts. RFC 8445 §5.3.
public struct LocalCredentials: Hashable, Sendable {
    /// At least 4 characters; no two connections of a server have the same.
    public var ufrag: String
    /// At least 22 characters.
    public var password: String

    public init(ufrag: String, password: String) {
        self.ufrag = ufrag
        self.password = password
    }
}

/// How many slots an answer fills; offered ones beyond that are answered as inactive.
public struct SlotLimits: Hashable, Sendable {
    public var audio: Int
    public var video: Int

    public init(audio: Int = .max, video: Int = .max) {
        self.audio = audio
        self.video = video
    }

    func limit(_ kind: MediaKind) -> Int {
        switch kind {
        case .audio: audio
        case .video: video
        }
    }
}

/// Why an offer was refused as a whole. The text is for the person who wrote the client.
public enum NegotiationError: Error, Hashable, Sendable, CustomStringConvertible {
    case noSections
    case tooManySections(limit: Int)
    /// No section in which both ends could do anything.
    case nothingInCommon
    case noICECredentials
    case noFingerprint
    /// Only `actpass`, `active` and `passive` begin a handshake.
    case setup
    /// A later offer names another certificate or handshake role than the connection has.
    case otherCertificate
    case otherRole
    /// A later offer has fewer sections, or another name or kind in one that is in use.
    case sectionsChanged(index: Int)
    /// A mid that is missing, longer than 16 bytes, or there twice.
    case mid(index: Int)
    /// Sections that do not share one transport.
    case notBundled(index: Int)
    /// An identifier of a header extension that means two things.
    case extensionConflict(id: Int)
    /// There is no connection to restart or to add candidates to.
    case noConnection
    /// A fragment names credentials of another generation, or only half of them.
    case otherGeneration

    public var description: String {
        switch self {
        case .noSections: "the offer has no media section"
        case .tooManySections(let limit): "the offer has more than \(limit) media sections"
        case .nothingInCommon:
            "no media section has a codec, a direction and a transport that this server supports"
        case .noICECredentials: "the offer has no a=ice-ufrag and a=ice-pwd"
        case .noFingerprint: "the offer has no a=fingerprint of sha-256, sha-384 or sha-512"
        case .setup: "a=setup must be actpass, active or passive"
        case .otherCertificate: "the offer names another certificate than the connection was made with"
        case .otherRole: "the offer asks for another DTLS role than the connection has"
        case .sectionsChanged(let index): "media section \(index) is gone, or became something else"
        case .mid(let index): "media section \(index) needs an a=mid of its own of at most 16 characters"
        case .notBundled(let index): "media section \(index) is not in the BUNDLE group"
        case .extensionConflict(let id): "header extension \(id) means two things"
        case .noConnection: "there is no connection yet"
        case .otherGeneration: "the credentials are not those of the connection"
        }
    }
}
