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
final class PlainSocketSession: FrontedSession, WebSocketDelegate {
    let front: MessageFront
    private var socket: WebSocketConnection?
    private var forget: ((PlainSocketSession) -> Void)?

    init(_ gate: MessageGate) { front = MessageFront(gate) }

    func start(
        _ socket: WebSocketConnection, _ delegate: any MessageSessionDelegate, _ allowance: SessionAllowance,
        forget: @escaping (PlainSocketSession) -> Void
    ) {
        self.socket = socket
        self.forget = forget
        front.start(delegate, allowance)
        front.opened(self)
    }

    // MARK: For the application

    func send(_ text: [UInt8]) {
        socket?.send(text: text)
        front.checkBacklog(of: self)
    }

    func send(binary: [UInt8]) {
        socket?.send(binary: binary)
        front.checkBacklog(of: self)
    }

    var carriesBinary: Bool { true }

    func close(_ code: Int, reason: String) {
        guard front.beginClosing(code, reason) else { return }
        socket?.close(WebSocketCloseCode(closing: code), reason: reason)
    }

    var backlog: Int { socket?.backlog ?? 0 }

    // MARK: The socket

    func webSocket(_ socket: WebSocketConnection, received text: [UInt8]) { front.received(text, of: self) }

    func webSocket(_ socket: WebSocketConnection, receivedBinary bytes: [UInt8]) {
        guard !front.gate.options.requiresJSON else { return close(1003, reason: "only text is taken here") }
        front.received(bytes, of: self)
    }

    func webSocketClosed(_ socket: WebSocketConnection, code: WebSocketCloseCode?) {
        self.socket = nil
        // 1006 and 1005 are for reports like this one. RFC 6455 §7.4.1.
        let closing = front.closing
        let code = closing?.code ?? code.map { Int($0.rawValue) } ?? 1006
        front.closed(self, code: code, reason: closing?.reason ?? "")
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
