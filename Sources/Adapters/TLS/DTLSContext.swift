// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// A certificate with its key, and the rules for every DTLS association made with them. RFC 6347.
///
/// DTLS 1.2, authenticated ciphers with forward secrecy, no renegotiation, no compression, no tickets. A context
/// never changes: to renew a certificate, make another and use it for new associations.
@safe public final class DTLSContext: Sendable {
    /// OpenSSL counts references and locks its own state, so any thread may start an association.
    nonisolated(unsafe) let handle: OpaquePointer
    let isServer: Bool

    /// No datagram of a handshake is longer: what passes every path of IPv6, less the headers.
    public static let mtu = 1200

    /// The server's side, with the certificate and key of a context for streams.
    public convenience init(identityOf context: TLSContext) throws(TLSError) {
        try unsafe self.init(DTLS_server_method(), isServer: true)
        guard unsafe parley_SSL_CTX_copy_identity(context.handle, handle) == 1 else {
            throw .library("SSL_CTX_use_certificate")
        }
        unsafe ApplicationProtocol.select(on: handle)
        unsafe SSL_CTX_set_cookie_generate_cb(handle, makeCookie)
        unsafe SSL_CTX_set_cookie_verify_cb(handle, checkCookie)
    }

    /// A client's side that accepts any server, for probes and tests.
    public convenience init(clientOf: Void = ()) throws(TLSError) {
        try unsafe self.init(DTLS_client_method(), isServer: false)
    }

    init(
        _ method: OpaquePointer?, isServer: Bool, ciphers: String = "ECDHE+AESGCM:ECDHE+CHACHA20"
    ) throws(TLSError) {
        guard let context = unsafe SSL_CTX_new(method) else { throw .library("SSL_CTX_new") }
        unsafe handle = context
        self.isServer = isServer
        guard unsafe parley_SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1,
            unsafe SSL_CTX_set_cipher_list(context, ciphers) == 1
        else { throw .library("SSL_CTX_set_cipher_list") }
        _ = unsafe SSL_CTX_set_options(context, parley_DTLS_options())
        _ = unsafe parley_SSL_CTX_set_session_cache_mode(context, Int(SSL_SESS_CACHE_OFF))
    }

    deinit { unsafe SSL_CTX_free(handle) }
}

@unsafe private func makeCookie(
    session: OpaquePointer?, cookie: UnsafeMutablePointer<UInt8>?, count: UnsafeMutablePointer<UInt32>?
) -> Int32 {
    guard let pipe = unsafe DatagramPipe.of(session), !pipe.cookies.current.isEmpty else { return 0 }
    let bytes = pipe.cookies.current
    unsafe UnsafeMutableRawBufferPointer(start: cookie, count: bytes.count).copyBytes(from: bytes)
    unsafe count?.pointee = UInt32(bytes.count)
    return 1
}

@unsafe private func checkCookie(
    session: OpaquePointer?, cookie: UnsafePointer<UInt8>?, count: UInt32
) -> Int32 {
    guard let pipe = unsafe DatagramPipe.of(session), !pipe.cookies.current.isEmpty else { return 0 }
    let given = unsafe Array(UnsafeBufferPointer(start: cookie, count: Int(count)))
    let isRight =
        Digest.constantTimeEqual(given, pipe.cookies.current)
        || Digest.constantTimeEqual(given, pipe.cookies.former)
    return isRight ? 1 : 0
}
