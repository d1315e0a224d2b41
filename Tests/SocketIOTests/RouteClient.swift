// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP
import WebSocket

/// A small blocking client of message routes. Nothing waits longer than ten seconds, after which a
/// test fails.
final class RouteClient {
    private var descriptor: Int32
    private var unread: [UInt8] = []

    convenience init(_ server: MessageServer) throws { try self.init(port: server.port) }

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        _ = unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure("connect: \(errno)") }
    }

    deinit { leave() }

    struct Failure: Error {
        var reason: String
        init(_ reason: String) { self.reason = reason }
    }

    func leave() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    func send(_ bytes: [UInt8]) throws {
        let count = unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        guard count == bytes.count else { throw Failure("send: \(errno)") }
    }

    /// - Returns: fewer than `count` bytes at the end of the connection.
    func read(_ count: Int) throws -> [UInt8] {
        while unread.count < count {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let received = unsafe recv(descriptor, &buffer, buffer.count, 0)
            guard received >= 0 || errno == ECONNRESET else { throw Failure("nothing came") }
            if received <= 0 { break }
            unread.append(contentsOf: buffer[..<received])
        }
        defer { unread.removeFirst(min(count, unread.count)) }
        return Array(unread.prefix(count))
    }

    private func readLine() throws -> String {
        var line: [UInt8] = []
        while !line.suffix(2).elementsEqual("\r\n".utf8) {
            let byte = try read(1)
            guard !byte.isEmpty else { throw Failure("the connection ended") }
            line += byte
        }
        return String(decoding: line.dropLast(2), as: UTF8.self)
    }

    // MARK: HTTP

    struct Answer {
        var status: Int
        var headers = HTTPHeaders()
        var body = ""
    }

    /// Sends a request and reads the head of its answer.
    func open(
        _ method: String, _ target: String, _ body: String = "", headers: [String] = [],
        version: String = "1.1"
    ) throws -> Answer {
        var lines = ["\(method) \(target) HTTP/\(version)", "Host: x"] + headers
        if method == "POST" { lines.append("Content-Length: \(body.utf8.count)") }
        try send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
        guard let status = Int(try readLine().split(separator: " ")[1]) else { throw Failure("no status") }
        var answer = Answer(status: status)
        while true {
            let line = try readLine()
            if line.isEmpty { return answer }
            let parts = line.split(separator: ":", maxSplits: 1)
            answer.headers.append(String(parts[0]), String(parts[1].drop { $0 == " " }))
        }
    }

    /// Sends a request and reads its whole answer.
    func ask(_ method: String, _ target: String, _ body: String = "", headers: [String] = []) throws -> Answer
    {
        var answer = try open(method, target, body, headers: headers)
        let length = answer.headers["Content-Length"].flatMap { Int($0) } ?? 0
        answer.body = String(decoding: try read(length), as: UTF8.self)
        return answer
    }

    /// The next chunk of a streaming answer; `nil` after the last.
    func chunk() throws -> String? {
        guard let count = Int(try readLine(), radix: 16) else { throw Failure("no chunk") }
        let bytes = try read(count)
        guard try readLine().isEmpty else { throw Failure("no end of chunk") }
        return count == 0 ? nil : String(decoding: bytes, as: UTF8.self)
    }

    // MARK: WebSocket

    func openWebSocket(_ target: String, headers: [String] = []) throws -> Answer {
        let upgrade = [
            "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==",
        ]
        return try open("GET", target, headers: upgrade + headers)
    }

    func sendFrame(_ opcode: WebSocketFrame.Opcode = .text, _ payload: [UInt8]) throws {
        var bytes: [UInt8] = []
        WebSocketFrame.encode(opcode, payload: payload, mask: [1, 2, 3, 4], into: &bytes)
        try send(bytes)
    }

    func sendText(_ text: String) throws { try sendFrame(.text, Array(text.utf8)) }

    /// The next frame's first byte, which is FIN and opcode, and its payload.
    func frame() throws -> (first: UInt8, payload: [UInt8]) {
        let header = try read(2)
        guard header.count == 2 else { throw Failure("no frame") }
        var length = Int(header[1])
        if length >= 126 { length = try read(length == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) } }
        return (header[0], try read(length))
    }

    /// The next frame in words: its text, or the code of a close.
    func message() throws -> String {
        let (first, payload) = try frame()
        switch first {
        case 0x81: return String(decoding: payload, as: UTF8.self)
        case 0x82: return "binary \(payload)"
        case 0x88 where payload.count >= 2: return "close \(Int(payload[0]) << 8 | Int(payload[1]))"
        default: return "frame \(first)"
        }
    }
}
