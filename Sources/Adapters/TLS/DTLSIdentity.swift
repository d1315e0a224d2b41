// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
public import EngineKit
public import MediaPlans

/// A certificate of our own making with its P-256 key, for media: its hash travels in the signalling, and nobody
/// looks at what it says. RFC 8827 §6.5.
public final class DTLSIdentity: Sendable {
    let certificate: Certificate
    let key: PrivateKey
    /// SHA-256 of the certificate, for `a=fingerprint`.
    public let fingerprint: CertificateFingerprint

    /// A new one, valid for a year from an hour ago. Cheap: less than a millisecond.
    public init(at now: WallClock) throws(TLSError) {
        key = try PrivateKey.generate()
        let template = CertificateTemplate(
            subject: "Parley", notBefore: now.advanced(hours: -1), notAfter: now.advanced(hours: 366 * 24),
            extensions: [])
        certificate = try template.issue(for: key)
        guard let fingerprint = unsafe CertificateFingerprint(.sha256, of: certificate.handle) else {
            throw .library("X509_digest")
        }
        self.fingerprint = fingerprint
    }
}

extension CertificateFingerprint {
    /// The hash of a certificate.
    init?(_ algorithm: Algorithm, of certificate: OpaquePointer?) {
        let digest =
            switch algorithm {
            case .sha256: unsafe EVP_sha256()
            case .sha384: unsafe EVP_sha384()
            case .sha512: unsafe EVP_sha512()
            }
        var bytes = [UInt8](repeating: 0, count: 64)
        var count: UInt32 = 0
        guard let certificate = unsafe certificate,
            unsafe X509_digest(certificate, digest, &bytes, &count) == 1
        else { return nil }
        self.init(algorithm, Array(bytes.prefix(Int(count))))
    }
}
