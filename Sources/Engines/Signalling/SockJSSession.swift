// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
public import EngineKit
public import SockJS

/// The server's side of one SockJS session: a stream of messages over whatever a client's network
/// lets through. SockJS protocol 0.3.3.
///
/// A receiver is a request whose response, or a WebSocket, carries messages to the client. There is
/// one at a time, and in between them messages wait:
///
/// ```
///   ──attach──▶ open ──close, too long without a receiver, broken response──▶ closing ──▶ over
///                                                        (serves the close frame a while)
/// ```
public struct SockJSSession: Engine {
    public struct Settings: Hashable, Sendable {
        public var heartbeatInterval = Duration.seconds(25)
        /// How long a session lives without a receiver, and how long its close can be fetched.
        public var disconnectDelay = Duration.seconds(5)
        /// Bytes after which a streaming response ends, so that browsers can free what they read.
        public var responseLimit = 131_072
        /// Most bytes of messages that wait for the client's next request.
        public var maxQueued = 1_000_000

        public init() {}
    }

    /// How messages travel to the client.
    public enum Transport: Hashable, Sendable {
        /// One frame a response.
        case polling
        case streaming
        case eventSource
        case webSocket
    }

    /// Names a request whose response carries messages, or a WebSocket.
    public struct ReceiverID: Hashable, Sendable, RawRepresentable {
        public var rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }
    }

    /// Names a request that brings messages.
    public struct RequestID: Hashable, Sendable, RawRepresentable {
        public var rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }
    }

    public enum Input: Hashable, Sendable {
        /// A client asks for messages. The first input: it opens the session.
        case attach(ReceiverID, Transport)
        /// A receiver went away before the session was done with it.
        case detached(ReceiverID)
        /// The body of a request that brings messages.
        case posted(RequestID, body: [UInt8])
        case webSocketReceived(ReceiverID, text: [UInt8])
        /// Messages from the application.
        case send([[UInt8]])
        /// Ends the session from the application.
        case close(SockJSClose)
        case tick
    }

    public enum Output: Hashable, Sendable {
        /// Bytes of a response, or one WebSocket text message.
        case write(ReceiverID, [UInt8])
        /// Ends the response, or closes the WebSocket.
        case finish(ReceiverID)
        /// Cuts the connection.
        case cut(ReceiverID)
        case acceptPost(RequestID)
        case refusePost(RequestID, Refusal)
        /// The session is open. Comes before any message.
        case opened
        case received([UInt8])
        /// The session is over for the application; see ``SockJSSession/isOver`` for the rest.
        case closed(SockJSClose)
    }

    /// Why messages of a client were not taken.
    public enum Refusal: Hashable, Sendable {
        case empty
        case malformed
        case sessionClosed
    }

    private enum State {
        case fresh
        case open
        case closing(SockJSClose)
        case over
    }

    fileprivate struct Receiver {
        var id: ReceiverID
        var transport: Transport
        /// Bytes of frames so far.
        var sent = 0
    }

    private enum Timer: Hashable, Sendable { case heartbeat, disconnect }

    private let settings: Settings
    private var state = State.fresh
    private var receiver: Receiver?
    private var waiting: [[UInt8]] = []
    private var waitingBytes = 0
    private var timers = TimerTable<Timer>()
    private var outputs = Queue<Output>()

    public init(settings: Settings = Settings()) { self.settings = settings }

    public var deadline: Instant? { timers.deadline }

    /// Bytes of messages that wait for a receiver.
    public var backlog: Int { waitingBytes }

    /// Whether nothing can come of the session any more: the driver forgets it.
    public var isOver: Bool { if case .over = state { true } else { false } }

    public mutating func poll() -> Output? { outputs.popFirst() }

    public mutating func handle(_ input: Input, at now: Instant) {
        expire(at: now)
        switch input {
        case .tick: break
        case .attach(let id, let transport): attach(Receiver(id: id, transport: transport), at: now)
        case .detached(let id): detached(id, at: now)
        case .posted(let request, let body): posted(request, body)
        case .webSocketReceived(let id, let text): received(text, on: id, at: now)
        case .send(let messages): send(messages, at: now)
        case .close(let close): end(close, at: now)
        }
    }

    // MARK: Time

    private mutating func expire(at now: Instant) {
        while let timer = timers.popExpired(at: now) {
            switch timer {
            case .heartbeat:
                timers.arm(.heartbeat, at: now.advanced(by: settings.heartbeatInterval))
                write(.heartbeat, at: now)
            case .disconnect:
                let wasOpen = isOpen
                state = .over
                dropWaiting()
                if wasOpen { outputs.append(.closed(.interrupted)) }
            }
        }
    }

    private var isOpen: Bool { if case .open = state { true } else { false } }

    // MARK: Receivers

    private mutating func attach(_ newcomer: Receiver, at now: Instant) {
        if !newcomer.prelude.isEmpty { outputs.append(.write(newcomer.id, newcomer.prelude)) }
        guard receiver == nil, !isOver else {
            let close = isOver ? SockJSClose.interrupted : .anotherConnection
            outputs.append(.write(newcomer.id, newcomer.framed(.close(close))))
            return outputs.append(.finish(newcomer.id))
        }
        receiver = newcomer
        if case .fresh = state {
            state = .open
            timers.arm(.heartbeat, at: now.advanced(by: settings.heartbeatInterval))
            write(.open, at: now)
            return outputs.append(.opened)
        }
        if isOpen {
            timers.disarm(.disconnect)
            timers.arm(.heartbeat, at: now.advanced(by: settings.heartbeatInterval))
        }
        flush(at: now)
    }

    private mutating func detached(_ id: ReceiverID, at now: Instant) {
        guard let receiver, receiver.id == id else { return }
        self.receiver = nil
        timers.disarm(.heartbeat)
        // Nobody knows which of the last bytes arrived: the session cannot go on.
        end(.interrupted, at: now)
        if receiver.transport == .webSocket { finishState() }
    }

    /// Ends the present response and waits for the next.
    private mutating func release(at now: Instant) {
        guard let receiver else { return }
        self.receiver = nil
        outputs.append(.finish(receiver.id))
        timers.disarm(.heartbeat)
        guard isOpen else { return }
        timers.arm(.disconnect, at: now.advanced(by: settings.disconnectDelay))
    }

    private mutating func write(_ frame: SockJSFrame, at now: Instant) {
        guard let receiver else { return }
        let bytes = receiver.framed(frame)
        outputs.append(.write(receiver.id, bytes))
        self.receiver?.sent += bytes.count
        switch receiver.transport {
        case .polling: release(at: now)
        case .streaming, .eventSource:
            if receiver.sent + bytes.count >= settings.responseLimit { release(at: now) }
        case .webSocket: break
        }
    }

    private mutating func flush(at now: Instant) {
        if receiver != nil, !waiting.isEmpty {
            let messages = waiting
            dropWaiting()
            write(.messages(messages), at: now)
        }
        if receiver != nil, case .closing(let close) = state {
            write(.close(close), at: now)
            release(at: now)
        }
    }

    private mutating func dropWaiting() {
        waiting = []
        waitingBytes = 0
    }

    // MARK: Messages

    private mutating func posted(_ request: RequestID, _ body: [UInt8]) {
        guard isOpen else { return outputs.append(.refusePost(request, .sessionClosed)) }
        do throws(DecodeError) {
            let messages = try SockJSMessages.decode(body: body)
            outputs.append(.acceptPost(request))
            for message in messages { outputs.append(.received(message)) }
        } catch {
            outputs.append(.refusePost(request, body.isEmpty ? .empty : .malformed))
        }
    }

    private mutating func received(_ text: [UInt8], on id: ReceiverID, at now: Instant) {
        guard isOpen, receiver?.id == id else { return }
        do throws(DecodeError) {
            for message in try SockJSMessages.decode(webSocketText: text) {
                outputs.append(.received(message))
            }
        } catch {
            receiver = nil
            outputs.append(.cut(id))
            end(.interrupted, at: now)
            finishState()
        }
    }

    private mutating func send(_ messages: [[UInt8]], at now: Instant) {
        guard isOpen, !messages.isEmpty else { return }
        waiting.append(contentsOf: messages)
        for message in messages { waitingBytes += message.count }
        flush(at: now)
        guard waitingBytes > settings.maxQueued else { return }
        dropWaiting()
        end(SockJSClose(1008, "Too many messages wait for the client"), at: now)
    }

    // MARK: The end

    private mutating func end(_ close: SockJSClose, at now: Instant) {
        guard isOpen else { return }
        state = .closing(close)
        let isWebSocket = receiver?.transport == .webSocket
        flush(at: now)
        outputs.append(.closed(close))
        timers.disarm(.heartbeat)
        timers.arm(.disconnect, at: now.advanced(by: settings.disconnectDelay))
        // A WebSocket's session ends with it.
        if isWebSocket { finishState() }
    }

    private mutating func finishState() {
        state = .over
        timers = TimerTable()
        dropWaiting()
    }
}

extension SockJSSession.Receiver {
    /// Browsers show the beginning of a streaming response only after some bytes.
    fileprivate var prelude: [UInt8] {
        switch transport {
        case .streaming: [UInt8](repeating: UInt8(ascii: "h"), count: 2048) + [UInt8(ascii: "\n")]
        case .eventSource: Array("\r\n".utf8)
        case .polling, .webSocket: []
        }
    }

    fileprivate func framed(_ frame: SockJSFrame) -> [UInt8] {
        var bytes: [UInt8] = []
        if transport == .eventSource { bytes.append(contentsOf: "data: ".utf8) }
        frame.encode(into: &bytes)
        switch transport {
        case .polling, .streaming: bytes.append(UInt8(ascii: "\n"))
        case .eventSource: bytes.append(contentsOf: "\r\n\r\n".utf8)
        case .webSocket: break
        }
        return bytes
    }
}
