// SPDX-License-Identifier: Apache-2.0
import EventLoops
import Glibc
import JSON
import SocketIO
import Synchronization
import WebSocket

/// A Socket.IO client over WebSocket whose reading blocks a thread of its own, and none of the tasks'.
final class ClusterClient: Sendable {
    struct Failure: Error {}
    /// The server's answer to who may not come in.
    struct Refused: Error, Equatable { let message: String }

    private let descriptor: Int32
    private let loop: EventLoop
    private let packets: AsyncStream<SocketIOPacket>
    private let namespace: String
    let id: String
    /// Whether the server says that it would let it come back for what it missed.
    let isRecoverable: Bool

    init(port: UInt16, namespace: String = "/", auth: JSONObject? = nil) async throws {
        descriptor = try Self.connect(port)
        loop = try EventLoop.start(name: "client")
        self.namespace = namespace
        let (packets, continuation) = AsyncStream<SocketIOPacket>.makeStream()
        self.packets = packets
        let descriptor = descriptor
        loop.execute { Self.read(descriptor, continuation) }
        Self.send(SocketIOPacket(.connect(auth), namespace: namespace), to: descriptor)
        var iterator = packets.makeAsyncIterator()
        let answer = await iterator.next()?.kind
        if case .connectError(let error)? = answer { throw Refused(message: error["message"]?.string ?? "") }
        guard case .connect(let data)? = answer, let id = data?["sid"]?.string else { throw Failure() }
        self.id = id
        isRecoverable = data?["pid"] != nil
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        let descriptor = descriptor
        loop.execute { close(descriptor) }
        loop.stop()
    }

    func emit(_ name: String, _ arguments: SocketIOArguments, id: UInt64? = nil) {
        let id = id.map { SocketIOPacket.AckID(rawValue: $0) }
        Self.send(SocketIOPacket(.event(name, arguments, id: id), namespace: namespace), to: descriptor)
    }

    /// Emits, and waits for the acknowledgement.
    func ask(_ name: String, _ arguments: SocketIOArguments = []) async -> SocketIOArguments? {
        emit(name, arguments, id: 7)
        guard case .ack(let answer, _)? = await next()?.kind else { return nil }
        return answer
    }

    func acknowledge(_ id: SocketIOPacket.AckID, _ arguments: SocketIOArguments) {
        Self.send(SocketIOPacket(.ack(arguments, id: id), namespace: namespace), to: descriptor)
    }

    /// The next packet; `nil` when the connection has ended.
    func next() async -> SocketIOPacket? {
        var iterator = packets.makeAsyncIterator()
        return await iterator.next()
    }

    /// The next packet's event and arguments.
    func event() async -> String? {
        guard case .event(let name, let arguments, _)? = await next()?.kind else { return nil }
        return ([name] + arguments.map(\.description)).joined(separator: " ")
    }

    // MARK: The wire

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
        guard status == 0 else { throw Failure() }
        let request = """
            GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r
            Host: x\r
            Connection: Upgrade\r
            Upgrade: websocket\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
            \r\n
            """
        write(Array(request.utf8), to: descriptor)
        var end: [UInt8] = []
        while !end.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard let byte = receive(1, from: descriptor)?.first else { throw Failure() }
            end.append(byte)
        }
        return descriptor
    }

    private static func send(_ packet: SocketIOPacket, to descriptor: Int32) {
        for message in packet.messages {
            switch message {
            case .text(let text): frame(.text, Array("4".utf8) + text, to: descriptor)
            case .binary(let bytes): frame(.binary, bytes, to: descriptor)
            }
        }
    }

    private static func frame(_ opcode: WebSocketFrame.Opcode, _ payload: [UInt8], to descriptor: Int32) {
        var bytes: [UInt8] = []
        WebSocketFrame.encode(opcode, payload: payload, mask: [1, 2, 3, 4], into: &bytes)
        write(bytes, to: descriptor)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        _ = unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    private static func receive(_ count: Int, from descriptor: Int32) -> [UInt8]? {
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

    private static func read(_ descriptor: Int32, _ packets: AsyncStream<SocketIOPacket>.Continuation) {
        defer { packets.finish() }
        var decoder = SocketIODecoder()
        while let header = receive(2, from: descriptor) {
            var length = Int(header[1])
            if length >= 126 {
                guard let more = receive(length == 126 ? 2 : 8, from: descriptor) else { return }
                length = more.reduce(0) { $0 << 8 | Int($1) }
            }
            guard let payload = receive(length, from: descriptor) else { return }
            let isText = header[0] & 0x0F == 1
            if isText, payload.first == UInt8(ascii: "2") { frame(.text, Array("3".utf8), to: descriptor) }
            guard !isText || payload.first == UInt8(ascii: "4"), header[0] & 0x0F <= 2 else { continue }
            guard
                let decoded = try? decoder.decode(
                    isText ? .text(Array(payload.dropFirst())) : .binary(payload))
            else { continue }
            packets.yield(decoded)
        }
    }
}
