// SPDX-License-Identifier: Apache-2.0
internal import Deflate
internal import EngineIO
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import Signalling
internal import WebServer
internal import WebSocket

/// What is above an Engine.IO session. Everything happens on the session's loop.
protocol EngineSessionUser: AnyObject {
    /// The first call, when the client has been told that the session is open.
    func opened()
    func received(_ message: EngineIOMessage)
    /// The client has answered a ping: it has all that was sent before the ping.
    func ponged()
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
    let revision: EngineIORevision
    unowned let hub: Hub
    private var engine: EngineIOSession
    private var user: (any EngineSessionUser)?
    private var exchanges = SmallMap<PollExchange>()
    private var webSockets = SmallMap<WebSocketConnection>()
    private var lastNumber: UInt64 = 0
    private var timer: LoopTimer?
    /// Inputs that came while another was being handled: answering a poll may bring the next one.
    private var waiting: [EngineIOSession.Input] = []
    private var isHandling = false
    private var endReason: DisconnectReason?
    private(set) var allowance: SessionAllowance

    init(
        id: String, on hub: Hub, origin: SessionOrigin, allowance: SessionAllowance,
        revision: EngineIORevision = .four, base64: Bool = false
    ) {
        self.id = id
        self.allowance = allowance
        self.hub = hub
        self.origin = origin
        self.revision = revision
        engine = EngineIOSession(
            id: id, settings: hub.server.engineSettings, revision: revision, base64: base64, at: hub.loop.now)
        timer = LoopTimer(on: hub.loop) { [unowned self] in handle(.tick) }
    }

    /// Whether a client has got through to it.
    var isOpen: Bool { !webSockets.isEmpty || !exchanges.isEmpty }

    /// Bytes the client has not taken yet.
    var backlog: Int { engine.queuedBytes + (carrier?.backlog ?? 0) }

    // MARK: Requests and sockets

    func poll(_ exchange: PollExchange) { handle(.poll(hold(exchange))) }

    /// The content of a POST is on its way.
    func expectPost(_ exchange: PollExchange) {
        let request = hold(exchange)
        exchange.exchange.onRefusal = { [weak self] status in
            guard let self else { return }
            self.exchanges[request.rawValue] = nil
            self.handle(status == .contentTooLarge ? .postTooLarge(request) : .requestAborted(request))
        }
        handle(.postBegan(request))
    }

    func post(_ exchange: PollExchange) {
        let request = exchange.exchange.request
        let isBinary = request.head.headers["Content-Type"] == "application/octet-stream"
        let expected = exchanges.key { $0.exchange === exchange.exchange }
        let id = expected.map { EngineIOSession.RequestID(rawValue: $0) } ?? hold(exchange)
        handle(.post(id, body: request.body, isBinary: isBinary))
    }

    func unknownMethod(_ exchange: PollExchange) { handle(.unknownMethod(hold(exchange))) }

    private func hold(_ exchange: PollExchange) -> EngineIOSession.RequestID {
        lastNumber += 1
        let number = lastNumber
        exchanges[number] = exchange
        exchange.exchange.onAbort = { [weak self] in
            guard let self else { return }
            self.exchanges[number] = nil
            self.handle(.requestAborted(.init(rawValue: number)))
        }
        return .init(rawValue: number)
    }

    /// Switches the request to WebSocket and hands the socket to the engine.
    func open(_ exchange: HTTPExchange, _ client: SocketClient) {
        var headers = HTTPHeaders()
        for (name, value) in client.corsHeaders { headers.append(name, value) }
        // They mean nothing here, but browsers want one of those they offer.
        if let name = exchange.request.head.headers.list("Sec-WebSocket-Protocol").first {
            headers.append("Sec-WebSocket-Protocol", name)
        }
        guard
            let webSocket = exchange.upgrade(
                deflate: hub.server.options.compressesWebSockets, headers: headers, delegate: self)
        else { return }
        lastNumber += 1
        webSockets[lastNumber] = webSocket
        handle(.webSocketOpened(.init(rawValue: lastNumber)))
    }

    // MARK: For its user

    /// Begins to tell `user` of everything. The client has been told that the session is open.
    func start(_ user: any EngineSessionUser) {
        // The application may have closed it as soon as it heard of it.
        guard engine.isOpen else { return user.closed(endReason ?? .forcedClose) }
        self.user = user
        user.opened()
        armTimer()
    }

    /// Sends messages; nothing comes between them.
    func send(_ messages: [EngineIOMessage], _ options: EngineIOSession.SendOptions = .init()) {
        guard let webSocket = openCarrier else { return handle(.send(messages, options)) }
        for message in messages {
            switch message {
            case .text:
                webSocket.send(text: EngineIOPacket.message(message).encoded, compress: options.compress)
            case .binary(let bytes): webSocket.send(binary: bytes, compress: options.compress)
            }
        }
    }

    // Not `flatMap`: the optimizer of Swift 6.3.1 fails on that closure.
    private var carrier: WebSocketConnection? {
        guard let socket = engine.webSocket else { return nil }
        return webSockets[socket.rawValue]
    }

    /// The WebSocket that carries the messages, when nothing waits before it: what is ready to be sent
    /// may be written to it directly.
    var openCarrier: WebSocketConnection? {
        revision == .four && waiting.isEmpty ? carrier : nil
    }

    /// Whether a message would leave at once.
    var isWritable: Bool { engine.isWritable && carrier?.isWritable ?? true }

    func close(_ reason: DisconnectReason = .forcedServerClose) {
        endReason = endReason ?? reason
        handle(.close)
    }

    // MARK: Running the engine

    private func handle(_ input: consuming EngineIOSession.Input) {
        guard !isHandling else { return waiting.append(input) }
        isHandling = true
        step(input)
        while !waiting.isEmpty {
            let inputs = waiting
            waiting = []
            for input in inputs { step(input) }
        }
        isHandling = false
        guard engine.isOpen || engine.isLingering else { return end() }
        armTimer()
    }

    private func step(_ input: consuming EngineIOSession.Input) {
        if case .tick = input { user?.tick() }
        engine.handle(input, at: hub.loop.now)
        while let output = engine.poll() { perform(output) }
    }

    private func armTimer() {
        switch (engine.deadline, user?.deadline) {
        case (let a?, let b?): timer?.arm(at: min(a, b))
        case (let a, let b): timer?.arm(at: a ?? b)
        }
    }

    private func end() {
        timer?.cancel()
        timer = nil
        hub.endpoint.forget(self)
    }

    private func perform(_ output: EngineIOSession.Output) {
        switch output {
        case .received(let message): if isWithinRates() { user?.received(message) }
        case .sendFrame(let socket, let frame, let compress):
            guard let webSocket = webSockets[socket.rawValue] else { return }
            switch frame.message {
            case .text(let text): webSocket.send(text: text, compress: compress)
            case .binary(let bytes): webSocket.send(binary: bytes, compress: compress)
            }
        case .answerPoll(let request, let polled): answer(request, polled)
        case .acceptPost(let request):
            let headers: HTTPHeaders = ["Content-Type": "text/html", "Cache-Control": "no-store"]
            answer(request, HTTPResponse(.ok, headers: headers, body: .bytes(Array("ok".utf8))))
        case .refuse(let request, let refusal):
            let body = refusal.body
            let headers: HTTPHeaders = body.isEmpty ? [:] : ["Content-Type": "application/json"]
            count(refusal)
            answer(
                request,
                HTTPResponse(HTTPStatus(refusal.status), headers: headers, body: .bytes(body)))
        case .closeWebSocket(let socket, let frame):
            close(webSockets[socket.rawValue], saying: frame)
        case .ponged: user?.ponged()
        case .closed(let ending):
            count(ending)
            user?.closed(endReason ?? DisconnectReason(ending.reason))
            user = nil
        }
    }

    /// Clients of Engine.IO expect an empty frame; where they had better know more, it says so.
    private func close(_ webSocket: WebSocketConnection?, saying frame: EngineIOSession.CloseFrame?) {
        switch endReason {
        case .shuttingDown: webSocket?.close(.goingAway, reason: "the server is stopping")
        case .tooManyMessages: webSocket?.close(.policyViolation, reason: "too many messages")
        default:
            // Not `flatMap`: the optimizer of Swift 6.3.1 fails on that closure.
            guard let frame else {
                webSocket?.close(nil)
                return
            }
            webSocket?.close(WebSocketCloseCode(rawValue: frame.code), reason: frame.reason)
        }
    }

    // MARK: Limits

    /// Takes a message's share of the session's rate. One message too many ends the session.
    private func isWithinRates() -> Bool {
        guard let refusal = hub.admission.refusal(of: &allowance, at: hub.loop.now) else { return true }
        if endReason == nil {
            hub.admission.count(refusal)
            close(.tooManyMessages)
        }
        return false
    }

    private func count(_ refusal: EngineIOSession.Refusal) {
        switch refusal {
        // It ends the session, which is counted.
        case .wrongPolling: break
        case .refused(let refusal): hub.admission.count(SocketRefusal(refusal))
        case .tooLarge: hub.admission.count(.tooLarge)
        case .unknownMethod: hub.admission.count(.malformed)
        }
    }

    private func count(_ ending: EngineIOSession.Ending) {
        switch ending {
        case .tooSlow: hub.admission.count(.slowClient)
        case .pollsOverlap, .postsOverlap, .wrongContent, .wrongHeartbeat, .invalidPacket:
            hub.admission.count(.malformed)
        case .closedByServer: if endReason == .parseError { hub.admission.count(.malformed) }
        case .closedByClient, .webSocketClosed, .webSocketFailed, .pollAborted, .postAborted, .silent: break
        }
    }

    private func answer(_ request: EngineIOSession.RequestID, _ polled: EngineIOSession.PollAnswer) {
        let type = polled.isBinary ? "application/octet-stream" : "text/plain; charset=UTF-8"
        var response = HTTPResponse(
            .ok, headers: ["Content-Type": type, "Cache-Control": "no-store"], body: .bytes(polled.body))
        if let exchange = exchanges[request.rawValue] {
            if exchange.isHandshake, let cookie = hub.server.options.cookie {
                response.headers.append("Set-Cookie", cookie.header(id))
            }
            if polled.compress,
                exchange.exchange.request.head.headers.contains("gzip", inList: "Accept-Encoding"),
                let short = Gzip.compress(polled.body)
            {
                response.headers.append("Content-Encoding", "gzip")
                response.body = .bytes(short)
            }
        }
        answer(request, response)
    }

    private func answer(_ request: EngineIOSession.RequestID, _ response: HTTPResponse) {
        exchanges.removeValue(for: request.rawValue)?.respond(response)
    }
}

extension EngineSession: WebSocketDelegate {
    func webSocket(_ socket: WebSocketConnection, received text: [UInt8]) {
        guard let number = webSockets.key(where: { $0 === socket }) else { return }
        handle(.webSocketReceived(.init(rawValue: number), .text(text)))
    }

    func webSocket(_ socket: WebSocketConnection, receivedBinary bytes: [UInt8]) {
        guard let number = webSockets.key(where: { $0 === socket }) else { return }
        handle(.webSocketReceived(.init(rawValue: number), .binary(bytes)))
    }

    func webSocketClosed(_ socket: WebSocketConnection, code: WebSocketCloseCode?) {
        guard let number = webSockets.key(where: { $0 === socket }) else { return }
        webSockets[number] = nil
        switch code {
        case .tryAgainLater? where engine.isOpen:
            hub.admission.count(.slowClient)
            handle(.webSocketFailed(.init(rawValue: number)))
        case .protocolError?, .invalidPayload?, .messageTooBig?:
            handle(.webSocketFailed(.init(rawValue: number)))
        default: handle(.webSocketClosed(.init(rawValue: number)))
        }
    }
}

/// A dictionary that holds one value almost always, and then takes no memory besides.
private struct SmallMap<Value> {
    private var first: (key: UInt64, value: Value)?
    private var rest: [(key: UInt64, value: Value)] = []

    var isEmpty: Bool { first == nil && rest.isEmpty }

    subscript(_ key: UInt64) -> Value? {
        get {
            if let first, first.key == key { return first.value }
            return rest.isEmpty ? nil : rest.first { $0.key == key }?.value
        }
        set {
            removeValue(for: key)
            guard let newValue else { return }
            if first == nil { first = (key, newValue) } else { rest.append((key, newValue)) }
        }
    }

    @discardableResult
    mutating func removeValue(for key: UInt64) -> Value? {
        if let known = first, known.key == key {
            first = nil
            return known.value
        }
        guard let index = rest.firstIndex(where: { $0.key == key }) else { return nil }
        return rest.remove(at: index).value
    }

    func key(where matches: (Value) -> Bool) -> UInt64? {
        if let first, matches(first.value) { return first.key }
        return rest.first { matches($0.value) }?.key
    }
}
