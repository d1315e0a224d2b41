// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP
import TLS
import WebSocket

/// A small blocking client. Nothing waits longer than ten seconds, after which a test fails.
final class Client {
    private var descriptor: Int32
    private var tls: TLSSession?
    private var unread: [UInt8] = []

    /// - Parameter receiveBuffer: Bytes the kernel keeps for us: small for a slow reader.
    init(port: UInt16, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4)
        }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw ClientError("connect: \(errno)") }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func startTLS(_ context: TLSContext, offering protocols: [ApplicationProtocol] = []) throws {
        var session = try TLSSession(context, descriptor: descriptor)
        if !protocols.isEmpty { session.offer(protocols) }
        guard session.handshake() == .done(0) else { throw ClientError("TLS handshake") }
        tls = consume session
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { bytes in
                if tls == nil {
                    return unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
                }
                if case .done(let count) = unsafe tls?.write(bytes) { return count }
                return -1
            }
            guard count > 0 else { throw ClientError("send: \(errno)") }
            rest = rest.dropFirst(count)
        }
    }

    /// Sends what the kernel takes without waiting; says how much that was.
    func sendSome(_ bytes: [UInt8]) -> Int {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes { rest in
                unsafe Glibc.send(
                    descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            guard count > 0 else { break }
            sent += count
        }
        return sent
    }

    func endInput() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes with a reset, as a crashed browser does.
    func abort() {
        var option = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
        descriptor = -1
    }

    /// Some bytes, or none at the end of the connection, clean or not.
    private func receive() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            if tls == nil { return unsafe recv(descriptor, bytes.baseAddress, bytes.count, 0) }
            if case .done(let count) = unsafe tls?.read(into: bytes) { return count }
            return 0
        }
        guard count >= 0 || errno == ECONNRESET else { throw ClientError("nothing came") }
        return Array(buffer[..<max(count, 0)])
    }

    /// - Returns: fewer than `count` bytes at the end of the connection.
    func read(_ count: Int) throws -> [UInt8] {
        while unread.count < count {
            let bytes = try receive()
            if bytes.isEmpty { break }
            unread.append(contentsOf: bytes)
        }
        defer { unread.removeFirst(min(count, unread.count)) }
        return Array(unread.prefix(count))
    }

    /// Everything up to the end of the connection.
    func readToEnd() throws -> String { String(decoding: try read(.max), as: UTF8.self) }

    /// Whether the server has closed without another byte.
    func isClosed() throws -> Bool { try read(1).isEmpty }

    /// Status line and fields, up to the empty line.
    func readHead() throws -> String {
        let end = Array("\r\n\r\n".utf8)
        var bytes: [UInt8] = []
        while !bytes.suffix(4).elementsEqual(end) {
            let byte = try read(1)
            guard !byte.isEmpty else { break }
            bytes += byte
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// One answer with its content.
    func readAnswer(toHead: Bool = false) throws -> Answer {
        let lines = try readHead().split(separator: "\r\n").map(String.init)
        guard let first = lines.first, let status = Int(first.split(separator: " ").dropFirst().first ?? "")
        else { throw ClientError("no status line") }
        var answer = Answer(status: status)
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            answer.headers.append(String(parts[0]), String(parts[1].drop { $0 == " " }))
        }
        let length = answer.headers["Content-Length"].flatMap { Int($0) } ?? 0
        if !toHead, status != 304 { answer.body = try read(length) }
        return answer
    }

    struct Answer {
        var status: Int
        var headers = HTTPHeaders()
        var body: [UInt8] = []
        var text: String { String(decoding: body, as: UTF8.self) }
    }
}

struct ClientError: Error {
    var reason: String
    init(_ reason: String) { self.reason = reason }
}

// MARK: WebSocket

extension Client {
    static let upgrade = """
        Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n
        """

    static func webSocketHandshake(_ path: String, _ offer: String = "") -> String {
        "GET \(path) HTTP/1.1\r\n\(upgrade)\(offer)\r\n"
    }

    /// Opens a WebSocket at `path`. - Returns: the answer's head.
    @discardableResult
    func openWebSocket(_ path: String = "/socket", extensions: String? = nil) throws -> String {
        let offer = extensions.map { "Sec-WebSocket-Extensions: \($0)\r\n" } ?? ""
        try send(Self.webSocketHandshake(path, offer))
        let head = try readHead()
        guard head.hasPrefix("HTTP/1.1 101 ") else { throw ClientError(head) }
        return head
    }

    func sendFrame(
        _ opcode: WebSocketFrame.Opcode, _ payload: [UInt8], fin: Bool = true, rsv1: Bool = false
    ) throws {
        var bytes: [UInt8] = []
        WebSocketFrame.encode(
            opcode, payload: payload, fin: fin, rsv1: rsv1, mask: [1, 2, 3, 4], into: &bytes)
        try send(bytes)
    }

    struct Frame: Equatable {
        var first: UInt8
        var payload: [UInt8]
    }

    /// One frame of the server's; its first byte is FIN, RSV1 and opcode.
    func readFrame() throws -> Frame {
        let header = try read(2)
        guard header.count == 2 else { throw ClientError("no frame") }
        var length = Int(header[1])
        if length >= 126 { length = try read(length == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) } }
        return Frame(first: header[0], payload: try read(length))
    }

    /// The code of the close frame that comes next, after which the connection must end.
    func readClose() throws -> UInt16? {
        let frame = try readFrame()
        guard frame.first == 0x88 else { throw ClientError("frame \(frame.first) instead of a close") }
        guard frame.payload.count >= 2 else { return nil }
        return UInt16(frame.payload[0]) << 8 | UInt16(frame.payload[1])
    }
}
