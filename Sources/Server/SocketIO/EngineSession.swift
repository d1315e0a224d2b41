// SPDX-License-Identifier: Apache-2.0
internal import EngineIO
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import Signalling
internal import WebServer
internal import WebSocket

/// What is above an Engine.IO session. Everything happens on the session's loop.
protocol EngineSessionUser: AnyObject {
    func received(_ message: EngineIOMessage)
    /// The last call.
    func closed(_ reason: DisconnectReason)
    /// When ``tick()`` wants to be called at the latest.
    var deadline: Instant? { get }
    func tick()
}

/// Runs one Engine.IO session on real requests and sockets.
final class EngineSession {
    let id: String
    let origin: SessionOrigin
    unowned let hub: Hub
    private var engine: EngineIOSession
    private var user: (any EngineSessionUser)?
    private var exchanges: [UInt64: PollExchange] = [:]
    private var webSockets: [UInt64: WebSocketConnection] = [:]
    private var nextNumber: UInt64 = 0
    private var timer: LoopTimer?
    /// Inputs that came while others were being handled: answering a poll may bring the next one.
    private var waiting = Queue<EngineIOSession.Input>()
    private var isHandling = false
    private var endReason: DisconnectReason?

    init(id: String, on hub: Hub, origin: SessionOrigin) {
        self.id = id
        self.hub = hub
        self.origin = origin
        let options = hub.server.options
        let now = hub.loop.now
        engine = EngineIOSession(id: id, settings: .init(options), at: now)
        timer = LoopTimer(on: hub.loop) { [unowned self] in handle(.tick) }
    }

    var address: String { origin.address }
    /// Whether a client has got through to it.
    var isOpen: Bool { !webSockets.isEmpty || !exchanges.isEmpty }
    /// Bytes the client has not taken yet.
    var backlog: Int { webSockets.values.reduce(engine.queuedBytes) { $0 + $1.backlog } }

    // MARK: Requests and sockets

    func poll(_ exchange: PollExchange) { handle(.poll(.init(rawValue: hold(exchange)))) }

    func post(_ exchange: PollExchange) {
        let body = exchange.exchange.request.body
        handle(.post(.init(rawValue: hold(exchange)), body: body))
    }

    private func hold(_ exchange: PollExchange) -> UInt64 {
        nextNumber += 1
        let number = nextNumber
        exchanges[number] = exchange
        exchange.exchange.onAbort = { [weak self] in
            guard let self else { return }
            self.exchanges[number] = nil
            self.handle(.requestAborted(.init(rawValue: number)))
        }
        return number
    }

    /// Switches the request to WebSocket and hands the socket to the engine.
    func open(_ exchange: HTTPExchange, _ client: SocketClient) {
        nextNumber += 1
        let delegate = SessionWebSocket(number: nextNumber, session: self)
        var headers = HTTPHeaders()
        for (name, value) in client.corsHeaders { headers.append(name, value) }
        guard
            let webSocket = exchange.upgrade(
                deflate: hub.server.options.compressesWebSockets, headers: headers, delegate: delegate)
        else { return }
        webSockets[nextNumber] = webSocket
        handle(.webSocketOpened(.init(rawValue: nextNumber)))
    }

    fileprivate func received(_ message: EngineIOMessage, on number: UInt64) {
        handle(.webSocketReceived(.init(rawValue: number), message))
    }

    fileprivate func closed(_ number: UInt64) {
        webSockets[number] = nil
        handle(.webSocketClosed(.init(rawValue: number)))
    }

    // MARK: For its user

    func start(_ user: any EngineSessionUser) { self.user = user }

    /// Sends messages; nothing comes between them.
    func send(_ messages: [EngineIOMessage]) { handle(.send(messages)) }

    /// Whether a message would leave at once.
    var isWritable: Bool { engine.isWritable && webSockets.values.allSatisfy { $0.backlog == 0 } }

    func close(_ reason: DisconnectReason = .forcedServerClose) {
        endReason = endReason ?? reason
        handle(.close)
    }

    /// Looks at the user's deadline again.
    func rearm() { if !isHandling { armTimer() } }

    // MARK: Running the engines

    private func handle(_ input: EngineIOSession.Input) {
        waiting.append(input)
        guard !isHandling else { return }
        isHandling = true
        while let input = waiting.popFirst() {
            if case .tick = input { user?.tick() }
            engine.handle(input, at: hub.loop.now)
            while let output = engine.poll() { perform(output) }
        }
        isHandling = false
        armTimer()
        if engine.isOver {
            timer?.cancel()
            hub.endpoint.forget(self)
        }
    }

    private func armTimer() {
        switch (engine.deadline, user?.deadline) {
        case (let a?, let b?): timer?.arm(at: min(a, b))
        case (let a, let b): timer?.arm(at: a ?? b)
        }
    }

    private func perform(_ output: EngineIOSession.Output) {
        switch output {
        case .answerPoll(let request, let body): answer(request, body)
        case .acceptPost(let request):
            answer(
                request,
                HTTPResponse(
                    .ok, headers: ["Content-Type": "text/html", "Cache-Control": "no-store"],
                    body: .bytes(Array("ok".utf8))))
        case .refuse(let request): answer(request, HTTPResponse(.badRequest))
        case .sendFrame(let socket, .text(let text)): webSockets[socket.rawValue]?.send(text: text)
        case .sendFrame(let socket, .binary(let bytes)): webSockets[socket.rawValue]?.send(binary: bytes)
        case .closeWebSocket(let socket): webSockets[socket.rawValue]?.close(nil)
        case .received(let message): user?.received(message)
        case .closed(let reason):
            user?.closed(endReason ?? DisconnectReason(reason))
            user = nil
        }
    }

    private func answer(_ request: EngineIOSession.RequestID, _ body: [UInt8]) {
        let headers: HTTPHeaders = ["Content-Type": "text/plain; charset=UTF-8", "Cache-Control": "no-store"]
        var response = HTTPResponse(.ok, headers: headers, body: .bytes(body))
        if exchanges[request.rawValue]?.isHandshake == true, let cookie = hub.server.options.cookie {
            response.headers.append("Set-Cookie", cookie.header(id))
        }
        answer(request, response)
    }

    private func answer(_ request: EngineIOSession.RequestID, _ response: HTTPResponse) {
        exchanges.removeValue(forKey: request.rawValue)?.respond(response)
    }
}

/// Tells a session which of its WebSockets spoke.
private final class SessionWebSocket: WebSocketDelegate {
    private let number: UInt64
    private weak var session: EngineSession?

    init(number: UInt64, session: EngineSession) {
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
