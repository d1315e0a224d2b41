// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON

/// What the server answered.
struct HTTPAnswer {
    var status: Int
    var headers: HTTPHeaders
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    /// The body as JSON; null when it is none.
    var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    /// The stable name of an error.
    var error: String? { json["code"]?.string }
}

/// A client's HTTP connection: one request at a time.
final class HTTPConnection {
    enum Failure: Error { case malformed }

    let wire: Wire
    private let authority: String
    /// Bytes that arrived and were not read yet.
    private(set) var unread: [UInt8] = []

    init(_ server: TestServer) throws {
        wire = try server.connect()
        authority = server.authority
    }

    func request(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8] = []
    ) throws -> HTTPAnswer {
        try send(method, path, headers: headers, body: body)
        return try answer(to: method)
    }

    func send(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8] = []
    ) throws {
        var text = "\(method) \(path) HTTP/1.1\r\n"
        if !headers.contains(where: { $0.0 == "Host" }) { text += "Host: \(authority)\r\n" }
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if !body.isEmpty || method == "POST" { text += "Content-Length: \(body.count)\r\n" }
        try wire.send(Array((text + "\r\n").utf8) + body)
    }

    func answer(to method: String = "GET") throws -> HTTPAnswer {
        let head = try line(until: Array("\r\n\r\n".utf8))
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Failure.malformed
        }
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw Failure.malformed }
            headers.append(String(parts[0]), String(parts[1].drop { $0 == " " }))
        }
        let length = method == "HEAD" ? 0 : headers["Content-Length"].flatMap { Int($0) } ?? 0
        while unread.count < length { unread += try wire.receive() }
        let body = Array(unread[..<length])
        unread.removeFirst(length)
        return HTTPAnswer(status: status, headers: headers, body: body)
    }

    private func line(until end: [UInt8]) throws -> [UInt8] {
        while true {
            if let index = unread.indices.first(where: { unread[$0...].starts(with: end) }) {
                defer { unread.removeFirst(index + end.count) }
                return Array(unread[..<index])
            }
            unread += try wire.receive()
        }
    }
}
