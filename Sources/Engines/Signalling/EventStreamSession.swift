// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import JSON

/// The server's side of a message session over server-sent events and POST, for clients whose network
/// refuses WebSockets. HTML Living Standard, "Server-sent events".
///
/// ```
///   event: session                id: SECRET.1            event: close
///   id: SECRET.0                  data: {"a":1}           data: {"code":1000,"reason":"bye"}
///   data: {"session":"SECRET"}
/// ```
///
/// Every event has a number. A client that lost its stream names the last one it got and is sent what
/// followed; it has to come back in time, and before more has piled up than is kept. Messages of the
/// client come one a POST; when it numbers them, one that is sent again counts once.
public struct EventStreamSession: Engine {
    public struct Settings: Hashable, Sendable {
        /// Keeps proxies from closing a quiet stream; the standard suggests 15 seconds.
        public var heartbeatInterval = Duration.seconds(15)
        /// How long a session lives without a stream, and how long its close can be fetched.
        public var resumeTime = Duration.seconds(30)
        /// How long a client waits before it comes back.
        public var retry = Duration.seconds(1)
        /// Most events kept for a client that lost its stream, and most bytes of them.
        public var maxKept = 1000
        public var maxKeptBytes = 1_000_000

        public init() {}
    }

    /// Names a request whose response is a stream of events.
    public struct StreamID: Hashable, Sendable, RawRepresentable {
        public var rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }
    }

    /// Names a request that brings a message.
    public struct RequestID: Hashable, Sendable, RawRepresentable {
        public var rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }
    }

    public enum Input: Hashable, Sendable {
        /// A client asks for events: at first, or for those after the one it got last.
        case attach(StreamID, after: UInt64?)
        /// A stream broke.
        case detached(StreamID)
        /// A message of the client. `number` counts them from 1, for clients that may send one again.
        case posted(RequestID, number: UInt64?, [UInt8])
        /// A message from the application: text.
        case send([UInt8])
        case close(code: Int, reason: String)
        case tick
    }

    public enum Output: Hashable, Sendable {
        case write(StreamID, [UInt8])
        case finish(StreamID)
        case acceptPost(RequestID)
        case refusePost(RequestID, Refusal)
        /// The session is open. Comes before any message.
        case opened
        case received([UInt8])
        /// The session is over for the application; see ``EventStreamSession/isOver`` for the rest.
        case closed(code: Int, reason: String)
    }

    /// Why a message of the client was not taken.
    public enum Refusal: Hashable, Sendable {
        case sessionClosed
        /// Messages before it are missing.
        case outOfOrder
    }

    private enum State {
        case fresh
        case open
        /// The close event is still to be had.
        case closing
        case over
    }

    private enum Timer: Hashable, Sendable { case heartbeat, disconnect }

    private let secret: String
    private let settings: Settings
    private var state = State.fresh
    private var stream: StreamID?
    /// The newest events, oldest first; their numbers follow one another.
    private var kept: [[UInt8]] = []
    private var keptBytes = 0
    private var lastNumber: UInt64 = 0
    /// The last event that has been written to any stream.
    private var lastWritten: UInt64 = 0
    private var lastPosted: UInt64 = 0
    private var timers = TimerTable<Timer>()
    private var outputs = Queue<Output>()

    /// - Parameter secret: The session's name and the client's bearer token: letters, digits, `-` and
    ///   `_`, unguessable.
    public init(secret: String, settings: Settings = Settings()) {
        self.secret = secret
        self.settings = settings
    }

    public var deadline: Instant? { timers.deadline }

    /// Bytes of events that no stream has taken yet.
    public var backlog: Int {
        kept.suffix(Int(clamping: lastNumber - lastWritten)).reduce(0) { $0 + $1.count }
    }

    /// Whether nothing can come of the session any more: the driver forgets it.
    public var isOver: Bool { if case .over = state { true } else { false } }

    /// The session and the event that an event's id names.
    public static func parse(eventID: some StringProtocol) -> (secret: String, number: UInt64)? {
        let parts = eventID.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let number = UInt64(parts[1]) else { return nil }
        return (String(parts[0]), number)
    }

    public mutating func poll() -> Output? { outputs.popFirst() }

    public mutating func handle(_ input: Input, at now: Instant) {
        expire(at: now)
        switch input {
        case .tick: break
        case .attach(let id, let number): attach(id, after: number, at: now)
        case .detached(let id):
            guard stream == id else { return }
            lose(at: now)
        case .posted(let request, let number, let message): posted(request, number, message)
        case .send(let text):
            guard isOpen else { return }
            append(nil, text)
            flush()
            bound(at: now)
        case .close(let code, let reason): end(code, reason, at: now)
        }
    }

    private var isOpen: Bool { if case .open = state { true } else { false } }

    // MARK: Time

    private mutating func expire(at now: Instant) {
        while let timer = timers.popExpired(at: now) {
            switch timer {
            case .heartbeat:
                guard let stream else { continue }
                outputs.append(.write(stream, Array(":\n\n".utf8)))
                timers.arm(.heartbeat, at: now.advanced(by: settings.heartbeatInterval))
            case .disconnect:
                if isOpen { outputs.append(.closed(code: 1006, reason: "The client did not come back")) }
                state = .over
                kept = []
            }
        }
    }

    // MARK: Streams

    private mutating func attach(_ id: StreamID, after number: UInt64?, at now: Instant) {
        guard !isOver else { return outputs.append(.finish(id)) }
        // The network of a phone changes before its old connection looks dead: the newer stream counts.
        if let stream { outputs.append(.finish(stream)) }
        stream = id
        timers.arm(.heartbeat, at: now.advanced(by: settings.heartbeatInterval))
        if isOpen { timers.disarm(.disconnect) }
        outputs.append(.write(id, Array("retry: \(settings.retry.milliseconds)\n\n".utf8)))
        if case .fresh = state {
            state = .open
            outputs.append(
                .write(id, event("session", number: 0, data: Array(#"{"session":"\#(secret)"}"#.utf8))))
            return outputs.append(.opened)
        }
        let first = lastNumber - UInt64(kept.count)
        guard let number, (first...lastNumber).contains(number) else {
            // What the client missed is gone: it must not go on as if nothing had happened.
            lastWritten = lastNumber
            if isOpen { return end(1008, "Messages were lost", at: now) }
            if let close = kept.last { outputs.append(.write(id, close)) }
            return lose(at: now, finishing: true)
        }
        lastWritten = number
        flush()
        if !isOpen { lose(at: now, finishing: true) }
    }

    private mutating func lose(at now: Instant, finishing: Bool = false) {
        guard let stream else { return }
        if finishing { outputs.append(.finish(stream)) }
        self.stream = nil
        timers.disarm(.heartbeat)
        guard isOpen else { return }
        timers.arm(.disconnect, at: now.advanced(by: settings.resumeTime))
    }

    private mutating func flush() {
        guard let stream, lastWritten < lastNumber else { return }
        for event in kept.suffix(Int(clamping: lastNumber - lastWritten)) {
            outputs.append(.write(stream, event))
        }
        lastWritten = lastNumber
    }

    // MARK: Events

    private mutating func append(_ name: String?, _ data: [UInt8]) {
        lastNumber += 1
        let event = event(name, number: lastNumber, data: data)
        kept.append(event)
        keptBytes += event.count
    }

    /// Lets go of the oldest events; the client must have had them.
    private mutating func bound(at now: Instant) {
        var excess = max(kept.count - settings.maxKept, 0)
        var bytes = keptBytes - kept[..<excess].reduce(0) { $0 + $1.count }
        while bytes > settings.maxKeptBytes, excess < kept.count {
            bytes -= kept[excess].count
            excess += 1
        }
        guard excess > 0 else { return }
        kept.removeFirst(excess)
        keptBytes = bytes
        if lastWritten < lastNumber - UInt64(kept.count) {
            end(1008, "Too many messages wait for the client", at: now)
        }
    }

    /// Line ends inside `data` arrive as line feeds.
    private func event(_ name: String?, number: UInt64, data: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.count + secret.utf8.count + 40)
        if let name { bytes.append(contentsOf: "event: \(name)\n".utf8) }
        bytes.append(contentsOf: "id: \(secret).\(number)\ndata: ".utf8)
        var isAfterCarriageReturn = false
        for byte in data {
            let isLineFeed = byte == UInt8(ascii: "\n")
            if isLineFeed && !isAfterCarriageReturn || byte == UInt8(ascii: "\r") {
                bytes.append(contentsOf: "\ndata: ".utf8)
            } else if !isLineFeed {
                bytes.append(byte)
            }
            isAfterCarriageReturn = byte == UInt8(ascii: "\r")
        }
        bytes.append(contentsOf: "\n\n".utf8)
        return bytes
    }

    // MARK: Messages of the client

    private mutating func posted(_ request: RequestID, _ number: UInt64?, _ message: [UInt8]) {
        guard isOpen else { return outputs.append(.refusePost(request, .sessionClosed)) }
        if let number {
            if number <= lastPosted { return outputs.append(.acceptPost(request)) }
            guard number == lastPosted + 1 else {
                return outputs.append(.refusePost(request, .outOfOrder))
            }
            lastPosted = number
        }
        outputs.append(.acceptPost(request))
        outputs.append(.received(message))
    }

    // MARK: The end

    private mutating func end(_ code: Int, _ reason: String, at now: Instant) {
        guard isOpen else { return }
        var data: [UInt8] = []
        JSONValue.object(["code": .number(JSONNumber(Int64(code))), "reason": .string(reason)])
            .format(into: &data)
        append("close", data)
        state = .closing
        flush()
        lose(at: now, finishing: true)
        timers.disarm(.heartbeat)
        timers.arm(.disconnect, at: now.advanced(by: settings.resumeTime))
        outputs.append(.closed(code: code, reason: reason))
    }
}
