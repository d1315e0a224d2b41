// SPDX-License-Identifier: Apache-2.0
internal import EngineIO
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import MeetingProtocol
internal import ServerConfig
internal import Signalling
internal import SocketIOPackets
internal import WebServer
internal import WebSocket

/// Runs one Engine.IO session and the Socket.IO connection above it on real requests and sockets.
final class SignallingSession {
    let id: String
    /// Where the client is, for limits; never logged as it is.
    let clientAddress: String
    private unowned let shard: Shard
    private var engine: EngineIOSession
    private var connection: SocketIOConnection
    private var exchanges: [UInt64: HTTPExchange] = [:]
    private var sockets: [UInt64: WebSocketConnection] = [:]
    private var nextNumber: UInt64 = 0
    private var timer: LoopTimer?
    private var meetingClient: MeetingClient?
    /// Inputs that came while others were being handled: answering a poll may bring the next one.
    private var waiting = Queue<EngineIOSession.Input>()
    private var isHandling = false
    private var isOver = false
    /// Added to every answer: CORS.
    private let respond: (HTTPExchange, HTTPResponse) -> Void

    init(
        id: String, clientAddress: String, on shard: Shard,
        respond: @escaping (HTTPExchange, HTTPResponse) -> Void
    ) {
        self.id = id
        self.clientAddress = clientAddress
        self.shard = shard
        self.respond = respond
        engine = EngineIOSession(id: id, at: shard.loop.now)
        connection = SocketIOConnection(at: shard.loop.now)
        timer = LoopTimer(on: shard.loop) { [unowned self] in handle(.tick) }
    }

    /// Whether a client has got through to it.
    var isOpen: Bool { !sockets.isEmpty || !exchanges.isEmpty }

    // MARK: Requests and sockets

    func poll(_ exchange: HTTPExchange) { handle(.poll(.init(rawValue: hold(exchange)))) }

    func post(_ exchange: HTTPExchange) {
        let body = exchange.request.body
        handle(.post(.init(rawValue: hold(exchange)), body: body))
    }

    private func hold(_ exchange: HTTPExchange) -> UInt64 {
        nextNumber += 1
        let number = nextNumber
        exchanges[number] = exchange
        exchange.onAbort = { [weak self] in
            guard let self else { return }
            self.exchanges[number] = nil
            self.handle(.requestAborted(.init(rawValue: number)))
        }
        return number
    }

    /// Switches the request to WebSocket and hands the socket to the engine.
    func open(_ exchange: HTTPExchange) {
        nextNumber += 1
        let delegate = SessionSocket(number: nextNumber, session: self)
        let deflate = shard.services.config.http.webSocketCompression
        guard let socket = exchange.upgrade(deflate: deflate, delegate: delegate) else { return }
        sockets[nextNumber] = socket
        handle(.webSocketOpened(.init(rawValue: nextNumber)))
    }

    fileprivate func received(_ message: EngineIOMessage, on number: UInt64) {
        handle(.webSocketReceived(.init(rawValue: number), message))
    }

    fileprivate func closed(_ number: UInt64) {
        sockets[number] = nil
        handle(.webSocketClosed(.init(rawValue: number)))
    }

    // MARK: For the client's events

    func send(_ packet: SocketIOPacket) { tell(.send(packet)) }
    func relay(_ messages: [EngineIOMessage], in namespace: String) {
        tell(.relay(namespace: namespace, messages))
    }
    func leave(_ namespace: String) { tell(.disconnect(namespace: namespace)) }
    func close() { handle(.close) }

    private func tell(_ input: SocketIOConnection.Input) {
        connection.handle(input, at: shard.loop.now)
        handle(.tick)
    }

    // MARK: Running the engines

    private func handle(_ input: EngineIOSession.Input) {
        waiting.append(input)
        guard !isHandling else { return }
        isHandling = true
        while let input = waiting.popFirst() {
            if case .tick = input { connection.handle(.tick, at: shard.loop.now) }
            engine.handle(input, at: shard.loop.now)
            drain()
        }
        isHandling = false
        timer?.arm(at: [engine.deadline, connection.deadline].compactMap(\.self).min())
        if isOver, !engine.isLingering {
            timer?.cancel()
            shard.signalling.forget(self)
        }
    }

    /// The upper engine first: each message of the client is dealt with before the next is looked at,
    /// so that what a message asks for is never carried out after a later one has closed everything.
    private func drain() {
        while true {
            if let output = connection.poll() {
                perform(output)
            } else if let output = engine.poll() {
                perform(output)
            } else {
                return
            }
        }
    }

    private func perform(_ output: EngineIOSession.Output) {
        switch output {
        case .answerPoll(let request, let body):
            answer(
                request,
                HTTPResponse(
                    .ok,
                    headers: ["Content-Type": "text/plain; charset=UTF-8", "Cache-Control": "no-store"],
                    body: .bytes(body)))
        case .acceptPost(let request):
            answer(
                request,
                HTTPResponse(
                    .ok, headers: ["Content-Type": "text/html", "Cache-Control": "no-store"],
                    body: .bytes(Array("ok".utf8))))
        case .refuse(let request): answer(request, HTTPResponse(.badRequest))
        case .sendFrame(let socket, .text(let text)): sockets[socket.rawValue]?.send(text: text)
        case .sendFrame(let socket, .binary(let bytes)): sockets[socket.rawValue]?.send(binary: bytes)
        case .closeWebSocket(let socket): sockets[socket.rawValue]?.close(nil)
        case .received(let message): connection.handle(.received(message), at: shard.loop.now)
        case .closed:
            isOver = true
            connection.handle(.sessionClosed, at: shard.loop.now)
        }
    }

    private func answer(_ request: EngineIOSession.RequestID, _ response: HTTPResponse) {
        guard let exchange = exchanges.removeValue(forKey: request.rawValue) else { return }
        respond(exchange, response)
    }

    private func perform(_ output: SocketIOConnection.Output) {
        switch output {
        case .connecting(let namespace, let auth): connecting(namespace, auth)
        case .event(_, let name, let arguments, let id): meetingClient?.received(name, arguments, ack: id)
        case .acknowledged: break  // no event of ours asks for one
        case .disconnected:
            meetingClient?.disconnected()
            meetingClient = nil
        case .send(let messages): engine.handle(.send(messages), at: shard.loop.now)
        case .close: engine.handle(.close, at: shard.loop.now)
        }
    }

    /// There is one namespace so far.
    private func connecting(_ namespace: String, _ auth: JSONObject?) {
        let now = shard.loop.now
        guard namespace == Handshake.namespace else {
            return connection.handle(
                .refuse(namespace: namespace, message: "Invalid namespace", data: nil), at: now)
        }
        guard Handshake.accepts(auth: auth.map(JSONValue.object)) else {
            return connection.handle(
                .refuse(
                    namespace: namespace, message: Refusal.unsupportedProtocol.rawValue,
                    data: Handshake.supported), at: now)
        }
        meetingClient = shard.register { MeetingClient($0, of: self, on: shard) }
        connection.handle(.accept(namespace: namespace, id: shard.signalling.makeSocketID()), at: now)
    }
}

/// Tells a session which of its sockets spoke.
private final class SessionSocket: WebSocketDelegate {
    private let number: UInt64
    private weak var session: SignallingSession?

    init(number: UInt64, session: SignallingSession) {
        self.number = number
        self.session = session
    }

    func webSocket(_ socket: WebSocketConnection, received text: [UInt8]) {
        session?.received(.text(text), on: number)
    }
    func webSocket(_ socket: WebSocketConnection, receivedBinary bytes: [UInt8]) {
        session?.received(.binary(bytes), on: number)
    }
    func webSocketClosed(_ socket: WebSocketConnection, code: WebSocketCloseCode?) {
        session?.closed(number)
    }
}
