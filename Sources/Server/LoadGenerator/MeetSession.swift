// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineIO
internal import EventLoops
internal import JSON
internal import MeetingProtocol
internal import SocketIOPackets
internal import SystemCalls
internal import TLS
internal import WebSocket

/// A participant's signalling: `/meet` over a WebSocket. docs/protocol.md
///
/// While its person joins, each call waits on the thread that joins them; then it is handed to the loop, where it
/// answers the heartbeat and goes on seeing who comes and what is watched.
final class MeetSession: EventHandler {
    /// What the server says without being asked.
    struct Event {
        var name: String
        var payload: JSONValue
    }

    private let connection: ClientConnection
    private var decoder = WebSocketDecoder(role: .client, maxMessage: 4_000_000)
    private var packets = SocketIODecoder()
    private var unread: [UInt8] = []
    private var random = SystemRandomSource()
    private var nextAck: UInt64 = 0
    /// Events that came while something else was waited for.
    private(set) var events: [Event] = []
    private var replies: [UInt64: JSONValue] = [:]
    private var isConnected = false
    private var why = ""
    /// Hears the events once the session is on the loop.
    var whenHeard: ((Event) -> Void)?
    private var registration: (loop: EventLoop, EventLoop.Registration)?
    private(set) var isLost = false

    init(_ place: ServerPlace) throws(LoadFailure) {
        connection = try place.connect()
        // What a proof of nothing needs: the server answers with its hash, and TLS has proved who it is.
        let key = Base64.encode(random.nextBytes(16))
        let request =
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: \(place.url.authority)\r\n"
            + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: \(String(decoding: key, as: UTF8.self))\r\nOrigin: \(place.url)\r\n\r\n"
        try connection.send(Array(request.utf8))
        var head: [UInt8] = []
        while !head.contains("\r\n\r\n".utf8) {
            guard let more = connection.read(), !more.isEmpty, head.count < 65_536 else {
                throw LoadFailure("the server opens no WebSocket")
            }
            head += more
        }
        let answer = try HTTPAsker.head(head)
        guard answer.status == 101 else {
            throw LoadFailure("the server opens no WebSocket: \(answer.status)")
        }
        unread = Array(head[(head.firstRange(of: "\r\n\r\n".utf8)?.upperBound ?? head.endIndex)...])
        try send(
            SocketIOPacket(
                .connect(JSONObject([("protocol", .number(JSONNumber(protocolVersion)))])), namespace: "/meet"
            ))
        while !isConnected { try wait() }
    }

    /// Sends a request and waits for its reply.
    func call(_ event: String, _ payload: JSONValue) throws(LoadFailure) -> JSONValue {
        let id = try emit(event, payload)
        while true {
            if let reply = replies.removeValue(forKey: id) {
                if let refused = reply["refused"]?.string {
                    throw LoadFailure("\(event): \(refused): \(reply["message"]?.string ?? "")")
                }
                return reply
            }
            try wait()
        }
    }

    /// Sends a request whose reply is of no interest.
    @discardableResult func emit(_ event: String, _ payload: JSONValue) throws(LoadFailure) -> UInt64 {
        nextAck += 1
        let id = SocketIOPacket.AckID(rawValue: nextAck)
        try send(SocketIOPacket(.event(event, SocketIOArguments([payload]), id: id), namespace: "/meet"))
        return nextAck
    }

    /// Gives the session to a loop; on that loop.
    func handOver(to loop: EventLoop) {
        connection.stopWaiting()
        guard let watched = try? loop.register(connection.descriptor, for: .readable, self) else { return }
        registration = (loop, watched)
        // What came before.
        let early = events
        events = []
        for event in early { whenHeard?(event) }
        ready(.readable)
    }

    func close() {
        if let registration { registration.loop.remove(registration.1) }
        registration = nil
        whenHeard = nil
    }

    func ready(_ events: Readiness) {
        while !isLost {
            guard let bytes = connection.read() else { return }
            guard !bytes.isEmpty else { return lose() }
            unread += bytes
            do throws(LoadFailure) { try takeMessages() } catch { return lose() }
            let heard = self.events
            self.events = []
            replies = [:]
            for event in heard { whenHeard?(event) }
        }
    }

    private func lose() {
        isLost = true
        if let registration { registration.loop.remove(registration.1) }
        registration = nil
    }

    // MARK: Parts

    private func wait() throws(LoadFailure) {
        guard let bytes = connection.read() else {
            throw LoadFailure("the server does not answer over /meet")
        }
        guard !bytes.isEmpty else { throw LoadFailure("the server ended /meet") }
        unread += bytes
        try takeMessages()
        if !why.isEmpty { throw LoadFailure(why) }
    }

    private func takeMessages() throws(LoadFailure) {
        var messages: [WebSocketEvent] = []
        do {
            let left = try unread.withReader { reader throws in
                while let event = try decoder.next(&reader) { messages.append(event) }
                return reader.remaining
            }
            unread.removeFirst(unread.count - left)
        } catch { throw LoadFailure("the server's WebSocket: \(error)") }
        for message in messages { try take(message) }
    }

    private func take(_ message: WebSocketEvent) throws(LoadFailure) {
        switch message {
        case .text(let text, _):
            do throws(DecodeError) {
                try take(EngineIOPacket(decoding: text))
            } catch { throw LoadFailure("the server's Engine.IO: \(error)") }
        case .ping(let payload): try write(.pong, payload)
        case .close: throw LoadFailure("the server ended /meet")
        case .binary, .pong: break
        }
    }

    private func take(_ packet: EngineIOPacket) throws(DecodeError) {
        switch packet {
        case .ping(let payload): try? write(.text, EngineIOPacket.pong(payload).encoded)
        case .message(let message): if let packet = try packets.decode(message) { take(packet) }
        case .open, .close, .pong, .upgrade, .noop: break
        }
    }

    private func take(_ packet: SocketIOPacket) {
        switch packet.kind {
        case .connect: isConnected = true
        case .connectError(let value): why = "the server refuses /meet: \(value.formatted)"
        case .event(let name, let arguments, _):
            events.append(Event(name: name, payload: arguments.values.first ?? .null))
        case .ack(let arguments, let id): replies[id.rawValue] = arguments.values.first ?? .null
        case .disconnect: why = "the server ended /meet"
        }
    }

    private func send(_ packet: SocketIOPacket) throws(LoadFailure) {
        for message in packet.messages { try write(.text, EngineIOPacket.message(message).encoded) }
    }

    private func write(_ opcode: WebSocketFrame.Opcode, _ payload: [UInt8]) throws(LoadFailure) {
        var frame: [UInt8] = []
        WebSocketFrame.encode(opcode, payload: payload, mask: random.nextBytes(4), into: &frame)
        try connection.send(frame)
    }
}
