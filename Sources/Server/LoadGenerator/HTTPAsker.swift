// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import TLS

/// Asks the server over HTTP, with a connection for each request. RFC 9112.
struct HTTPAsker: Sendable {
    struct Answer: Sendable {
        var status: Int
        var headers = HTTPHeaders()
        var body: [UInt8] = []

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private static let mostBytes = 1 << 20
    let place: ServerPlace
    let token: String?

    func ask(
        _ method: String, _ target: String, type: String? = nil, body: String = "", headers: [String] = []
    ) throws(LoadFailure) -> Answer {
        let connection = try place.connect()
        var lines = ["\(method) \(target) HTTP/1.1", "Host: \(place.url.authority)", "Connection: close"]
        if let type { lines += ["Content-Type: \(type)"] }
        if let token { lines += ["Authorization: Bearer \(token)"] }
        if method != "GET" { lines += ["Content-Length: \(body.utf8.count)"] }
        lines += headers
        try connection.send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
        return try Self.read(connection)
    }

    private static func read(_ connection: ClientConnection) throws(LoadFailure) -> Answer {
        var bytes: [UInt8] = []
        var answer: Answer?
        var bodyStart = 0
        while bytes.count < mostBytes {
            guard let more = connection.read() else { throw LoadFailure("the server does not answer") }
            bytes += more
            if answer == nil, let end = headEnd(bytes) {
                answer = try head(bytes[..<end])
                bodyStart = end
            }
            if var answer {
                let length = answer.headers["Content-Length"].flatMap { Int($0) }
                let isEmpty = answer.status == 204 || answer.status == 304
                if isEmpty || length.map({ bytes.count >= bodyStart + $0 }) ?? more.isEmpty {
                    answer.body = isEmpty ? [] : Array(bytes[bodyStart...].prefix(length ?? .max))
                    return answer
                }
            }
            guard !more.isEmpty else {
                throw LoadFailure("the server ended the connection before its answer")
            }
        }
        throw LoadFailure("the server's answer is too long")
    }

    /// Where the body begins, once the head is complete.
    private static func headEnd(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 0...bytes.count - 4 where bytes[index] == 13 {
            if bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10 { return index + 4 }
        }
        return nil
    }

    static func head(_ bytes: some Collection<UInt8>) throws(LoadFailure) -> Answer {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw LoadFailure("the server does not speak HTTP")
        }
        var answer = Answer(status: status)
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            let value = parts[1].drop { $0 == " " }
            answer.headers.append(String(parts[0]), String(value))
        }
        return answer
    }
}
