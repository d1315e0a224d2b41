// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import Glibc

/// A certificate with its key, and the rules for every TLS connection made with them.
///
/// TLS 1.2 or later, the application protocols in ``ApplicationProtocol``, no renegotiation and no compression.
/// A context never changes: to renew a certificate, make another and use it for new connections.
@safe public final class TLSContext: Sendable {
    /// OpenSSL counts references and locks its own state, so any thread may start a session.
    nonisolated(unsafe) let handle: OpaquePointer
    let isServer: Bool

    /// The server's side.
    ///
    /// - Parameters:
    ///   - certificateChainFile: PEM: the server's certificate, then the certificates of its issuers.
    ///   - privateKeyFile: PEM, not protected by a passphrase.
    ///   - tickets: The keys with which returning clients resume; one set for the process, so that those of
    ///     an earlier context resume too.
    public convenience init(
        certificateChainFile: String, privateKeyFile: String, tickets: TicketKeys = .shared
    ) throws(TLSError) {
        let chain = try Certificate.chain(inFile: certificateChainFile)
        let key = try PrivateKey(file: privateKeyFile)
        try unsafe self.init(TLS_server_method(), isServer: true)
        unsafe ApplicationProtocol.select(on: handle)
        unsafe tickets.serve(handle)
        // One a connection is what a client that comes back needs.
        _ = unsafe SSL_CTX_set_num_tickets(handle, 1)
        _ = unsafe SSL_CTX_set_timeout(handle, Int(TicketKeys.lifetime.components.seconds))
        try use(chain, key, files: (certificateChainFile, privateKeyFile))
    }

    /// A client's side, for probes and tests.
    ///
    /// - Parameter authorityFile: PEM of the authorities whose servers are accepted; `nil` accepts any server,
    ///   which is fit for asking a server on this machine how it is and for nothing else.
    public convenience init(clientTrusting authorityFile: String?) throws(TLSError) {
        try unsafe self.init(TLS_client_method(), isServer: false)
        guard let authorityFile else { return }
        guard unsafe SSL_CTX_load_verify_file(handle, authorityFile) == 1 else {
            ERR_clear_error()
            throw TLSError(
                authorityFile, "there is no certificate to trust in this file",
                fix: "It must be PEM, with -----BEGIN CERTIFICATE----- before each certificate.")
        }
        unsafe SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nil)
    }

    /// A client's side that accepts servers whose certificates come from an authority that this system trusts.
    public static func trustingSystem() throws(TLSError) -> TLSContext {
        let context = try unsafe TLSContext(TLS_client_method(), isServer: false)
        guard unsafe SSL_CTX_set_default_verify_paths(context.handle) == 1 else {
            throw .library("SSL_CTX_set_default_verify_paths")
        }
        unsafe SSL_CTX_set_verify(context.handle, SSL_VERIFY_PEER, nil)
        return context
    }

    private init(_ method: OpaquePointer?, isServer: Bool) throws(TLSError) {
        _ = Self.brokenPipesAreErrors
        guard let context = unsafe SSL_CTX_new(method) else { throw .library("SSL_CTX_new") }
        unsafe handle = context
        self.isServer = isServer
        guard unsafe parley_SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 else {
            throw .library("SSL_CTX_set_min_proto_version")
        }
        _ = unsafe SSL_CTX_set_options(context, parley_SSL_options())
        _ = unsafe parley_SSL_CTX_set_mode(context, parley_SSL_modes())
        // A record in one system call instead of two.
        _ = unsafe parley_SSL_CTX_set_read_ahead(context, 1)
        // Returning visitors resume with tickets, which the client keeps: nothing grows here.
        _ = unsafe parley_SSL_CTX_set_session_cache_mode(context, Int(SSL_SESS_CACHE_OFF))
    }

    deinit { unsafe SSL_CTX_free(handle) }

    /// Takes on the identity in `chain` and `key`.
    private func use(
        _ chain: [Certificate], _ key: PrivateKey, files: (certificate: String, key: String)
    ) throws(TLSError) {
        guard key.matches(chain[0]) else {
            throw TLSError(
                files.key, "this key does not belong to the certificate in \(files.certificate)",
                fix: "Give the key that the certificate was made with, or get a new certificate.")
        }
        guard unsafe SSL_CTX_use_certificate(handle, chain[0].handle) == 1 else {
            ERR_clear_error()
            throw TLSError(
                files.certificate, "this certificate is too weak for TLS",
                fix: "Use RSA of 2048 bits or more, or P-256, signed with SHA-256.")
        }
        guard unsafe SSL_CTX_use_PrivateKey(handle, key.handle) == 1 else {
            throw .library("SSL_CTX_use_PrivateKey")
        }
        for issuer in chain.dropFirst() {
            guard unsafe parley_SSL_CTX_add1_chain_cert(handle, issuer.handle) == 1 else {
                throw .library("SSL_CTX_add1_chain_cert")
            }
        }
    }

    /// OpenSSL writes with write(2), which has no MSG_NOSIGNAL: without this, the first peer to reset its
    /// connection would end the process.
    private static let brokenPipesAreErrors: Void = { _ = signal(SIGPIPE, SIG_IGN) }()
}
