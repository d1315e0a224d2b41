// SPDX-License-Identifier: Apache-2.0

/// How many sessions a server takes on each event loop, and how much from whom.
///
/// An address is what one subscriber has: an IPv4 address, or an IPv6 network of 64 bits. Whatever is
/// over a limit is refused with a ``SocketRefusal`` and counted.
public struct SessionLimits: Hashable, Sendable {
    /// So many at once, and then so many a second.
    public struct Rate: Hashable, Sendable {
        public var burst: Int
        public var perSecond: Int

        public init(burst: Int, perSecond: Int) {
            precondition(burst > 0 && perSecond > 0, "a rate lets something through")
            self.burst = burst
            self.perSecond = perSecond
        }
    }

    /// Most sessions at a time.
    public var maxSessions = 50_000
    /// Most sessions of one address, which may be a whole school.
    public var maxSessionsOfAddress: Int? = 1000
    /// How fast one address may begin sessions.
    public var handshakesOfAddress: Rate? = Rate(burst: 1000, perSecond: 100)
    /// How fast all together may begin sessions, for servers whose handshakes are costly.
    public var handshakes: Rate?
    /// Most clients about whom middlewares and families of namespaces have yet to decide. With more, no
    /// session begins, so that those who wait already are let in before they give up.
    public var maxWaiting = 10_000
    /// Most of those of one address. With more, the next is told that the server is busy.
    public var maxWaitingOfAddress: Int? = 1000
    /// How fast a session may send messages; one that is faster is closed.
    public var messagesOfSession: Rate? = Rate(burst: 5000, perSecond: 1000)
    /// How fast all sessions of one address together may; the one that goes over it is closed.
    public var messagesOfAddress: Rate? = Rate(burst: 100_000, perSecond: 20_000)
    /// Whether programs on this machine are exempt from limits per address and per session. Not to be
    /// had with a proxy on this machine that says nothing of whom it speaks for.
    public var exemptsLoopback = true
    /// What those who may come again later are asked to wait.
    public var retryAfter = Duration.seconds(5)

    public init() {}
}

/// Why a server turned a client away or ended its session; each is counted.
public enum SocketRefusal: String, Error, CaseIterable, Hashable, Sendable {
    /// ``SessionLimits/maxSessions``. Status 503 with `Retry-After`.
    case full
    /// The server is about to stop. Status 503 with `Retry-After`.
    case stopping
    /// ``SessionLimits/maxWaiting`` or ``SessionLimits/handshakes``. Status 503 with `Retry-After`. Or
    /// ``SessionLimits/maxWaitingOfAddress``, with `connect_error`.
    case storm
    /// ``SessionLimits/maxSessionsOfAddress``. Status 429 with `Retry-After`.
    case addressSessions = "address-sessions"
    /// ``SessionLimits/handshakesOfAddress``. Status 429 with `Retry-After`.
    case addressHandshakes = "address-handshakes"
    /// ``SessionLimits/messagesOfSession``. The session is closed, a WebSocket with 1008.
    case sessionMessages = "session-messages"
    /// ``SessionLimits/messagesOfAddress``. The session is closed, a WebSocket with 1008.
    case addressMessages = "address-messages"
    /// More waited for the client than it may. The session is closed, a WebSocket with 1013.
    case slowClient = "slow-client"
    /// The page's origin or the application's hook. Status 403.
    case forbidden
    /// A request for a session that is over, or never was. Status 400.
    case unknownSession = "unknown-session"
    /// A body over ``SocketServerOptions/maxPayload``. Status 413.
    case tooLarge = "too-large"
    /// What is no proper request, packet or payload. Status 400, or the end of the session.
    case malformed
    /// A middleware's refusal, or a namespace that is not there: the client gets `connect_error`.
    case namespace
}

extension SocketRefusal {
    /// For people who read answers.
    var sentence: String {
        switch self {
        case .full: "The server is full."
        case .stopping: "The server is stopping."
        case .storm: "The server is busy."
        case .addressSessions: "Too many sessions from one address."
        case .addressHandshakes: "Too many new sessions from one address."
        case .sessionMessages, .addressMessages: "too many messages"
        case .slowClient: "slow consumer"
        case .forbidden: "Forbidden."
        case .unknownSession, .tooLarge, .malformed, .namespace: "Bad request."
        }
    }

    /// Whether it is the client's address that asks too much, rather than everybody.
    var isOfAddress: Bool { self == .addressSessions || self == .addressHandshakes }
}
