// SPDX-License-Identifier: Apache-2.0
internal import CNet
internal import Glibc
internal import NetworkAddresses
internal import ServerConfig
internal import TLS

/// One POST to a receiver, on a connection of its own that the calling thread waits on.
struct WebhookRequest {
    /// Why a receiver was not reached, for the operator.
    struct Failure: Error {
        var reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// Seconds that connecting, and each read and write, may take.
    private static let patience: Int32 = 10
    /// Nobody needs more of an answer than its first line.
    private static let mostAnswer = 4096

    let url: WebhookURL
    /// Private and loopback addresses are allowed.
    let reachesPrivate: Bool
    let tls: TLSContext

    /// The status of the answer. Redirections are not followed: they could lead anywhere.
    func post(_ body: [UInt8], _ headers: [(String, String)]) throws(Failure) -> Int {
        let descriptor = try connect()
        defer { close(descriptor) }
        var lines = ["POST \(url.target) HTTP/1.1", "Host: \(url.authority)", "Connection: close"]
        lines += ["Content-Type: application/json", "Content-Length: \(body.count)"]
        lines += headers.map { "\($0.0): \($0.1)" }
        let message = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
        guard url.isSecure else { return try Self.exchange(message, PlainLine(descriptor)) }
        let line: SecureLine
        do throws(TLSError) {
            var session = try TLSSession(tls, descriptor: descriptor)
            try session.expect(url.host)
            line = SecureLine(session)
        } catch { throw Failure("\(error)") }
        guard line.handshake() else { throw Failure("its certificate is not trusted, or it speaks no TLS") }
        return try Self.exchange(message, line)
    }

    /// Connects to an address that was looked at before: a name may stand for another one a moment later.
    private func connect() throws(Failure) -> Int32 {
        let place = ListenAddress(host: url.host, port: url.port)
        guard let address = place.resolved() else { throw Failure("its name is not known") }
        guard reachesPrivate || address.canonical.purpose == nil && address.purpose == nil else {
            throw Failure("\(address) is no public address; see webhooks.private-addresses")
        }
        let descriptor = unsafe cnet_connect("\(address)", url.port, Self.patience)
        guard descriptor >= 0 else { throw Failure(unsafe String(cString: strerror(errno))) }
        return descriptor
    }

    private static func exchange(_ message: [UInt8], _ line: any Line) throws(Failure) -> Int {
        guard line.write(message) else { throw Failure("the connection broke") }
        var answer: [UInt8] = []
        while answer.count < mostAnswer, !answer.contains(UInt8(ascii: "\n")) {
            let more = line.read()
            guard !more.isEmpty else { break }
            answer += more
        }
        let first = String(decoding: answer.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
        let words = first.split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw Failure("it does not answer in HTTP")
        }
        return status
    }
}

/// A connection on which calls wait.
private protocol Line {
    /// False when the connection broke.
    func write(_ bytes: [UInt8]) -> Bool
    /// Empty at the end, and when nothing came in time.
    func read() -> [UInt8]
}

extension Line {
    fileprivate func writeAll(_ bytes: [UInt8], _ write: (UnsafeRawBufferPointer) -> Int) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe write(UnsafeRawBufferPointer(rebasing: $0[sent...]))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}

private struct PlainLine: Line {
    let descriptor: Int32
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    func write(_ bytes: [UInt8]) -> Bool {
        unsafe writeAll(bytes) { unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    func read() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        return Array(buffer.prefix(max(0, count)))
    }
}

private final class SecureLine: Line {
    private var session: TLSSession
    init(_ session: consuming TLSSession) { self.session = session }

    /// False for who is not the server that was asked for.
    func handshake() -> Bool { session.handshake() == .done(0) }

    func write(_ bytes: [UInt8]) -> Bool {
        unsafe writeAll(bytes) {
            guard case .done(let count) = unsafe session.write($0) else { return -1 }
            return count
        }
    }

    func read() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = unsafe buffer.withUnsafeMutableBytes { buffer -> Int in
            guard case .done(let count) = unsafe session.read(into: buffer) else { return 0 }
            return count
        }
        return Array(buffer.prefix(count))
    }
}
