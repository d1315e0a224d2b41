// SPDX-License-Identifier: Apache-2.0

/// Who begins the DTLS handshake. RFC 8842 §5.
public enum HandshakeRole: UInt8, Hashable, Sendable, BitwiseCopyable {
    /// Sends the ClientHello.
    case active
    case passive
}

/// The hash of the certificate that the other end must show. RFC 8122 §5.
public struct CertificateFingerprint: Hashable, Sendable {
    public enum Algorithm: String, Hashable, Sendable, CaseIterable {
        case sha256 = "sha-256"
        case sha384 = "sha-384"
        case sha512 = "sha-512"

        /// Bytes of a hash.
        public var size: Int {
            switch self {
            case .sha256: 32
            case .sha384: 48
            case .sha512: 64
            }
        }
    }

    public var algorithm: Algorithm
    public var bytes: [UInt8]

    /// `nil` when `bytes` is not as long as the algorithm's hashes.
    public init?(_ algorithm: Algorithm, _ bytes: [UInt8]) {
        guard bytes.count == algorithm.size else { return nil }
        self.algorithm = algorithm
        self.bytes = bytes
    }
}

/// Data channels over the same connection. RFC 8841.
public struct DataPlan: Hashable, Sendable {
    public var mid: ShortName
    /// The other end's SCTP port.
    public var remotePort: UInt16
    /// The longest message that the other end takes, in bytes; 0 for any length.
    public var remoteMaxMessageSize: Int

    public init(mid: ShortName, remotePort: UInt16, remoteMaxMessageSize: Int) {
        self.mid = mid
        self.remotePort = remotePort
        self.remoteMaxMessageSize = remoteMaxMessageSize
    }
}

/// What one offer and its answer agreed on for the connection below all media sections.
public struct ConnectionPlan: Hashable, Sendable {
    /// Ours; the key that finds the connection on a shared port. RFC 8445 §5.3.
    public var localUfrag: String
    public var localPassword: String
    public var remoteUfrag: String
    public var remotePassword: String
    /// Any one of them is enough. Never empty.
    public var fingerprints: [CertificateFingerprint]
    /// Ours.
    public var role: HandshakeRole
    /// The other end takes RTCP packets that do not begin with a report. RFC 5506.
    public var reducedSizeRTCP: Bool
    public var data: DataPlan?

    public init(
        localUfrag: String, localPassword: String, remoteUfrag: String, remotePassword: String,
        fingerprints: [CertificateFingerprint], role: HandshakeRole, reducedSizeRTCP: Bool = true,
        data: DataPlan? = nil
    ) {
        self.localUfrag = localUfrag
        self.localPassword = localPassword
        self.remoteUfrag = remoteUfrag
        self.remotePassword = remotePassword
        self.fingerprints = fingerprints
        self.role = role
        self.reducedSizeRTCP = reducedSizeRTCP
        self.data = data
    }
}
