// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
public import EngineKit
public import MediaPlans

/// One end of a DTLS association: datagrams in, messages out, and the other way round. RFC 6347.
///
/// It has no socket and no thread. Whoever owns one gives it datagrams, sends what ``drain(_:)`` hands over after each
/// call, and calls ``tick(at:)`` at ``deadline``. Confined to one thread.
@safe public final class DTLSAssociation {
    public enum State: Hashable, Sendable {
        case handshaking, open
        /// By either side, or for a handshake that failed or took too long. Only ``drain(_:)`` is of use any more.
        case closed
    }

    /// Why an association closed that the other end did not close.
    public enum Failure: Hashable, Sendable, CaseIterable {
        /// The peer's certificate is not the one that the signalling announced.
        case wrongFingerprint
        /// There is no SRTP profile that both ends have.
        case noProfile
        /// The handshake took longer than ``DTLSAssociation/handshakeLimit``.
        case tookTooLong
        /// Anything else that ends a handshake: no common cipher, nonsense, the library.
        case handshake
    }

    public private(set) var state = State.handshaking
    /// `nil` while there is none, and when the other end said goodbye.
    public private(set) var failure: Failure?
    /// When ``tick(at:)`` is due; `nil` for never.
    public private(set) var deadline: Instant?

    let handle: OpaquePointer
    private let pipe: DatagramPipe
    /// When a handshake that is not complete is given up.
    private let handshakeEnd: Instant
    /// Whether the handshake is for media keys.
    let isMedia: Bool
    let isClient: Bool

    /// How long a handshake may take.
    public static let handshakeLimit = Duration.seconds(10)

    /// Begins as a client; the first flight waits in ``drain(_:)``.
    public init(client context: DTLSContext, offering protocols: [ApplicationProtocol] = [], at now: Instant)
        throws(TLSError)
    {
        unsafe (handle, pipe) = try Self.makeSession(context)
        handshakeEnd = now.advanced(by: Self.handshakeLimit)
        isMedia = false
        isClient = true
        let list = protocols.flatMap { [UInt8(clamping: $0.rawValue.utf8.count)] + Array($0.rawValue.utf8) }
        if !list.isEmpty { unsafe SSL_set_alpn_protos(handle, list, UInt32(list.count)) }
        unsafe SSL_set_connect_state(handle)
        begin(at: now)
    }

    /// Goes on with a session that has seen a ClientHello with the right cookie.
    init(accepting handle: OpaquePointer, _ pipe: DatagramPipe, at now: Instant) {
        unsafe self.handle = handle
        self.pipe = pipe
        handshakeEnd = now.advanced(by: Self.handshakeLimit)
        isMedia = false
        isClient = false
        begin(at: now)
    }

    /// Begins a handshake for media, on a path that ICE has validated. As the active end, the first flight waits
    /// in ``drain(_:)``.
    /// - Parameters:
    ///   - context: Made by ``DTLSContext/init(media:profiles:)``.
    ///   - fingerprints: Of the certificates of which the peer must show one.
    public init(
        media context: DTLSContext, _ role: HandshakeRole, expecting fingerprints: [CertificateFingerprint],
        at now: Instant
    ) throws(TLSError) {
        unsafe (handle, pipe) = try Self.makeSession(context)
        pipe.fingerprints = fingerprints
        handshakeEnd = now.advanced(by: Self.handshakeLimit)
        isMedia = true
        isClient = role == .active
        if isClient { unsafe SSL_set_connect_state(handle) } else { unsafe SSL_set_accept_state(handle) }
        begin(at: now)
    }

    deinit { unsafe SSL_free(handle) }

    /// A session on a pipe of its own.
    static func makeSession(_ context: DTLSContext) throws(TLSError) -> (OpaquePointer, DatagramPipe) {
        let pipe = DatagramPipe()
        guard let session = unsafe SSL_new(context.handle) else { throw .library("SSL_new") }
        guard unsafe pipe.attach(to: session) else {
            unsafe SSL_free(session)
            throw .library("BIO_new")
        }
        _ = unsafe parley_SSL_set_mtu(session, DTLSContext.mtu)
        return unsafe (session, pipe)
    }

    private func begin(at now: Instant) {
        // Repeats a lost flight after 0.25, 0.5, 1, 2 and 4 seconds; by default the first wait is a second. Where
        // people wait for a picture, after 0.1.
        if isMedia {
            unsafe DTLS_set_timer_cb(handle) { _, last in last == 0 ? 100_000 : min(last * 2, 1_600_000) }
        } else {
            unsafe DTLS_set_timer_cb(handle) { _, last in last == 0 ? 250_000 : min(last * 2, 4_000_000) }
        }
        handshake()
        updateDeadline(at: now)
    }

    /// What the handshake agreed to speak; `nil` when the client did not ask.
    public var applicationProtocol: ApplicationProtocol? { unsafe ApplicationProtocol.chosen(in: handle) }

    /// Takes one datagram and hands over the messages in it.
    /// - Parameters:
    ///   - buffer: Room for one message; 16 KiB hold any.
    ///   - take: May send on this association, and close it.
    public func receive(
        _ datagram: UnsafeRawBufferPointer, using buffer: UnsafeMutableRawBufferPointer, at now: Instant,
        _ take: (UnsafeRawBufferPointer) -> Void
    ) {
        guard state != .closed, let start = buffer.baseAddress else { return }
        let records = isMedia ? unsafe Self.withoutPlainAlerts(datagram) : unsafe datagram
        unsafe pipe.lend(records) {
            if state == .handshaking { handshake() }
            // Records that came before the handshake was complete are in here as well.
            while state == .open {
                var count = 0
                ERR_clear_error()
                let status = unsafe SSL_read_ex(handle, start, buffer.count, &count)
                guard status == 1 else {
                    noteFailure(status)
                    break
                }
                unsafe take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
        if deadline != nil || state != .open { updateDeadline(at: now) }
        releaseBuffers()
    }

    /// Encrypts one message into one datagram.
    /// - Returns: Whether it could: not before the handshake is complete, after the end, or beyond 16 KiB.
    @discardableResult
    public func send(_ message: UnsafeRawBufferPointer) -> Bool {
        guard state == .open, let start = message.baseAddress, message.count <= 16_384 else { return false }
        var count = 0
        ERR_clear_error()
        // Only a read gets the buffers back that were released; a write would run into nothing.
        if isMedia { _ = unsafe SSL_read_ex(handle, nil, 0, &count) }
        ERR_clear_error()
        let status = unsafe SSL_write_ex(handle, start, message.count, &count)
        if status != 1 { noteFailure(status) }
        releaseBuffers()
        return status == 1
    }

    /// Gives back what the library holds for the next record, 33 of 50 kB: after the handshake there is hardly one
    /// where media have keys of their own.
    private func releaseBuffers() {
        guard isMedia, state == .open else { return }
        _ = unsafe SSL_free_buffers(handle)
        pipe.keepsRoom = false
    }

    /// Hands over the datagrams to send, in order.
    public func drain(_ send: (UnsafeRawBufferPointer) -> Void) { unsafe pipe.drain(send) }

    /// Repeats a lost flight, or gives up.
    public func tick(at now: Instant) {
        guard state == .handshaking else {
            deadline = nil
            return
        }
        guard now < handshakeEnd else {
            fail(.tookTooLong)
            deadline = nil
            return
        }
        ERR_clear_error()
        if unsafe parley_DTLS_handle_timeout(handle) < 0 { fail(.handshake) }
        updateDeadline(at: now)
    }

    /// Says goodbye.
    public func close() {
        if state == .open {
            ERR_clear_error()
            var count = 0
            if isMedia { _ = unsafe SSL_read_ex(handle, nil, 0, &count) }
            ERR_clear_error()
            _ = unsafe SSL_shutdown(handle)
        }
        state = .closed
        deadline = nil
    }

    private func handshake() {
        ERR_clear_error()
        let status = unsafe SSL_do_handshake(handle)
        guard status == 1 else { return noteFailure(status) }
        if isMedia {
            guard pipe.hasShownCertificate else { return fail(.wrongFingerprint) }
            guard profile != nil else { return fail(.noProfile) }
        }
        state = .open
    }

    private func fail(_ failure: Failure) {
        state = .closed
        self.failure = failure
    }

    private func noteFailure(_ status: Int32) {
        switch unsafe SSL_get_error(handle, status) {
        // Nothing more in this datagram, or a bad record, which DTLS passes over. RFC 6347 §4.1.2.7.
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: break
        // The other end's goodbye.
        case SSL_ERROR_ZERO_RETURN where state == .open: state = .closed
        default:
            let isRejected = unsafe isMedia && SSL_get_verify_result(handle) == X509_V_ERR_CERT_REJECTED
            fail(isRejected ? .wrongFingerprint : .handshake)
            ERR_clear_error()
        }
    }

    private func updateDeadline(at now: Instant) {
        guard state == .handshaking else {
            deadline = nil
            return
        }
        let wait = unsafe parley_DTLS_timeout(handle)
        // Not at once, or a clock that stands still would be asked again and again.
        let again = now.advanced(by: .microseconds(max(wait, 1000)))
        deadline = wait >= 0 ? min(again, handshakeEnd) : handshakeEnd
    }
}
