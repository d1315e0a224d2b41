// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import Signalling
internal import SockJS
internal import WebServer
internal import WebSocket

/// Runs one SockJS session on real requests and sockets.
final class SockJSDriver: FrontedSession {
    /// What the engine writes to.
    private enum Receiver {
        /// An answer that is sent when it is whole.
        case answer(HTTPExchange, SocketClient, body: [UInt8])
        case stream(HTTPResponseStream)
        case webSocket(WebSocketConnection)
    }

    static let notCached = "no-store, no-cache, no-transform, must-revalidate, max-age=0"

    let front: MessageFront
    private let gate: MessageGate
    private var engine: SockJSSession
    private var receivers: [UInt64: Receiver] = [:]
    private var posts: [UInt64: (HTTPExchange, SocketClient)] = [:]
    private var nextNumber: UInt64 = 0
    private var timer: LoopTimer?
    /// Inputs that came while others were being handled: a message may be answered at once.
    private var waiting = Queue<SockJSSession.Input>()
    private var isHandling = false
    /// Called once when nothing can come of the session any more.
    var forget: (() -> Void)?

    init(_ gate: MessageGate) {
        self.gate = gate
        front = MessageFront(gate)
        engine = SockJSSession(settings: .init(gate.options))
        timer = LoopTimer(on: gate.loop) { [weak self] in self?.handle(.tick) }
    }

    // MARK: Requests and sockets

    func attach(_ exchange: HTTPExchange, _ client: SocketClient, _ transport: SockJSSession.Transport) {
        nextNumber += 1
        let number = nextNumber
        let lost: () -> Void = { [weak self] in
            self?.receivers[number] = nil
            self?.handle(.detached(.init(rawValue: number)))
        }
        if transport == .polling {
            receivers[number] = .answer(exchange, client, body: [])
            exchange.onAbort = lost
        } else {
            let type =
                transport == .eventSource ? "text/event-stream" : "application/javascript; charset=UTF-8"
            guard let stream = exchange.respondStreaming(head(type, exchange, client)) else { return }
            receivers[number] = .stream(stream)
            stream.onAbort = lost
        }
        handle(.attach(.init(rawValue: number), transport))
    }

    private func head(_ type: String, _ exchange: HTTPExchange, _ client: SocketClient) -> HTTPResponse {
        let headers: HTTPHeaders = [
            "Content-Type": type, "Cache-Control": Self.notCached,
            // Proxies of this kind would collect the answer before they pass it on.
            "X-Accel-Buffering": "no",
        ]
        return gate.response(HTTPResponse(.ok, headers: headers), to: exchange, client)
    }

    func openWebSocket(_ exchange: HTTPExchange) {
        nextNumber += 1
        let socket = gate.upgrade(exchange, delegate: SockJSWebSocket(number: nextNumber, driver: self))
        guard let socket else {
            // It was answered with what is wrong; nothing has begun.
            front.abandon()
            return finish()
        }
        receivers[nextNumber] = .webSocket(socket)
        handle(.attach(.init(rawValue: nextNumber), .webSocket))
    }

    fileprivate func received(_ text: [UInt8], on number: UInt64) {
        handle(.webSocketReceived(.init(rawValue: number), text: text))
    }

    fileprivate func closed(_ number: UInt64) {
        receivers[number] = nil
        handle(.detached(.init(rawValue: number)))
    }

    func post(_ exchange: HTTPExchange, _ client: SocketClient) {
        nextNumber += 1
        posts[nextNumber] = (exchange, client)
        handle(.posted(.init(rawValue: nextNumber), body: exchange.request.body))
    }

    // MARK: For the application

    func send(_ text: [UInt8]) {
        handle(.send([text]))
        front.checkBacklog(of: self)
    }

    func send(binary: [UInt8]) {}
    var carriesBinary: Bool { false }

    func close(_ code: Int, reason: String) {
        guard front.beginClosing(code, reason) else { return }
        handle(.close(SockJSClose(code, reason)))
    }

    var backlog: Int {
        receivers.values.reduce(engine.backlog) { sum, receiver in
            switch receiver {
            case .answer: sum
            case .stream(let stream): sum + stream.backlog
            case .webSocket(let socket): sum + socket.backlog
            }
        }
    }

    // MARK: Running the engine

    private func handle(_ input: SockJSSession.Input) {
        waiting.append(input)
        guard !isHandling else { return }
        isHandling = true
        while let input = waiting.popFirst() {
            engine.handle(input, at: gate.loop.now)
            while let output = engine.poll() { perform(output) }
        }
        isHandling = false
        timer?.arm(at: engine.deadline)
        if engine.isOver { finish() }
    }

    private func perform(_ output: SockJSSession.Output) {
        switch output {
        case .write(let id, let bytes): write(bytes, to: id.rawValue)
        case .finish(let id): finish(id.rawValue)
        case .cut(let id):
            guard case .webSocket(let socket) = receivers.removeValue(forKey: id.rawValue) else { return }
            socket.close(.invalidPayload, reason: "Broken JSON encoding.")
        case .acceptPost(let request):
            answer(
                request,
                HTTPResponse(
                    .noContent,
                    headers: ["Content-Type": "text/plain; charset=UTF-8", "Cache-Control": Self.notCached]))
        case .refusePost(let request, let refusal):
            switch refusal {
            case .sessionClosed: answer(request, HTTPResponse(.notFound, text: "Not found.\n"))
            case .empty: answer(request, HTTPResponse(.internalServerError, text: "Payload expected.\n"))
            case .malformed:
                answer(request, HTTPResponse(.internalServerError, text: "Broken JSON encoding.\n"))
            }
        case .opened: front.opened(self)
        case .received(let message): front.received(message, of: self)
        case .closed(let close):
            front.closed(self, code: close.code, reason: close.reason)
        }
    }

    private func write(_ bytes: [UInt8], to number: UInt64) {
        switch receivers[number] {
        case .answer(let exchange, let client, let body):
            receivers[number] = .answer(exchange, client, body: body + bytes)
        case .stream(let stream): stream.write(bytes)
        case .webSocket(let socket): socket.send(text: bytes)
        case nil: break
        }
    }

    private func finish(_ number: UInt64) {
        switch receivers.removeValue(forKey: number) {
        case .answer(let exchange, let client, let body):
            var response = head("application/javascript; charset=UTF-8", exchange, client)
            response.body = .bytes(body)
            exchange.respond(response)
        case .stream(let stream): stream.finish()
        case .webSocket(let socket): socket.close(.normal)
        case nil: break
        }
    }

    private func answer(_ request: SockJSSession.RequestID, _ response: HTTPResponse) {
        guard let (exchange, client) = posts.removeValue(forKey: request.rawValue) else { return }
        gate.respond(exchange, response, client)
    }

    private func finish() {
        timer?.cancel()
        let forget = forget
        self.forget = nil
        forget?()
    }
}

extension SockJSSession.Settings {
    fileprivate init(_ options: MessageOptions) {
        self.init()
        heartbeatInterval = options.heartbeatInterval
        disconnectDelay = options.sockJSDisconnectDelay
        responseLimit = options.sockJSResponseLimit
        maxQueued = options.maxQueued
    }
}

/// Tells a session that its socket spoke.
private final class SockJSWebSocket: WebSocketDelegate {
    private let number: UInt64
    private weak var driver: SockJSDriver?

    init(number: UInt64, driver: SockJSDriver) {
        self.number = number
        self.driver = driver
    }

    func webSocket(_ socket: WebSocketConnection, received text: [UInt8]) {
        driver?.received(text, on: number)
    }
    func webSocket(_ socket: WebSocketConnection, receivedBinary bytes: [UInt8]) {
        socket.close(.unsupportedData, reason: "SockJS messages are text")
    }
    func webSocketClosed(_ socket: WebSocketConnection, code: WebSocketCloseCode?) {
        driver?.closed(number)
    }
}
