// SPDX-License-Identifier: Apache-2.0
public import EngineIO
public import HTTP
public import SocketIOPackets

/// How a ``SocketServer`` behaves. The defaults are those of the official server, but where that one
/// has no bound.
public struct SocketServerOptions: Sendable {
    /// Where clients ask; any path below it counts, too.
    public var path = "/socket.io/"
    public var transports: Set<EngineIOTransport> = [.polling, .webSocket]
    /// Whether clients of Socket.IO 2, which speak Engine.IO 3, may connect.
    public var allowsEngineIO3 = false
    /// Whether a polling client may go on over WebSocket.
    public var allowsUpgrades = true
    public var pingInterval = Duration.seconds(25)
    public var pingTimeout = Duration.seconds(20)
    public var upgradeTimeout = Duration.seconds(10)
    /// How long a client may stay without any namespace at first.
    public var connectTimeout = Duration.seconds(45)
    /// Most bytes of one message or polling body, its attachments included.
    public var maxPayload = 1_000_000
    /// Most bytes that wait for a client that reads too slowly; then it is cut off.
    public var maxQueued = 1_000_000
    /// How many sessions there may be, and how much they may do.
    public var limits = SessionLimits()
    /// Over how long ``SocketServer/stop()`` spreads its closes when there are many sessions, so that
    /// clients do not all come back in the same moment.
    public var drainTime = Duration.seconds(2)
    /// Most namespaces of one connection.
    public var maxNamespaces = 16
    /// Most handlers of one socket that wait at a time. A client that sends more events than they can keep
    /// up with is cut off.
    public var maxTasks = 10_000
    /// Most rooms of one socket.
    public var maxRooms = 1_000_000
    /// Whose pages may connect.
    public var origins = AllowedOrigins.sameOrigin
    /// Cookie with the session's id on the first answer, for proxies that need one; `nil` for none.
    public var cookie: SessionCookie?
    /// Polling answers of at least this many bytes are compressed, if the client can read that.
    public var compressionThreshold: Int? = 1024
    /// Whether WebSocket messages may be compressed (RFC 7692).
    public var compressesWebSockets = false
    /// Whether clients that lost their connection get back what they missed; `nil` for no.
    public var recovery: RecoveryOptions?
    /// How packets are written; clients must use the same parser.
    public var parser = SocketIOParser.json
    /// Names of the request's header fields that are kept in a socket's ``SocketHandshake``.
    public var keptHeaders: Set<String> = ["host", "origin", "user-agent", "accept-language"]
    /// Decides about every new session before there is one. Throw a ``RequestRefusal``.
    public var allowRequest: (@Sendable (HandshakeRequest) throws(RequestRefusal) -> Void)?
    /// Messages that follow every handshake at once, for programs that speak Engine.IO.
    public var greeting: [EngineIOMessage] = []
    /// Called when ``SocketServer/Listening/certificate`` was replaced: with `nil` when the new one is in
    /// use, or with what is wrong with it, every ten seconds until it is right.
    public var onCertificateChange: @Sendable ((any Error)?) -> Void = { _ in }
    /// What handlers throw where nobody asked for it with ``Socket/onError(_:)`` or
    /// ``Namespace/onError(_:)``, an event with arguments of other types included. A client can cause
    /// those, so that by default no more than one line a second goes to standard error.
    public var onUnhandledError: @Sendable (Socket, any Error) -> Void = UnhandledErrors().report

    public init() {}
}

/// Whose pages may connect to a server. Programs that send no origin always may: they have no cookies
/// of somebody else to abuse.
public enum AllowedOrigins: Sendable {
    /// Pages of the same scheme, host and port.
    case sameOrigin
    /// Pages of these, as browsers write them (`https://example.org`), besides those of the same origin.
    case listed(Set<String>)
    /// Anybody's pages, but without cookies.
    case any
}

/// `Set-Cookie` of a session's first polling answer.
public struct SessionCookie: Sendable {
    public var name = "io"
    /// `nil` leaves the attribute out.
    public var path: String? = "/"
    public var isHTTPOnly = true
    public var sameSite: String? = "Lax"
    public var isSecure = false

    public init() {}

    func header(_ id: String) -> String {
        var text = "\(name)=\(id)"
        if let path { text += "; Path=\(path)" }
        if isHTTPOnly { text += "; HttpOnly" }
        if isSecure { text += "; Secure" }
        if let sameSite { text += "; SameSite=\(sameSite)" }
        return text
    }
}

/// A request for a new session.
public struct HandshakeRequest: Sendable {
    public let head: HTTPRequestHead
    /// The client's address, without the port.
    public let address: String
    public let isSecure: Bool
}

/// Why a request is not let in. The client gets status 403 and the message (over WebSocket, 400).
public struct RequestRefusal: Error, Hashable, Sendable {
    public var message: String

    public init(_ message: String = "Forbidden") { self.message = message }
}
