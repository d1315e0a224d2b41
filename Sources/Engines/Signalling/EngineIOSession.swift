// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
public import EngineIO
public import EngineKit

/// The server's side of one Engine.IO session: heartbeat, long-polling, and the upgrade to WebSocket.
/// Engine.IO protocol, revision 4.
///
/// ```
///   polling ──probe──▶ polling + probing ──"5"──▶ webSocket
///      │                     │                        │
///      └──────────── close, error, ping timeout ──────┴──▶ closed
/// ```
///
/// Invariant: a message handed to ``Input/send(_:)`` leaves exactly once and in order, whatever
/// transport carries it, as long as the session lives; every poll and post is answered exactly once.
public struct EngineIOSession: Engine {
    public struct Settings: Hashable, Sendable {
        public var pingInterval = Duration.seconds(25)
        public var pingTimeout = Duration.seconds(20)
        public var upgradeTimeout = Duration.seconds(10)
        /// How long a close waits for a poll that can carry it.
        public var closeTimeout = Duration.seconds(30)
        /// Most bytes of one message or polling body a client may send.
        public var maxPayload = 1_000_000
        /// Most bytes waiting for a client that polls too slowly.
        public var maxQueued = 1_000_000

        public init() {}
    }

    /// Names one HTTP request that waits for an answer.
    public struct RequestID: Hashable, Sendable, RawRepresentable {
        public var rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }
    }

    /// Names one WebSocket of the session.
    public struct WebSocketID: Hashable, Sendable, RawRepresentable {
        public var rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }
    }

    public enum Input: Hashable, Sendable {
        /// A GET asks for packets. The first input of a polling session.
        case poll(RequestID)
        /// A whole POST body arrived.
        case post(RequestID, body: [UInt8])
        /// The client dropped a request that was not answered yet.
        case requestAborted(RequestID)
        /// A WebSocket opened with this session's id, or as its handshake.
        case webSocketOpened(WebSocketID)
        case webSocketReceived(WebSocketID, EngineIOMessage)
        case webSocketClosed(WebSocketID)
        /// Messages from the layer above, kept together.
        case send([EngineIOMessage])
        /// Ends the session from the layer above.
        case close
        case tick
    }

    public enum Output: Hashable, Sendable {
        /// Answers a GET with packets.
        case answerPoll(RequestID, body: [UInt8])
        /// Answers a POST with `ok`.
        case acceptPost(RequestID)
        /// Answers with 400 and no body.
        case refuse(RequestID)
        /// Sends one frame.
        case sendFrame(WebSocketID, EngineIOMessage)
        case closeWebSocket(WebSocketID)
        /// A message for the layer above.
        case received(EngineIOMessage)
        /// The session is over. The last output but for answers still owed.
        case closed(CloseReason)
    }

    /// Why a session ended, in the official server's words.
    public enum CloseReason: String, Hashable, Sendable {
        case transportClose = "transport close"
        case transportError = "transport error"
        case pingTimeout = "ping timeout"
        case parseError = "parse error"
        case forcedClose = "forced close"
    }

    private enum Transport {
        case polling(waiting: RequestID?)
        case webSocket(WebSocketID)
    }

    private enum Timer: Hashable, Sendable { case upgrade, lateClose }

    private let settings: Settings
    private let id: String
    private var transport: Transport?
    private var heartbeat: Heartbeat
    private var timers = TimerTable<Timer>()
    /// A WebSocket that has not taken over yet, and whether it has sent its probe.
    private var probe: (socket: WebSocketID, isAnswered: Bool)?
    private var waitingPackets: [EngineIOPacket] = []
    private var waitingBytes = 0
    private var isClosed = false
    private var outputs = Queue<Output>()

    /// - Parameter id: The session's id: the client's bearer token, so unguessable.
    public init(id: String, settings: Settings = Settings(), at now: Instant) {
        self.settings = settings
        heartbeat = Heartbeat(
            interval: settings.pingInterval, timeout: settings.pingTimeout, startingAt: now)
        self.id = id
    }

    public var deadline: Instant? {
        if isClosed { return timers.deadline }
        return [heartbeat.deadline, timers.deadline].compactMap(\.self).min()
    }

    public mutating func poll() -> Output? { outputs.popFirst() }

    public mutating func handle(_ input: Input, at now: Instant) {
        // A deadline that has passed counts before whatever arrived late, so that the answer never
        // depends on which of the two the driver saw first.
        expire(at: now)
        switch input {
        case .tick: break
        case .poll(let request): polled(request)
        case .post(let request, let body): posted(request, body: body, at: now)
        case .requestAborted(let request): aborted(request)
        case .webSocketOpened(let socket): opened(socket, at: now)
        case .webSocketReceived(let socket, let message): received(message, on: socket, at: now)
        case .webSocketClosed(let socket): lost(socket)
        case .send(let messages): send(messages)
        case .close: closeFromAbove(at: now)
        }
    }

    // MARK: Time

    private mutating func expire(at now: Instant) {
        while let timer = timers.popExpired(at: now) {
            switch timer {
            case .upgrade: abandonProbe()
            case .lateClose: break
            }
        }
        guard !isClosed else { return }
        switch heartbeat.tick(at: now) {
        case .none: break
        case .sendPing: enqueue([.ping([])])
        case .close: end(.pingTimeout)
        }
    }

    // MARK: Long-polling

    private mutating func polled(_ request: RequestID) {
        guard !isClosed else { return answerLate(request) }
        switch transport {
        case nil:
            transport = .polling(waiting: request)
            enqueue([openPacket(upgrades: true)])
        case .webSocket:
            outputs.append(.refuse(request))
        case .polling(let waiting?):
            // Two polls at once: the client is confused or the id is shared.
            outputs.append(.answerPoll(waiting, body: EngineIOPacket.close.encoded))
            transport = .polling(waiting: nil)
            outputs.append(.refuse(request))
            end(.transportError)
        case .polling(nil):
            transport = .polling(waiting: request)
            flush()
        }
    }

    private mutating func posted(_ request: RequestID, body: [UInt8], at now: Instant) {
        guard !isClosed, case .polling = transport else { return outputs.append(.refuse(request)) }
        do throws(DecodeError) {
            let packets = try EngineIOPayload.decode(body)
            outputs.append(.acceptPost(request))
            for packet in packets where !isClosed { received(packet, at: now) }
        } catch {
            outputs.append(.refuse(request))
            end(.parseError)
        }
    }

    private mutating func aborted(_ request: RequestID) {
        guard case .polling(request?) = transport, !isClosed else { return }
        transport = .polling(waiting: nil)
        end(.transportError)
    }

    /// A poll after the end fetches the close packet, once.
    private mutating func answerLate(_ request: RequestID) {
        guard timers.isArmed(.lateClose) else { return outputs.append(.refuse(request)) }
        timers.disarm(.lateClose)
        waitingPackets.append(.close)
        outputs.append(.answerPoll(request, body: EngineIOPayload.encode(waitingPackets)))
        waitingPackets = []
    }

    // MARK: WebSocket

    private mutating func opened(_ socket: WebSocketID, at now: Instant) {
        if isClosed { return outputs.append(.closeWebSocket(socket)) }
        switch transport {
        case nil:
            transport = .webSocket(socket)
            enqueue([openPacket(upgrades: false)])
        case .polling where probe == nil:
            probe = (socket, false)
            timers.arm(.upgrade, at: now.advanced(by: settings.upgradeTimeout))
        case .polling, .webSocket:
            outputs.append(.closeWebSocket(socket))
        }
    }

    private mutating func received(_ message: EngineIOMessage, on socket: WebSocketID, at now: Instant) {
        guard !isClosed else { return }
        if case .webSocket(socket) = transport {
            switch message {
            case .binary: outputs.append(.received(message))
            case .text(let text):
                guard let packet = try? EngineIOPacket(decoding: text) else { return end(.parseError) }
                received(packet, at: now)
            }
        } else if let current = probe, current.socket == socket {
            probed(message, on: socket)
        }
    }

    private mutating func probed(_ message: EngineIOMessage, on socket: WebSocketID) {
        guard case .text(let text) = message else { return abandonProbe() }
        switch try? EngineIOPacket(decoding: text) {
        case .ping(Array("probe".utf8)):
            probe = (socket, true)
            outputs.append(.sendFrame(socket, .text(EngineIOPacket.pong(Array("probe".utf8)).encoded)))
            // The client pauses polling before it upgrades: its waiting GET must come back at once.
            flush()
        case .upgrade:
            if case .polling(let waiting?) = transport {
                outputs.append(.answerPoll(waiting, body: EngineIOPacket.noop.encoded))
            }
            probe = nil
            timers.disarm(.upgrade)
            transport = .webSocket(socket)
            flush()
        default:
            abandonProbe()
        }
    }

    private mutating func lost(_ socket: WebSocketID) {
        guard !isClosed else { return }
        if case .webSocket(socket) = transport {
            end(.transportClose)
        } else if probe?.socket == socket {
            probe = nil
            timers.disarm(.upgrade)
        }
    }

    /// The upgrade failed; polling goes on as if it had never been tried.
    private mutating func abandonProbe() {
        guard let probe else { return }
        self.probe = nil
        timers.disarm(.upgrade)
        outputs.append(.closeWebSocket(probe.socket))
    }

    // MARK: Packets

    private mutating func received(_ packet: EngineIOPacket, at now: Instant) {
        switch packet {
        case .message(let message): outputs.append(.received(message))
        case .pong: heartbeat.receivedPong(at: now)
        case .close: end(.transportClose)
        case .ping: end(.parseError)  // only the server pings in this revision
        case .open, .upgrade, .noop: break  // meaningless from a client, and harmless
        }
    }

    private mutating func send(_ messages: [EngineIOMessage]) {
        guard !isClosed else { return }
        enqueue(messages.map(EngineIOPacket.message))
    }

    private mutating func enqueue(_ packets: [EngineIOPacket]) {
        waitingPackets.append(contentsOf: packets)
        for case .message(let message) in packets { waitingBytes += message.count }
        flush()
        if waitingBytes > settings.maxQueued { end(.transportError) }
    }

    private mutating func flush() {
        switch transport {
        case .webSocket(let socket):
            for packet in waitingPackets { outputs.append(.sendFrame(socket, Self.frame(packet))) }
        case .polling(let request?) where !waitingPackets.isEmpty:
            transport = .polling(waiting: nil)
            outputs.append(.answerPoll(request, body: EngineIOPayload.encode(waitingPackets)))
        case .polling(let request?) where probe?.isAnswered == true:
            transport = .polling(waiting: nil)
            return outputs.append(.answerPoll(request, body: EngineIOPacket.noop.encoded))
        case .polling, nil: return
        }
        waitingPackets.removeAll(keepingCapacity: true)
        waitingBytes = 0
    }

    private static func frame(_ packet: EngineIOPacket) -> EngineIOMessage {
        if case .message(.binary(let bytes)) = packet { return .binary(bytes) }
        return .text(packet.encoded)
    }

    private func openPacket(upgrades: Bool) -> EngineIOPacket {
        // The ids we make hold no character that JSON would escape.
        let json = """
            {"sid":"\(id)","upgrades":[\(upgrades ? #""websocket""# : "")],\
            "pingInterval":\(settings.pingInterval.milliseconds),\
            "pingTimeout":\(settings.pingTimeout.milliseconds),"maxPayload":\(settings.maxPayload)}
            """
        return .open(Array(json.utf8))
    }

    // MARK: The end

    private mutating func closeFromAbove(at now: Instant) {
        guard !isClosed else { return }
        if case .polling(nil) = transport {
            timers.arm(.lateClose, at: now.advanced(by: settings.closeTimeout))
        }
        end(.forcedClose)
    }

    private mutating func end(_ reason: CloseReason) {
        guard !isClosed else { return }
        isClosed = true
        abandonProbe()
        switch transport {
        case .webSocket(let socket): outputs.append(.closeWebSocket(socket))
        case .polling(let request?):
            waitingPackets.append(reason == .transportClose ? .noop : .close)
            outputs.append(.answerPoll(request, body: EngineIOPayload.encode(waitingPackets)))
            waitingPackets = []
        case .polling(nil) where !timers.isArmed(.lateClose): waitingPackets = []
        case .polling, nil: break
        }
        if !timers.isArmed(.lateClose) { transport = nil }
        outputs.append(.closed(reason))
    }

    /// Whether a poll may still come to fetch the close: the driver keeps the session until then.
    public var isLingering: Bool { isClosed && timers.isArmed(.lateClose) }

    /// Whether the session is done with and may be forgotten.
    public var isOver: Bool { isClosed && !isLingering }

    /// Bytes that wait for a poll.
    public var queuedBytes: Int { waitingBytes }

    /// Whether a message would leave at once.
    public var isWritable: Bool {
        switch transport {
        case .webSocket: true
        case .polling(let request): request != nil
        case nil: false
        }
    }
}
