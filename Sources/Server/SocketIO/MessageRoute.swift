// SPDX-License-Identifier: Apache-2.0
package import EventLoops
package import WebServer

/// A place where clients exchange plain messages with an application.
public struct MessageRoute: Sendable {
    /// How messages travel.
    public enum Kind: Hashable, Sendable {
        /// SockJS 0.3.3 below the path, and a bare WebSocket at `/websocket` below it.
        case sockJS
        /// A bare WebSocket at the path itself.
        case webSocket
        /// `GET …/events` and `POST …/SECRET` below the path.
        case eventStream
    }

    /// Decides about a client; on the event loop that will carry its session.
    /// - Returns: who hears of the session; `nil` refuses it with 403.
    public typealias Opener =
        @Sendable (HandshakeRequest, any MessageSession) -> (any MessageSessionDelegate)?

    public var kind: Kind
    /// Starts with a slash and does not end with one, for example `/echo`.
    public var path: String
    public var options: MessageOptions
    public var open: Opener

    public init(
        _ kind: Kind, at path: String, options: MessageOptions = MessageOptions(), open: @escaping Opener
    ) {
        self.kind = kind
        self.path = path
        self.options = options
        self.open = open
    }

    /// Whether a request for `path` is for this route.
    package func matches(_ path: String) -> Bool {
        guard path.hasPrefix(self.path) else { return false }
        let rest = path.utf8.dropFirst(self.path.utf8.count)
        return rest.isEmpty || rest.first == UInt8(ascii: "/")
    }

    /// The index of the loop whose session a request is for, among `count`; `nil` for any.
    package func home(of request: HTTPRequest, among count: Int) -> Int? {
        guard count > 1 else { return nil }
        return switch kind {
        case .sockJS: SockJSEndpoint.home(of: request, below: path, among: count)
        case .webSocket: nil
        case .eventStream: EventStreamEndpoint.home(of: request, below: path)
        }
    }

    /// The route's part on one loop.
    /// - Parameters:
    ///   - index: The loop's, below ``Hub/maxCount``.
    ///   - identify: Who asks, seen through trusted proxies if there are any.
    package func makeEndpoint(
        on loop: EventLoop, index: Int, identify: @escaping (HTTPRequest) -> SocketClient
    ) -> any MessageEndpoint {
        let gate = MessageGate(self, on: loop, identify: identify)
        return switch kind {
        case .sockJS: SockJSEndpoint(gate)
        case .webSocket: PlainSocketEndpoint(gate)
        case .eventStream: EventStreamEndpoint(gate, index: index)
        }
    }
}

/// Limits and habits of a ``MessageRoute``.
public struct MessageOptions: Sendable {
    /// Most bytes of one message of a client.
    public var maxMessage = 1_000_000
    /// Most bytes that wait for a client that reads too slowly; then its session ends.
    public var maxQueued = 1_000_000
    /// How many sessions there may be, and how much they may do.
    public var limits = SessionLimits()
    /// Whether messages of clients must be JSON; a client that sends anything else is refused.
    public var requiresJSON = false
    /// Subprotocols that WebSockets may agree on, most wanted first.
    public var subprotocols: [String] = []
    /// Whether WebSocket messages may be compressed (RFC 7692).
    public var compressesWebSockets = false
    /// Whether SockJS offers WebSockets.
    public var sockJSUsesWebSockets = true
    /// How often clients behind SockJS and event streams hear from us even if there is no news.
    public var heartbeatInterval = Duration.seconds(25)
    /// How long a SockJS session lives while its client has no request open.
    public var sockJSDisconnectDelay = Duration.seconds(5)
    /// Bytes after which a streaming response of SockJS ends and the client asks again.
    public var sockJSResponseLimit = 131_072
    /// How long a client may take to come back to its event stream.
    public var eventStreamResumeTime = Duration.seconds(30)

    public init() {}
}

/// The part of a ``MessageRoute`` on one event loop.
package protocol MessageEndpoint: AnyObject {
    /// Answers a request for the route's path or one below it.
    func handle(_ exchange: HTTPExchange)
    var sessionCount: Int { get }
    /// Takes no new sessions and closes those there are, a few at a time.
    func drain(over longest: Duration)
    /// How often clients were turned away, or their sessions ended, and why.
    var refusals: [SocketRefusal: Int] { get }
}
