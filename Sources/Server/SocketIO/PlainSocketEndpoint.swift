// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import WebServer
internal import WebSocket

/// A bare WebSocket: every message is one of the application's.
final class PlainSocketEndpoint: MessageEndpoint {
    private let gate: MessageGate
    private var sessions: [ObjectIdentifier: PlainSocketSession] = [:]
    private var leaveTaking: Stagger<PlainSocketSession>?

    init(_ gate: MessageGate) { self.gate = gate }

    var sessionCount: Int { gate.sessionCount }
    var refusals: [SocketRefusal: Int] { gate.admission.refusals }

    func drain(over longest: Duration) {
        gate.admission.isStopping = true
        leaveTaking = Stagger(Array(sessions.values), over: longest, on: gate.loop) {
            $0.close(1001, reason: "The server is stopping")
        }
    }

    func handle(_ exchange: HTTPExchange) {
        let client = gate.identify(exchange.request)
        guard gate.rest(of: exchange).isEmpty else { return gate.notFound(exchange, client) }
        begin(exchange, client)
    }

    /// Switches the request to WebSocket, or says why not.
    func begin(_ exchange: HTTPExchange, _ client: SocketClient) {
        guard exchange.request.head.method == .get else {
            return gate.notAllowed(exchange, client, allow: "GET")
        }
        guard client.isOriginAllowed else {
            return gate.forbid(exchange, client)
        }
        let session = PlainSocketSession(gate)
        guard let (delegate, allowance) = gate.admit(session, exchange, client),
            let socket = gate.upgrade(exchange, delegate: session)
        else { return }
        sessions[ObjectIdentifier(session)] = session
        gate.admission.entered(allowance)
        session.start(socket, delegate, allowance) { [weak self, gate] session in
            self?.sessions[ObjectIdentifier(session)] = nil
            gate.admission.left(allowance)
        }
    }
}

/// One bare WebSocket as a session.
final class PlainSocketSession: MessageSession, WebSocketDelegate {
    private let gate: MessageGate
    private var socket: WebSocketConnection?
    private var delegate: (any MessageSessionDelegate)?
    private var forget: ((PlainSocketSession) -> Void)?
    private var alarm: LoopTimer?
    private var allowance: SessionAllowance?
    /// What the application said when it closed the session.
    private var closing: (code: Int, reason: String)?

    init(_ gate: MessageGate) { self.gate = gate }

    func start(
        _ socket: WebSocketConnection, _ delegate: any MessageSessionDelegate, _ allowance: SessionAllowance,
        forget: @escaping (PlainSocketSession) -> Void
    ) {
        self.socket = socket
        self.delegate = delegate
        self.allowance = allowance
        self.forget = forget
        delegate.sessionOpened(self)
    }

    // MARK: For the application

    func send(_ text: [UInt8]) {
        socket?.send(text: text)
        checkBacklog()
    }

    func send(binary: [UInt8]) {
        socket?.send(binary: binary)
        checkBacklog()
    }

    var carriesBinary: Bool { true }

    private func checkBacklog() {
        guard closing == nil, backlog > gate.options.maxQueued else { return }
        gate.admission.count(.slowClient)
        close(1008, reason: "Too many messages wait for the client")
    }

    func close(_ code: Int, reason: String) {
        guard closing == nil else { return }
        closing = (code, reason)
        socket?.close(WebSocketCloseCode(closing: code), reason: reason)
    }

    var backlog: Int { socket?.backlog ?? 0 }
    var now: Instant { gate.loop.now }
    var reference: MessageSessionReference { MessageSessionReference(self, on: gate.loop) }

    func setAlarm(at instant: Instant?) {
        if alarm == nil, instant != nil {
            alarm = LoopTimer(on: gate.loop) { [weak self] in
                guard let self else { return }
                delegate?.sessionAlarm(self)
            }
        }
        alarm?.arm(at: instant)
    }

    // MARK: The socket

    func webSocket(_ socket: WebSocketConnection, received text: [UInt8]) { received(text) }

    func webSocket(_ socket: WebSocketConnection, receivedBinary bytes: [UInt8]) {
        guard !gate.options.requiresJSON else { return close(1003, reason: "only text is taken here") }
        received(bytes)
    }

    private func received(_ message: [UInt8]) {
        guard closing == nil else { return }
        if var allowance {
            guard gate.isWithinRates(&allowance) else { return close(1008, reason: "too many messages") }
            self.allowance = allowance
        }
        guard message.count <= gate.options.maxMessage else { return close(1009, reason: "message too big") }
        guard gate.options.accepts(message) else { return close(1007, reason: "not JSON") }
        delegate?.session(self, received: message)
    }

    func webSocketClosed(_ socket: WebSocketConnection, code: WebSocketCloseCode?) {
        self.socket = nil
        alarm?.cancel()
        let delegate = delegate
        self.delegate = nil
        // 1006 and 1005 are for reports like this one. RFC 6455 §7.4.1.
        let code = closing?.code ?? code.map { Int($0.rawValue) } ?? 1006
        delegate?.sessionClosed(self, code: code, reason: closing?.reason ?? "")
        forget?(self)
        forget = nil
    }
}

extension WebSocketCloseCode {
    /// A code that an application chose, if it may be sent.
    init(closing code: Int) {
        let wanted = UInt16(exactly: code).map(WebSocketCloseCode.init(rawValue:))
        self = wanted.flatMap { $0.isAllowedOnWire ? $0 : nil } ?? .normal
    }
}

extension MessageOptions {
    /// Whether a client may send this.
    func accepts(_ message: [UInt8]) -> Bool {
        !requiresJSON || (try? JSONText(checking: message[...])) != nil
    }
}
