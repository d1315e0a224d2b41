// SPDX-License-Identifier: Apache-2.0
internal import CNet
internal import Glibc
public import NetworkAddresses
internal import SystemCalls

/// A TCP connection that we open, with TLS on it or not, on which each call waits. One thread's.
public final class ClientConnection {
    /// Why there is no connection, or no more of it.
    public enum Failure: Error, Hashable, Sendable {
        /// The system's words: `Connection refused`.
        case unreachable(String)
        /// No TLS on the other side, or a certificate that is not trusted or for another name.
        case untrusted
        case broken
        case tls(TLSError)
    }

    /// Holds what cannot be copied.
    private final class Line {
        var session: TLSSession
        init(_ session: consuming TLSSession) { self.session = session }
    }

    public let descriptor: Int32
    private var line: Line?

    /// - Parameter tls: `nil` for a connection without it.
    /// - Parameter name: Whose certificate it must be; `nil` takes any that the context trusts.
    /// - Parameter patience: Seconds that connecting, and each read and write, may take.
    public init(
        to address: IPAddress, port: UInt16, tls: TLSContext? = nil, as name: String? = nil,
        patience: Int32 = 10
    ) throws(Failure) {
        descriptor = unsafe cnet_connect("\(address)", port, patience)
        guard descriptor >= 0 else { throw .unreachable(SystemCallError.text(of: errno)) }
        guard let tls else { return }
        do throws(TLSError) {
            var session = try TLSSession(tls, descriptor: descriptor)
            if let name { try session.expect(name) }
            line = Line(session)
        } catch { throw .tls(error) }
        guard line?.session.handshake() == .done(0) else { throw .untrusted }
    }

    deinit {
        line = nil
        if descriptor >= 0 { close(descriptor) }
    }

    /// From now on a read takes what is there.
    public func stopWaiting() { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) }

    public func write(_ bytes: [UInt8]) throws(Failure) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes -> Int in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[sent...])
                guard let line else {
                    return unsafe send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                }
                guard case .done(let count) = unsafe line.session.write(rest) else { return -1 }
                return count
            }
            guard count > 0 else { throw .broken }
            sent += count
        }
    }

    /// What has come; empty at the end, `nil` when nothing came in time.
    public func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = unsafe buffer.withUnsafeMutableBytes { buffer -> Int in
            guard let line else { return unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0) }
            return switch unsafe line.session.read(into: buffer) {
            case .done(let count): count
            case .closed, .failed: 0
            case .wantsRead, .wantsWrite: -1
            }
        }
        if count < 0 { return errno == EINTR ? read() : nil }
        return Array(buffer[..<count])
    }
}
