// SPDX-License-Identifier: Apache-2.0
import Glibc
import TLS

/// A client's TCP connection, plain or encrypted. Blocks, at most ten seconds at a time.
final class Wire {
    enum Failure: Error { case notConnected, closed, timedOut, broken }

    private let descriptor: Int32
    private var tls: TLSSession?
    private var isClosed = false

    init(port: UInt16, trusting context: TLSContext? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure.notConnected }
        if let context {
            tls = try TLSSession(context, descriptor: descriptor)
            guard case .done = tls?.handshake() else { throw Failure.broken }
        }
    }

    deinit { close() }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        tls = nil
        Glibc.close(descriptor)
    }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard !isClosed else { throw Failure.closed }
            let count = unsafe rest.withUnsafeBytes { chunk in
                if tls == nil {
                    return unsafe Glibc.send(descriptor, chunk.baseAddress, chunk.count, Int32(MSG_NOSIGNAL))
                }
                if case .done(let count) = unsafe tls?.write(chunk) { return count }
                return -1
            }
            guard count > 0 else { throw Failure.broken }
            rest = rest.dropFirst(count)
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// What has arrived, at least one byte.
    func receive() throws -> [UInt8] {
        guard !isClosed else { throw Failure.closed }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count: Int
        if tls != nil {
            let result = unsafe buffer.withUnsafeMutableBytes { unsafe tls?.read(into: $0) }
            switch result {
            case .done(let read): count = read
            case .closed: count = 0
            case .wantsRead, .wantsWrite: throw Failure.timedOut
            case .failed, nil: throw Failure.broken
            }
        } else {
            count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        }
        if count == 0 { throw Failure.closed }
        guard count > 0 else { throw errno == EAGAIN ? Failure.timedOut : Failure.broken }
        return Array(buffer[..<count])
    }
}
