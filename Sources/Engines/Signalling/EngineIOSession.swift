// SPDX-License-Identifier: Apache-2.0
public import EngineIO
public import EngineKit

/// The server's side of one Engine.IO session: heartbeat, long-polling, and the upgrade to WebSocket.
/// Engine.IO protocol, revisions 4 and 3.
///
/// ```
///   opening ──▶ polling ──probe──▶ polling + probing ──"5"──▶ webSocket
///      │           │                     │                        │
///      └───────────┴─── close, error, silence ────────────────────┴──▶ closed
///                  └── close, and no poll to carry it ──▶ lingering ──▶ closed
/// ```
///
/// Invariant: a message handed to ``Input/send(_:_:)`` leaves exactly once and in order, whatever
/// transport carries it, as long as the session lives; every poll and post is answered exactly once.
///
/// On a WebSocket nothing ever waits in the session, so a frame that was encoded elsewhere may be
/// written to ``webSocket`` directly.
public struct EngineIOSession: Engine {
    enum Transport {
        /// No client yet.
        case opening(id: String)
        case polling(waiting: RequestID?)
        case webSocket(WebSocketID)
        /// Over, but the next poll gets the close.
        case lingering(until: Instant)
        case closed
    }

    /// A WebSocket that has not taken over yet.
    struct Probe {
        var socket: WebSocketID
        var deadline: Instant
        /// From its probe on every poll is answered at once.
        var isAnswered = false
    }

    struct Waiting {
        var packet: EngineIOPacket
        var compress: Bool
    }

    let settings: EngineIOSettings
    let revision: EngineIORevision
    /// The client cannot take binary. Revision 3 only.
    let base64: Bool
    var transport: Transport
    var heartbeat: Heartbeat
    var probe: Probe?
    /// The POST whose body is being read.
    var posting: RequestID?
    var waiting: [Waiting] = []
    /// Bytes of memory that wait for the client: here for its next poll, or in its WebSocket.
    public internal(set) var queuedBytes = 0
    /// Volatile messages that were not sent because the client was not ready.
    public internal(set) var droppedMessages: UInt32 = 0
    var outputs = OutputQueue<Output>()

    /// - Parameters:
    ///   - id: The session's id: the client's bearer token, so unguessable.
    ///   - base64: The client said that it cannot take binary. Revision 3 only.
    public init(
        id: String, settings: EngineIOSettings, revision: EngineIORevision = .four, base64: Bool = false,
        at now: Instant
    ) {
        self.settings = settings
        self.revision = revision
        self.base64 = base64
        heartbeat = Heartbeat(revision, pace: settings.pace, startingAt: now)
        transport = .opening(id: id)
    }

    /// A session with settings of its own.
    public init(id: String, settings: Settings = Settings(), at now: Instant) {
        self.init(id: id, settings: EngineIOSettings(settings), at: now)
    }

    public var deadline: Instant? {
        switch transport {
        case .opening, .polling, .webSocket:
            guard let probe else { return heartbeat.deadline }
            return min(probe.deadline, heartbeat.deadline)
        case .lingering(let until): return until
        case .closed: return nil
        }
    }

    public mutating func poll() -> Output? { outputs.popFirst() }

    public mutating func handle(_ input: consuming Input, at now: Instant) {
        // A deadline that has passed counts before whatever arrived late, so that the answer never
        // depends on which of the two the driver saw first.
        expire(at: now)
        switch consume input {
        case .tick: break
        case .webSocketReceived(let socket, let message): received(message, on: socket, at: now)
        case .sendOne(let message, let options): send(message, options)
        case .send(let messages, let options): send(messages, options)
        case .poll(let request): polled(request)
        case .postBegan(let request): postBegan(request)
        case .post(let request, let body, let isBinary):
            posted(request, body: body, isBinary: isBinary, at: now)
        case .postTooLarge(let request): postTooLarge(request)
        case .unknownMethod(let request): outputs.append(.refuse(request, .unknownMethod))
        case .requestAborted(let request): aborted(request)
        case .webSocketOpened(let socket): opened(socket, at: now)
        case .webSocketBacklog(let socket, let bytes): backlogged(socket, bytes: bytes)
        case .webSocketClosed(let socket): lost(socket, .webSocketClosed)
        case .webSocketFailed(let socket): lost(socket, .webSocketFailed)
        case .close: closeFromAbove(at: now)
        }
    }

    // MARK: What the driver may ask

    /// Whether the session goes on.
    public var isOpen: Bool {
        switch transport {
        case .opening, .polling, .webSocket: true
        case .lingering, .closed: false
        }
    }

    /// Whether a poll may still come to fetch the close: the driver keeps the session until then.
    public var isLingering: Bool {
        if case .lingering = transport { true } else { false }
    }

    /// The WebSocket that carries the messages.
    public var webSocket: WebSocketID? {
        if case .webSocket(let socket) = transport { socket } else { nil }
    }

    /// What carries the messages; `nil` before the first request and after the end.
    public var transportName: EngineIOTransport? {
        switch transport {
        case .polling: .polling
        case .webSocket: .webSocket
        case .opening, .lingering, .closed: nil
        }
    }

    /// Whether a message would leave at once; a volatile one is dropped otherwise.
    public var isWritable: Bool {
        switch transport {
        case .polling(let request): request != nil
        case .webSocket: queuedBytes == 0
        case .opening, .lingering, .closed: false
        }
    }

    // MARK: Time

    private mutating func expire(at now: Instant) {
        guard let deadline, deadline <= now else { return }
        if let probe, probe.deadline <= now { abandonProbe() }
        switch transport {
        case .lingering: discard()
        case .closed: break
        case .opening: end(.silent)
        case .polling, .webSocket:
            switch heartbeat.tick(at: now, pace: settings.pace) {
            case .none: break
            case .sendPing: sendPing()
            case .close: end(.silent)
            }
        }
    }

    private mutating func sendPing() {
        // A client that posts but does not poll lives; one ping is enough for when it does.
        guard !waiting.contains(where: { $0.packet == .ping([]) }) else { return }
        enqueue(.ping([]), compress: false)
        flush()
    }

    // MARK: Packets

    /// A packet from the transport that carries the session.
    mutating func received(_ packet: consuming EngineIOPacket, at now: Instant) {
        heartbeat.received(at: now, pace: settings.pace)
        switch consume packet {
        case .message(let message): outputs.append(.received(message))
        case .pong where revision == .four:
            if heartbeat.receivedPong() { outputs.append(.ponged) }
        case .ping(let payload) where revision == .three:
            guard hasRoom() else { return }
            enqueue(.pong(payload), compress: false)
            flush()
        case .ping, .pong: end(.wrongHeartbeat)
        case .close: end(.closedByClient)
        case .open, .upgrade, .noop: break  // meaningless from a client, and harmless
        }
    }

    private mutating func send(_ message: consuming EngineIOMessage, _ options: SendOptions) {
        guard accepts(options, count: 1) else { return }
        enqueue(.message(message), compress: options.compress)
        flush()
    }

    private mutating func send(_ messages: [EngineIOMessage], _ options: SendOptions) {
        guard accepts(options, count: messages.count) else { return }
        for message in messages { enqueue(.message(message), compress: options.compress) }
        flush()
    }

    private mutating func accepts(_ options: SendOptions, count: Int) -> Bool {
        guard isOpen else { return false }
        if options.isVolatile, !isWritable {
            droppedMessages &+= UInt32(truncatingIfNeeded: count)
            return false
        }
        return hasRoom()
    }

    /// Whether one more message may wait, however large it is; if not, the client has had its chance.
    private mutating func hasRoom() -> Bool {
        guard queuedBytes > settings.values.maxQueued else { return true }
        end(.tooSlow)
        return false
    }

    /// Gives a packet to the WebSocket, or keeps it until ``flush()``.
    mutating func enqueue(_ packet: consuming EngineIOPacket, compress: Bool) {
        if case .webSocket(let socket) = transport {
            outputs.append(.sendFrame(socket, frame(packet), compress: compress))
        } else {
            let packet = packet
            queuedBytes += packet.payload.count + MemoryLayout<Waiting>.stride
            waiting.append(Waiting(packet: packet, compress: compress))
        }
    }

    func frame(_ packet: consuming EngineIOPacket) -> EngineIOFrame {
        EngineIOFrame(packet, revision: revision, base64: base64)
    }

    /// Sends what waits, as far as the transport takes it.
    mutating func flush() {
        switch transport {
        case .webSocket, .opening, .lingering, .closed: return
        case .polling(nil): return
        case .polling(let request?):
            if waiting.isEmpty {
                guard let probe, probe.isAnswered else { return }
                waiting = [Waiting(packet: .noop, compress: false)]
            }
            transport = .polling(waiting: nil)
            answer(request)
        }
    }

    /// Answers a poll with all that waits.
    mutating func answer(_ request: RequestID) {
        let packets = waiting.lazy.map(\.packet)
        let isBinary =
            revision == .three && !base64
            && packets.contains { if case .message(.binary) = $0 { true } else { false } }
        let body =
            isBinary
            ? EngineIOPayload.encodeBinary(packets) : EngineIOPayload.encode(packets, revision: revision)
        let compress =
            body.count >= settings.values.compressionThreshold ?? .max && waiting.contains(where: \.compress)
        waiting = []
        queuedBytes = 0
        outputs.append(
            .answerPoll(request, PollAnswer(body: body, isBinary: isBinary, compress: compress)))
    }

    // MARK: The end

    private mutating func closeFromAbove(at now: Instant) {
        guard isOpen else { return }
        if case .polling(nil) = transport {
            end(.closedByServer, lingeringUntil: now.advanced(by: settings.values.closeTimeout))
        } else {
            end(.closedByServer)
        }
    }

    mutating func end(_ ending: Ending, lingeringUntil deadline: Instant? = nil) {
        guard isOpen else { return }
        // A client that is about to change over fetches the close there.
        if deadline == nil { abandonProbe() }
        if let posting {
            self.posting = nil
            outputs.append(.refuse(posting, .wrongPolling))
        }
        switch transport {
        case .webSocket(let socket):
            if ending != .webSocketClosed, ending != .webSocketFailed {
                outputs.append(.closeWebSocket(socket, ending.closeFrame))
            }
        case .polling(let request?):
            enqueue(ending == .closedByClient ? .noop : .close, compress: false)
            answer(request)
        case .polling(nil), .opening, .lingering, .closed: break
        }
        if let deadline {
            transport = .lingering(until: deadline)
        } else {
            discard()
        }
        outputs.append(.closed(ending))
    }

    /// Forgets all that nobody will fetch any more.
    mutating func discard() {
        abandonProbe()
        transport = .closed
        waiting = []
        queuedBytes = 0
    }
}
