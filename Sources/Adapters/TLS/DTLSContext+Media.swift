// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import MediaPlans
public import SRTP

extension DTLSContext {
    /// Both sides of handshakes that give keys for media: DTLS-SRTP, RFC 5764.
    ///
    /// The peer must show a certificate, of which the association knows the hash. There is no cookie: a handshake
    /// begins on a path that ICE has validated, so whoever sends the hello is where it says.
    /// - Parameter profiles: The best first.
    public convenience init(
        media identity: DTLSIdentity,
        profiles: [SRTPProfile] = [.aes128GCM, .aes256GCM, .aes128HMACSHA1]
    ) throws(TLSError) {
        try unsafe self.init(DTLS_method(), isServer: true, ciphers: Self.mediaCiphers)
        guard
            unsafe parley_SSL_CTX_use_identity(handle, identity.certificate.handle, identity.key.handle)
                == 1,
            // 0 for success.
            unsafe SSL_CTX_set_tlsext_use_srtp(
                handle, profiles.map(\.nameInDTLS).joined(separator: ":")) == 0
        else { throw .library("SSL_CTX_set_tlsext_use_srtp") }
        unsafe SSL_CTX_set_verify(handle, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        unsafe SSL_CTX_set_cert_verify_callback(handle, checkFingerprint, nil)
    }

    /// The one that every peer must have (RFC 8827 §6.5), its larger sister, and the same for RSA certificates.
    private static let mediaCiphers =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
        + "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"
}

extension SRTPProfile {
    fileprivate var nameInDTLS: String {
        switch self {
        case .aes128GCM: "SRTP_AEAD_AES_128_GCM"
        case .aes256GCM: "SRTP_AEAD_AES_256_GCM"
        case .aes128HMACSHA1: "SRTP_AES128_CM_SHA1_80"
        }
    }
}

/// Accepts the certificate whose hash came in the signalling, whoever signed it and whenever. RFC 8122 §6.2.
@unsafe private func checkFingerprint(store: OpaquePointer?, _: UnsafeMutableRawPointer?) -> Int32 {
    let index = SSL_get_ex_data_X509_STORE_CTX_idx()
    guard let session = unsafe X509_STORE_CTX_get_ex_data(store, index),
        let pipe = unsafe DatagramPipe.of(OpaquePointer(session))
    else { return 0 }
    let certificate = unsafe X509_STORE_CTX_get0_cert(store)
    for expected in pipe.fingerprints {
        if let shown = unsafe CertificateFingerprint(expected.algorithm, of: certificate),
            Digest.constantTimeEqual(shown.bytes, expected.bytes)
        {
            pipe.hasShownCertificate = true
            return 1
        }
    }
    unsafe X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED)
    return 0
}
