// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// How a step of a TLS connection ended.
public enum TLSResult: Hashable, Sendable {
    /// The handshake is complete (0), or this many bytes were read or written.
    case done(Int)
    /// Call again when the descriptor is readable. A write may want this too.
    case wantsRead
    /// Call again when the descriptor is writable. A read may want this too.
    case wantsWrite
    /// The peer has finished sending.
    case closed
    /// The connection is broken; nothing more can be read or written.
    case failed
}

/// One end of a TLS connection on a non-blocking descriptor that someone else owns and closes.
///
/// After `wantsRead` or `wantsWrite` the same call is repeated; a write may be repeated from another address
/// as long as the bytes are the same.
@safe public struct TLSSession: ~Copyable {
    /// Cannot be copied out and is freed with the session.
    private let handle: OpaquePointer
    /// After a fatal error OpenSSL forbids even the farewell.
    private var isBroken = false

    public init(_ context: TLSContext, descriptor: Int32) throws(TLSError) {
        guard let session = unsafe SSL_new(context.handle) else { throw .library("SSL_new") }
        guard unsafe SSL_set_fd(session, descriptor) == 1 else {
            unsafe SSL_free(session)
            throw .library("SSL_set_fd")
        }
        unsafe handle = session
        if context.isServer {
            unsafe SSL_set_accept_state(session)
        } else {
            unsafe SSL_set_connect_state(session)
        }
    }

    deinit { unsafe SSL_free(handle) }

    /// For a client, before the handshake: asks for the server called `name`, a host name or an address, and
    /// accepts no certificate for another.
    public mutating func expect(_ name: String) throws(TLSError) {
        // An address is checked but not sent: RFC 6066 §3.
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(handle), name) == 1 { return }
        ERR_clear_error()
        guard unsafe SSL_set1_host(handle, name) == 1,
            unsafe parley_SSL_set_tlsext_host_name(handle, name) == 1
        else { throw .library("SSL_set1_host") }
    }

    /// For a client, before the handshake: goes on with the keys of `earlier` if the server agrees. It does
    /// not before `earlier` has read something: the ticket comes after the handshake.
    public mutating func resume(_ earlier: borrowing TLSSession) {
        guard let session = unsafe SSL_get1_session(earlier.handle) else { return }
        unsafe SSL_set_session(handle, session)
        unsafe SSL_SESSION_free(session)
    }

    /// Bytes that wait inside the session: while there are any, read again before sleeping, for the
    /// descriptor will not become readable on their account. They may be a part of a record, which a read
    /// answers with `wantsRead`.
    public var pending: Int { unsafe max(Int(SSL_pending(handle)), Int(SSL_has_pending(handle))) }

    /// Whether the handshake went on with the keys of an earlier session.
    public var isResumed: Bool { unsafe SSL_session_reused(handle) == 1 }

    /// What the handshake agreed to speak; `nil` when the client did not ask.
    public var applicationProtocol: ApplicationProtocol? { unsafe ApplicationProtocol.chosen(in: handle) }

    /// For a client, before the handshake: asks for one of these protocols, the first before the others.
    public mutating func offer(_ protocols: [ApplicationProtocol]) {
        let list = protocols.flatMap { [UInt8(clamping: $0.rawValue.utf8.count)] + Array($0.rawValue.utf8) }
        unsafe SSL_set_alpn_protos(handle, list, UInt32(list.count))
    }

    /// Goes on with the handshake. `read` and `write` would do so too.
    public mutating func handshake() -> TLSResult {
        let session = unsafe handle
        return step { _ in unsafe SSL_do_handshake(session) }
    }

    public mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> TLSResult {
        guard let start = buffer.baseAddress, buffer.count > 0 else { return .done(0) }
        let session = unsafe handle
        return step { count in unsafe SSL_read_ex(session, start, buffer.count, &count) }
    }

    /// Writes a part of `bytes`, at most one TLS record.
    public mutating func write(_ bytes: UnsafeRawBufferPointer) -> TLSResult {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return .done(0) }
        let session = unsafe handle
        let result = step { count in unsafe SSL_write_ex(session, start, bytes.count, &count) }
        guard result == .closed else { return result }
        // The peer said farewell and then left: OpenSSL remembers the first and not the broken pipe.
        isBroken = true
        return .failed
    }

    /// Tells the peer that nothing more will be sent, if the descriptor takes the bytes now.
    public mutating func shutdown() {
        guard !isBroken, unsafe SSL_is_init_finished(handle) == 1 else { return }
        ERR_clear_error()
        _ = unsafe SSL_shutdown(handle)
    }

    /// Runs one OpenSSL call and says how it ended. `SSL_get_error` looks at the thread's error stack, so it has
    /// to be empty before.
    private mutating func step(_ call: (inout Int) -> Int32) -> TLSResult {
        guard !isBroken else { return .failed }
        ERR_clear_error()
        var count = 0
        let status = call(&count)
        if status == 1 { return .done(count) }
        switch unsafe SSL_get_error(handle, status) {
        case SSL_ERROR_WANT_READ: return .wantsRead
        case SSL_ERROR_WANT_WRITE: return .wantsWrite
        case SSL_ERROR_ZERO_RETURN: return .closed
        default:
            isBroken = true
            ERR_clear_error()
            return .failed
        }
    }
}
