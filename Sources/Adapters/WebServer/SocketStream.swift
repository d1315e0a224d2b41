// SPDX-License-Identifier: Apache-2.0
internal import CNet
internal import Glibc
internal import TLS

/// The bytes of one non-blocking TCP socket, through TLS once that has begun.
struct SocketStream: ~Copyable {
    private(set) var descriptor: Int32
    private var tls: TLSSession?

    /// Takes over the descriptor.
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

    /// Closes now, without waiting for the last reference to go. Nothing may be called afterwards.
    mutating func close() {
        endTLS()
        tls = nil
        Glibc.close(descriptor)
        descriptor = -1
    }

    var isSecure: Bool { tls != nil }

    /// What the handshake of TLS agreed to speak; `nil` without TLS, and when the client did not ask.
    var applicationProtocol: ApplicationProtocol? { mutating get { tls?.applicationProtocol } }

    /// The numeric address of this end.
    var localAddress: PeerAddress? { PeerAddress.local(of: descriptor) }

    /// Keeps the kernel from taking more than a little that it cannot send yet: what waits there waits for ever.
    func limitUnsent(to bytes: Int32) { cnet_limit_unsent(descriptor, bytes) }

    /// Decrypted bytes that wait inside TLS, of which epoll knows nothing.
    var pendingCount: Int { mutating get { tls?.pending ?? 0 } }

    /// Whether the handshake went on with the keys of an earlier session.
    var isResumed: Bool { mutating get { tls?.isResumed ?? false } }

    /// Whether reading again at once could give more, after a read of `count` bytes into `size`.
    mutating func mayHoldMore(afterReading count: Int, of size: Int) -> Bool {
        tls == nil ? count == size : pendingCount > 0
    }

    /// What the peer sends first.
    enum Opening {
        case tls, other
        /// Nothing yet.
        case none
        case closed
    }

    /// A TLS record of type handshake begins with 22. RFC 8446 §5.1.
    func peekOpening() -> Opening {
        var first: UInt8 = 0
        let count = unsafe recv(descriptor, &first, 1, Int32(MSG_PEEK))
        if count > 0 { return first == 22 ? .tls : .other }
        return count < 0 && Self.isRetry(errno) ? .none : .closed
    }

    mutating func beginTLS(_ context: TLSContext) throws(TLSError) {
        tls = try TLSSession(context, descriptor: descriptor)
    }

    mutating func handshake() -> TLSResult { tls?.handshake() ?? .failed }

    mutating func receive(into buffer: UnsafeMutableRawBufferPointer) -> TLSResult {
        if tls != nil { return unsafe tls?.read(into: buffer) ?? .failed }
        let count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if count > 0 { return .done(count) }
        return count == 0 ? .closed : Self.isRetry(errno) ? .wantsRead : .failed
    }

    /// Sends some of the first bytes of `queue`.
    /// - Returns: `done` with the bytes taken, `wantsWrite` when the kernel takes none now, or `failed`.
    mutating func send(_ queue: OutputQueue) -> TLSResult {
        if tls != nil {
            // The pieces cannot be gathered: they are encrypted one record at a time.
            return unsafe queue.withPieces { pieces in
                guard let first = unsafe pieces.first else { return .done(0) }
                let bytes = unsafe UnsafeRawBufferPointer(start: first.start, count: first.count)
                return unsafe tls?.write(bytes) ?? .failed
            }
        }
        let count = unsafe queue.withPieces { pieces in
            guard let start = pieces.baseAddress else { return 0 }
            return unsafe cnet_send(descriptor, start, Int32(pieces.count))
        }
        if count >= 0 { return .done(count) }
        return Self.isRetry(errno) ? .wantsWrite : .failed
    }

    /// Says goodbye in TLS, if there is any. Nothing can be sent afterwards.
    mutating func endTLS() { tls?.shutdown() }

    /// Tells the peer that nothing more will come.
    mutating func endOutput() {
        endTLS()
        shutdown(descriptor, Int32(SHUT_WR))
    }

    private static func isRetry(_ code: Int32) -> Bool { code == EAGAIN || code == EINTR }
}
