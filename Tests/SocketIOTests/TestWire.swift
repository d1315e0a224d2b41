// SPDX-License-Identifier: Apache-2.0
import EventLoops
import Glibc
import SocketIO
import Synchronization
import WebSocket

/// A WebSocket of a test's client: frames in and out, and pongs.
final class TestWire: Sendable {
    /// What the server's close frame said: no code when it was empty, `nil` when there was none.
    struct Ending: Hashable {
        var code: UInt16?
        var reason = ""
        /// Whether there was a close frame.
        var isClean = false
    }

    private struct State {
        var isPaused = false
        var ending = Ending()
    }

    private let descriptor: Int32
    private let revision: EngineIORevision
    private let parser: SocketIOParser
    private let answersPings: Bool
    private let loop: EventLoop
    private let packets: AsyncStream<SocketIOPacket>
    private let continuation: AsyncStream<SocketIOPacket>.Continuation
    private let state = Mutex(State())
    private let writing = Mutex(())

    /// The owner drops it in the end: its reader keeps it until then.
    init(port: UInt16, _ options: TestClient.Options) throws {
        revision = options.revision
        parser = options.parser
        answersPings = options.answersPings
        descriptor = try Self.connect(port)
        loop = try EventLoop.start(name: "client")
        (packets, continuation) = AsyncStream<SocketIOPacket>.makeStream()
        try open(options)
        startReading()
    }

    deinit {
        let descriptor = descriptor
        loop.execute { close(descriptor) }
        loop.stop()
    }

    var ending: Ending { state.withLock(\.ending) }

    func next() async -> SocketIOPacket? {
        var iterator = packets.makeAsyncIterator()
        return await iterator.next()
    }

    func drop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Takes at most one more frame.
    func pause() { state.withLock { $0.isPaused = true } }

    func resume() {
        state.withLock { $0.isPaused = false }
        startReading()
    }

    // MARK: Sending

    func send(_ packet: SocketIOPacket, in parser: SocketIOParser) {
        for message in packet.messages(in: parser) { send(message) }
    }

    /// Sends a message of Engine.IO.
    func send(_ message: EngineIOMessage) {
        switch message {
        case .text(let text): frame(.text, Array("4".utf8) + text)
        case .binary(let bytes): frame(.binary, revision == .three ? [4] + bytes : bytes)
        }
    }

    /// Sends a packet of Engine.IO as it stands.
    func send(raw text: String) { frame(.text, Array(text.utf8)) }

    func frame(_ opcode: WebSocketFrame.Opcode, _ payload: [UInt8]) {
        var bytes: [UInt8] = []
        WebSocketFrame.encode(opcode, payload: payload, mask: [1, 2, 3, 4], into: &bytes)
        // Frames must not mix, whoever sends them.
        writing.withLock { _ in write(bytes) }
    }

    private func write(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    // MARK: Connecting

    private static func connect(_ port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw TestClient.Failure("connect: \(errno)") }
        return descriptor
    }

    private func open(_ options: TestClient.Options) throws {
        let version = revision == .three ? "3" : "4"
        let lines =
            [
                "GET /socket.io/?EIO=\(version)&transport=websocket\(options.query) HTTP/1.1", "Host: x",
                "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ] + options.headers
        write(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8))
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard let byte = receive(1)?.first else { throw TestClient.Failure("no answer") }
            head.append(byte)
        }
        let answer = String(decoding: head, as: UTF8.self)
        guard answer.hasPrefix("HTTP/1.1 101") else {
            throw TestClient.Failure(String(answer.prefix { $0 != "\r\n" }))
        }
    }

    // MARK: Reading, on the loop

    private func startReading() {
        loop.execute { [weak self] in self?.read() }
    }

    private func read() {
        var decoder = SocketIODecoder(parser: parser)
        while let header = receive(2) {
            var length = Int(header[1])
            if length >= 126 {
                guard let more = receive(length == 126 ? 2 : 8) else { break }
                length = more.reduce(0) { $0 << 8 | Int($1) }
            }
            guard let payload = receive(length) else { break }
            if let packet = received(header[0] & 0x0F, payload, &decoder) { continuation.yield(packet) }
            if state.withLock(\.isPaused) { return }
        }
        continuation.finish()
    }

    private func received(
        _ opcode: UInt8, _ payload: [UInt8], _ decoder: inout SocketIODecoder
    ) -> SocketIOPacket? {
        switch (opcode, payload.first) {
        case (1, UInt8(ascii: "2")?):
            if answersPings { send(raw: "3") }
            return nil
        case (1, UInt8(ascii: "4")?)
        where revision == .three && payload.dropFirst().first == UInt8(ascii: "4"):
            return refusal(payload)
        case (1, UInt8(ascii: "4")?): return try? decoder.decode(.text(Array(payload.dropFirst())))
        case (2, _):
            let bytes = revision == .three ? Array(payload.dropFirst()) : payload
            return try? decoder.decode(.binary(bytes))
        case (8, _):
            let code = payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil
            let reason = String(decoding: payload.dropFirst(2), as: UTF8.self)
            state.withLock { $0.ending = Ending(code: code, reason: reason, isClean: true) }
            frame(.close, payload)
            return nil
        default: return nil
        }
    }

    /// Clients of Engine.IO 3 are told of a refusal with any value, which servers never read.
    private func refusal(_ text: [UInt8]) -> SocketIOPacket? {
        let parts = text.dropFirst(2).split(separator: UInt8(ascii: ","), maxSplits: 1)
        guard parts.count == 2, let data = try? JSONValue(parsing: parts[1]) else { return nil }
        return SocketIOPacket(.connectError(data), namespace: String(decoding: parts[0], as: UTF8.self))
    }

    private func receive(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let received = unsafe bytes[filled...].withUnsafeMutableBytes {
                unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
            }
            guard received > 0 else { return nil }
            filled += received
        }
        return bytes
    }
}
