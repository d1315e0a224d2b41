// SPDX-License-Identifier: Apache-2.0
internal import CNet
internal import Glibc
public import NetworkAddresses
public import SystemCalls

/// A TCP socket that never blocks: one end of a connection, or a listener for some.
///
/// Its address and port may be shared with other sockets of this process, so that connections come to and leave from
/// the same one. It is closed by ``close()``, or when nobody holds it any more.
public final class TCPSocket {
    /// Names the socket in event loops and system calls. -1 once it is closed.
    public private(set) var descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close() }

    /// Waits for connections.
    public init(listenOn local: SocketAddress, backlog: Int) throws(SystemCallError) {
        var local = cnet_endpoint(local)
        descriptor = unsafe cnet_tcp_listen(&local, Int32(clamping: backlog))
        guard descriptor >= 0 else { throw SystemCallError(call: "listen", code: errno) }
    }

    /// Begins to connect. Once the socket is writable, ``connectError`` says how that went.
    public init(connectFrom local: SocketAddress, to remote: SocketAddress) throws(SystemCallError) {
        var (local, remote) = (cnet_endpoint(local), cnet_endpoint(remote))
        descriptor = unsafe cnet_tcp_connect(&local, &remote)
        guard descriptor >= 0 else { throw SystemCallError(call: "connect", code: errno) }
    }

    public func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }

    /// Why the connection could not be made; 0 when it could.
    public var connectError: Int32 { cnet_tcp_error(descriptor) }

    /// The next connection that was made, and who made it; `nil` when there is none.
    public func accept() -> (socket: TCPSocket, remote: SocketAddress)? {
        var remote = cnet_endpoint()
        let accepted = unsafe cnet_tcp_accept(descriptor, &remote)
        guard accepted >= 0 else { return nil }
        return (TCPSocket(accepted), SocketAddress(remote))
    }

    /// The socket itself, for another owner; nothing may be called on this one afterwards.
    public func release() -> Int32 {
        defer { descriptor = -1 }
        return descriptor
    }

    public static func adopt(_ descriptor: Int32) -> TCPSocket { TCPSocket(descriptor) }

    // MARK: Bytes

    /// What a system call with bytes came to.
    public enum Result: Hashable, Sendable {
        case done(Int)
        /// Not now.
        case wait
        /// The other end will send no more.
        case ended
        case failed
    }

    public func receive(into buffer: UnsafeMutableRawBufferPointer) -> Result {
        let count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if count > 0 { return .done(count) }
        if count == 0 { return .ended }
        return errno == EAGAIN || errno == EINTR ? .wait : .failed
    }

    public func send(_ bytes: UnsafeRawBufferPointer) -> Result {
        let count = unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        if count >= 0 { return .done(count) }
        return errno == EAGAIN || errno == EINTR ? .wait : .failed
    }

    /// Tells the other end that nothing more will come.
    public func endOutput() { shutdown(descriptor, Int32(SHUT_WR)) }
}
