// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit
public import STOMP
public import Signalling

/// What an application is told of a STOMP client. Each request is to be answered, now or later.
public protocol STOMPSessionDelegate: AnyObject {
    func stomp(_ session: STOMPSession, connecting login: STOMPLogin, _ request: STOMPRequest)
    func stomp(_ session: STOMPSession, subscribing subscription: STOMPSubscription, _ request: STOMPRequest)
    func stomp(_ session: STOMPSession, unsubscribed subscription: STOMPSubscription)
    func stomp(_ session: STOMPSession, sent message: STOMPMessage, _ request: STOMPRequest)
    /// What became of messages that were delivered with tags.
    func stomp(
        _ session: STOMPSession, settled tags: [STOMPConnection.MessageTag],
        _ settlement: STOMPConnection.Settlement)
    /// The last call, once.
    func stompEnded(_ session: STOMPSession, _ end: STOMPConnection.End)
}

extension STOMPSessionDelegate {
    public func stomp(_ session: STOMPSession, unsubscribed subscription: STOMPSubscription) {}
    public func stomp(
        _ session: STOMPSession, settled tags: [STOMPConnection.MessageTag],
        _ settlement: STOMPConnection.Settlement
    ) {}
}

/// A client's request that waits for the application's answer; the first answer counts.
public struct STOMPRequest {
    private let id: STOMPConnection.RequestID
    private weak var session: STOMPSession?

    init(_ id: STOMPConnection.RequestID, of session: STOMPSession) {
        self.id = id
        self.session = session
    }

    /// Grants it; the client gets a receipt if it asked for one.
    public func accept() { session?.handle(.accept(id)) }

    /// Refuses it with an ERROR frame, which ends the connection.
    public func refuse(_ message: String) { session?.handle(.refuse(id, message: message)) }
}

/// Speaks STOMP over any ``MessageSession``: give it to a ``MessageRoute`` as the delegate.
///
/// ```swift
/// MessageRoute(.sockJS, at: "/stomp") { request, session in STOMPSession(delegate: broker) }
/// ```
public final class STOMPSession: MessageSessionDelegate {
    /// The WebSocket subprotocols of STOMP for ``MessageOptions/subprotocols``, newest first.
    public static let subprotocols = STOMPVersion.allCases.reversed().map(\.subprotocol)

    private let settings: STOMPConnection.Settings
    private let id: String
    private var engine: STOMPConnection?
    private var session: (any MessageSession)?
    private var delegate: (any STOMPSessionDelegate)?
    private var waiting = Queue<STOMPConnection.Input>()
    private var isHandling = false

    /// - Parameter id: Told to the client as `session`; no secret.
    public init(
        id: String = "session", settings: STOMPConnection.Settings = .init(),
        delegate: any STOMPSessionDelegate
    ) {
        self.id = id
        self.settings = settings
        self.delegate = delegate
    }

    /// The version agreed on; `nil` before.
    public var version: STOMPVersion? { engine?.version }
    /// Bytes that the client has not taken yet.
    public var backlog: Int { session?.backlog ?? 0 }

    /// Reaches the session from other threads; `nil` before the client is there and after it is gone.
    public var reference: STOMPSessionReference? {
        session.map { STOMPSessionReference(self, over: $0.reference) }
    }

    /// Sends a message to every subscription of the client to its destination.
    /// - Returns: false when the body is no text and the client can only be sent text.
    @discardableResult
    public func deliver(_ message: STOMPMessage, tag: STOMPConnection.MessageTag? = nil) -> Bool {
        guard canCarry(message) else { return false }
        handle(.deliver(message, tag: tag))
        return true
    }

    /// Sends a message to one subscription, whatever destination that has.
    /// - Returns: false when the body is no text and the client can only be sent text.
    @discardableResult
    public func deliver(
        _ message: STOMPMessage, to subscription: String, tag: STOMPConnection.MessageTag? = nil
    ) -> Bool {
        guard canCarry(message) else { return false }
        handle(.deliverTo(subscription: subscription, message, tag: tag))
        return true
    }

    /// Ends the connection with an ERROR frame.
    public func fail(_ message: String) { handle(.fail(message: message)) }

    private func canCarry(_ message: STOMPMessage) -> Bool {
        session?.carriesBinary == true || message.body.isValidUTF8
    }

    // MARK: The message session

    public func sessionOpened(_ session: any MessageSession) {
        self.session = session
        engine = STOMPConnection(sessionID: id, settings: settings, at: session.now)
        handle(.tick)
    }

    public func session(_ session: any MessageSession, received message: [UInt8]) {
        handle(.received(message))
    }

    public func sessionAlarm(_ session: any MessageSession) { handle(.tick) }

    public func sessionClosed(_ session: any MessageSession, code: Int, reason: String) {
        handle(.disconnected)
        self.session = nil
    }

    // MARK: Running the engine

    fileprivate func handle(_ input: STOMPConnection.Input) {
        waiting.append(input)
        guard !isHandling, let session else { return }
        isHandling = true
        while let input = waiting.popFirst() {
            engine?.handle(input, at: session.now)
            while let output = engine?.poll() {
                perform(output, session)
                // An answer that was given at once comes before the client's next frame.
                while let next = waiting.popFirst() { engine?.handle(next, at: session.now) }
            }
        }
        isHandling = false
        session.setAlarm(at: engine?.deadline)
    }

    private func perform(_ output: STOMPConnection.Output, _ session: any MessageSession) {
        switch output {
        case .send(let bytes):
            if bytes.isValidUTF8 { session.send(bytes) } else { session.send(binary: bytes) }
        case .close: session.close(1000, reason: "")
        case .connecting(let id, let login):
            delegate?.stomp(self, connecting: login, STOMPRequest(id, of: self))
        case .subscribing(let id, let subscription):
            delegate?.stomp(self, subscribing: subscription, STOMPRequest(id, of: self))
        case .unsubscribed(let subscription): delegate?.stomp(self, unsubscribed: subscription)
        case .sent(let id, let message): delegate?.stomp(self, sent: message, STOMPRequest(id, of: self))
        case .settled(let tags, let settlement): delegate?.stomp(self, settled: tags, settlement)
        case .ended(let end):
            let delegate = delegate
            self.delegate = nil
            delegate?.stompEnded(self, end)
        }
    }
}
