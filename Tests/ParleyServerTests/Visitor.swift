// SPDX-License-Identifier: Apache-2.0
import EngineIO
import JSON
import MeetingProtocol
import SocketIOPackets

/// Somebody with a client, step by step: says what the test tells it to and keeps what it hears.
final class Visitor {
    enum Kind { case webSocket, polling }

    let server: TestServer
    private var transport: any Transport
    private var decoder = SocketIODecoder()
    private(set) var sessionID = ""
    private var nextAck: UInt64 = 0
    private var packets: [EngineIOPacket] = []
    /// Heard, not asked for yet.
    private var events: [(name: String, payload: JSONValue)] = []
    private var answers: [UInt64: JSONValue] = [:]
    private(set) var isDisconnected = false

    /// Opens an Engine.IO session and no more.
    init(_ server: TestServer, over kind: Kind = .webSocket, headers: [(String, String)] = []) throws {
        self.server = server
        switch kind {
        case .webSocket: transport = try WebSocketTransport(server, headers: headers)
        case .polling: transport = try PollingTransport(server, headers: headers)
        }
        guard case .open(let bytes) = try nextPacket() else { throw TransportFailure.unexpected }
        sessionID = try JSONValue(parsing: bytes)["sid"]?.string ?? ""
        (transport as? PollingTransport)?.path += "&sid=\(sessionID)"
    }

    /// A visitor who is let into the namespace.
    static func connected(_ server: TestServer, over kind: Kind = .webSocket) throws -> Visitor {
        let visitor = try Visitor(server, over: kind)
        guard case .connect = try visitor.enter() else { throw TransportFailure.unexpected }
        return visitor
    }

    /// Asks for the namespace and returns the answer.
    func enter(auth: JSONValue = Handshake.auth) throws -> SocketIOPacket.Kind {
        try send(SocketIOPacket(.connect(auth.object), namespace: Handshake.namespace))
        while true {
            guard let packet = try nextSocketIOPacket() else { continue }
            switch packet.kind {
            case .connect, .connectError: return packet.kind
            default: throw TransportFailure.unexpected
            }
        }
    }

    /// Goes on over a WebSocket, as browsers do after the first poll.
    func upgrade() throws {
        let socket = try WebSocketTransport(server, session: sessionID)
        try socket.send([.ping(Array("probe".utf8))])
        guard try socket.receive() == [.pong(Array("probe".utf8))] else { throw TransportFailure.unexpected }
        try socket.send([.upgrade])
        transport = socket
    }

    /// Drops the connection without a word.
    func hangUp() { (transport as? WebSocketTransport)?.hangUp() }

    // MARK: Saying

    /// Sends a request; its answer comes with ``answer(to:)``.
    func send(_ name: String, _ arguments: JSONValue...) throws -> UInt64 {
        nextAck += 1
        let id = nextAck
        try send(
            SocketIOPacket(
                .event(name, SocketIOArguments(arguments), id: .init(rawValue: id)),
                namespace: Handshake.namespace))
        return id
    }

    func send(_ packet: SocketIOPacket) throws {
        try transport.send(packet.messages.map(EngineIOPacket.message))
    }

    /// Sends requests in one body, so that no answer comes in between; their answers are numbered from
    /// the next on.
    func sendTogether(_ requests: [(name: String, payload: JSONValue)]) throws {
        var packets: [EngineIOPacket] = []
        for (name, payload) in requests {
            nextAck += 1
            let event = SocketIOPacket(
                .event(name, [payload], id: .init(rawValue: nextAck)),
                namespace: Handshake.namespace)
            packets += event.messages.map(EngineIOPacket.message)
        }
        try transport.send(packets)
    }

    func send(raw packets: [EngineIOPacket]) throws { try transport.send(packets) }

    func request(_ name: String, _ payload: JSONValue = [:]) throws -> JSONValue {
        try answer(to: send(name, payload))
    }

    func join(
        _ meeting: String, name: String = "Ana", page: String = "p1", seat: JSONValue = .null,
        after: JSONValue = .null
    ) throws -> JSONValue {
        try request("join", Self.joining(meeting, name: name, page: page, seat: seat, after: after))
    }

    static func joining(
        _ meeting: String, name: String = "Ana", page: String = "p1", seat: JSONValue = .null,
        after: JSONValue = .null
    ) -> JSONValue {
        [
            "meeting": .string(meeting), "name": .string(name), "page": .string(page), "seat": seat,
            "after": after, "media": media,
        ]
    }

    static let media: JSONValue = [
        "microphone": true, "camera": false, "screen": false, "screenStream": nil,
    ]

    func say(_ text: String, id: String = "m1") throws -> JSONValue {
        try request("chat", ["id": .string(id), "text": .string(text)])
    }

    // MARK: Hearing

    func answer(to id: UInt64) throws -> JSONValue {
        while true {
            if let answer = answers.removeValue(forKey: id) { return answer }
            try hear()
        }
    }

    /// The payload of the next event of this name; others are kept.
    func event(_ name: String) throws -> JSONValue {
        while true {
            if let index = events.firstIndex(where: { $0.name == name }) {
                return events.remove(at: index).payload
            }
            try hear()
        }
    }

    /// Waits until the server has put this client out of the namespace.
    func waitForDisconnect() throws {
        while !isDisconnected { try hear() }
    }

    /// The names of what was heard and not asked for.
    var unheard: [String] { events.map(\.name) }

    private func hear() throws {
        guard let packet = try nextSocketIOPacket() else { return }
        switch packet.kind {
        case .event(let name, let arguments, _): events.append((name, arguments.first?.value ?? .null))
        case .ack(let arguments, let id): answers[id.rawValue] = arguments.first?.value ?? .null
        case .disconnect: isDisconnected = true
        case .connect, .connectError: throw TransportFailure.unexpected
        }
    }

    private func nextSocketIOPacket() throws -> SocketIOPacket? {
        switch try nextPacket() {
        case .message(let message): return try decoder.decode(message)
        case .ping:
            try transport.send([.pong([])])
            return nil
        case .close: throw TransportFailure.closed
        default: return nil
        }
    }

    private func nextPacket() throws -> EngineIOPacket {
        while packets.isEmpty { packets = try transport.receive() }
        return packets.removeFirst()
    }
}
