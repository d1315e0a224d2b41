// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
public import EngineKit
public import STOMP

/// The server's side of one STOMP connection, whatever carries its bytes. STOMP 1.0, 1.1 and 1.2.
///
/// ```
///   awaitingConnect ──CONNECT──▶ connecting ──accept──▶ connected
///         │                          │                      │
///         └─── ERROR, timeout, refuse, DISCONNECT, loss ────┴──▶ ended
/// ```
///
/// Frames are looked at one by one as outputs are polled: a client whose requests the application has
/// not answered is not read any further, and what it sends meanwhile is bounded.
///
/// Transactions are refused with an ERROR frame, as is everything else that the server cannot do.
public struct STOMPConnection: Engine {
    public struct Settings: Hashable, Sendable {
        public var limits = STOMPDecoder.Limits()
        /// How often the server can send heart-beats, and how often it wants to hear from the client;
        /// zero for never.
        public var heartBeat = Duration.seconds(10)
        /// How long a client may take to send CONNECT.
        public var connectTimeout = Duration.seconds(10)
        public var maxSubscriptions = 1000
        /// Whether a client may end a subscription that it does not have, as old clients do that give the
        /// destination where the id belongs. Otherwise that is an error, which ends the connection.
        public var toleratesUnknownSubscriptions = false
        /// Most messages that wait for the client to acknowledge them.
        public var maxUnacknowledged = 1000
        /// Most requests of the client that wait for the application.
        public var maxUnanswered = 100
        /// What the CONNECTED frame calls the server; `nil` for nothing.
        public var server: String? = "Parley"

        public init() {}
    }

    /// Names a request of the client that waits for the application.
    public struct RequestID: Hashable, Sendable, RawRepresentable {
        public var rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }
    }

    /// The application's name for one delivery that the client will acknowledge.
    public struct MessageTag: Hashable, Sendable, RawRepresentable {
        public var rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }
    }

    public enum Input: Hashable, Sendable {
        /// Bytes of the client, cut up anyhow.
        case received([UInt8])
        /// What carried the bytes is gone.
        case disconnected
        /// The application has done what the client asked for.
        case accept(RequestID)
        /// It will not: the client gets an ERROR frame with these words and the connection ends.
        case refuse(RequestID, message: String)
        /// Sends a message to every subscription to its destination.
        case deliver(STOMPMessage, tag: MessageTag?)
        /// Sends a message to one subscription, whatever destination that has: for servers whose
        /// destinations are patterns.
        case deliverTo(subscription: String, STOMPMessage, tag: MessageTag?)
        /// Ends the connection with an ERROR frame.
        case fail(message: String)
        case tick
    }

    public enum Output: Hashable, Sendable {
        /// Bytes for the client: one whole frame or a heart-beat.
        case send([UInt8])
        /// To be closed once everything is sent.
        case close
        /// Answer with ``Input/accept(_:)`` or ``Input/refuse(_:message:)``; nothing else comes before.
        case connecting(RequestID, STOMPLogin)
        /// To be answered. Nothing is delivered to the subscription before.
        case subscribing(RequestID, STOMPSubscription)
        case unsubscribed(STOMPSubscription)
        /// A message of the client's. To be answered.
        case sent(RequestID, STOMPMessage)
        /// What became of deliveries, oldest first.
        case settled([MessageTag], Settlement)
        /// The last output, once.
        case ended(End)
    }

    public enum Settlement: Hashable, Sendable {
        case acknowledged
        /// The client said that it could not deal with them.
        case rejected
        /// The client unsubscribed or went away without a word.
        case abandoned
    }

    public enum End: Hashable, Sendable {
        /// The client said goodbye.
        case disconnected
        /// The connection broke.
        case lost
        /// The client was sent an ERROR frame with this message.
        case failed(String)
    }

    enum State { case awaitingConnect, connecting, connected, ended }
    enum Timer: Hashable, Sendable { case connect, beat, silence }

    /// A request of the client's that waits for the application.
    struct Request: Sendable {
        enum Kind: Sendable {
            case connect(STOMPLogin)
            case subscribe(STOMPSubscription)
            case send
        }
        var kind: Kind
        var receipt: String?
    }

    let settings: Settings
    let sessionID: String
    var state = State.awaitingConnect
    var decoder: STOMPDecoder
    var subscriptions = STOMPSubscriptions()
    /// Subscriptions that the application has not accepted yet.
    var requestedSubscriptions: [String: STOMPSubscription] = [:]
    var outputs = Queue<Output>()
    var timers = TimerTable<Timer>()
    var heartBeat = STOMPHeartBeat()
    private var requests: [RequestID: Request] = [:]
    private var lastRequest: UInt64 = 0
    private var lastMessage: UInt64 = 0
    /// Of the last input: frames are handled while outputs are polled.
    private var now: Instant

    /// - Parameter sessionID: Told to the client; unique, but no secret.
    public init(sessionID: String, settings: Settings = Settings(), at now: Instant) {
        self.settings = settings
        self.sessionID = sessionID
        self.now = now
        decoder = STOMPDecoder(limits: settings.limits)
        timers.arm(.connect, at: now.advanced(by: settings.connectTimeout))
    }

    public var deadline: Instant? { timers.deadline }

    /// The version agreed on; `nil` before.
    public var version: STOMPVersion? { decoder.version }

    public mutating func handle(_ input: Input, at now: Instant) {
        self.now = now
        guard state != .ended else { return }
        if case .received = input { heartBeat.received(at: now) }
        expire(at: now)
        guard state != .ended else { return }
        switch input {
        case .tick: break
        case .received(let bytes): received(bytes)
        case .disconnected: end(.lost)
        case .accept(let request): accept(request)
        case .refuse(let request, let message):
            guard let refused = requests.removeValue(forKey: request) else { return }
            fail(message, receipt: refused.receipt)
        case .deliver(let message, let tag):
            for subscription in subscriptions.subscriptions(to: message.destination) {
                deliver(message, tag: tag, to: subscription)
            }
        case .deliverTo(let id, let message, let tag):
            if let subscription = subscriptions[id] { deliver(message, tag: tag, to: subscription) }
        case .fail(let message): fail(message)
        }
    }

    public mutating func poll() -> Output? {
        while true {
            if let output = outputs.popFirst() { return output }
            guard !isHeld else { return nil }
            do throws(DecodeError) {
                guard let frame = try decoder.next() else { return nil }
                handle(frame)
            } catch {
                fail("malformed frame", detail: "\(error)")
            }
        }
    }

    // MARK: Bytes

    /// Whether frames wait until the application has answered.
    private var isHeld: Bool {
        state == .ended || state == .connecting || requests.count >= settings.maxUnanswered
    }

    private mutating func received(_ bytes: [UInt8]) {
        decoder.append(bytes)
        if isHeld, decoder.bufferedBytes > settings.limits.maxHead + settings.limits.maxBody {
            fail("too many frames before the answers to earlier ones")
        }
    }

    mutating func send(_ frame: STOMPFrame) {
        outputs.append(.send(frame.encoded(decoder.version ?? .v10)))
        heartBeat.sent(at: now)
    }

    mutating func sendReceipt(_ receipt: String?) {
        guard let receipt else { return }
        send(STOMPFrame(.receipt, headers: ["receipt-id": receipt]))
    }

    // MARK: Requests

    /// Puts a request before the application.
    mutating func ask(_ kind: Request.Kind, receipt: String?, _ output: (RequestID) -> Output) {
        lastRequest += 1
        let id = RequestID(rawValue: lastRequest)
        requests[id] = Request(kind: kind, receipt: receipt)
        outputs.append(output(id))
    }

    private mutating func accept(_ id: RequestID) {
        guard let request = requests.removeValue(forKey: id) else { return }
        switch request.kind {
        case .connect(let login): connected(login, at: now)
        case .subscribe(let subscription):
            // It may have been given up meanwhile.
            if requestedSubscriptions[subscription.id] == subscription {
                requestedSubscriptions[subscription.id] = nil
                subscriptions.add(subscription)
            }
            sendReceipt(request.receipt)
        case .send: sendReceipt(request.receipt)
        }
    }

    private mutating func deliver(
        _ message: STOMPMessage, tag: MessageTag?, to subscription: STOMPSubscription
    ) {
        guard state == .connected, let version else { return }
        lastMessage += 1
        let number = String(lastMessage)
        var headers = message.headers
        headers.append("destination", message.destination)
        headers.append("message-id", number)
        if subscription.isNamed { headers.append("subscription", subscription.id) }
        if subscription.ackMode != .auto {
            guard subscriptions.waitingCount < settings.maxUnacknowledged else {
                return fail("too many messages without acknowledgement")
            }
            if version == .v12 { headers.append("ack", number) }
            subscriptions.expectAck(of: lastMessage, tag: tag, from: subscription.id)
        }
        send(STOMPFrame(.message, headers: headers, body: message.body))
    }

    // MARK: The end

    /// Tells the client what is wrong and ends the connection. STOMP 1.2, "ERROR".
    mutating func fail(_ message: String, detail: String = "", receipt: String? = nil) {
        var headers: STOMPHeaders = ["message": message]
        if let receipt { headers.append("receipt-id", receipt) }
        if !detail.isEmpty { headers.append("content-type", "text/plain") }
        send(STOMPFrame(.error, headers: headers, body: Array(detail.utf8)))
        end(.failed(message))
    }

    mutating func end(_ reason: End) {
        guard state != .ended else { return }
        state = .ended
        timers = TimerTable()
        requests = [:]
        requestedSubscriptions = [:]
        decoder = STOMPDecoder(limits: settings.limits)
        let unsettled = subscriptions.removeAll()
        if !unsettled.isEmpty { outputs.append(.settled(unsettled, .abandoned)) }
        if reason != .lost { outputs.append(.close) }
        outputs.append(.ended(reason))
    }
}
