// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
package import EventLoops
internal import HTTP
internal import SocketIOPackets
internal import TLS
package import WebServer

/// What one event loop holds of a server: its sessions, and its part of each namespace.
///
/// Confined to its loop. Hubs talk in values: a broadcast is encoded once, and each hub sends it to
/// the sockets of its own.
package final class Hub {
    /// Ids name the hub of their session with one character of these.
    static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    /// The Redis adapters tell a socket's id from a room by this length.
    static let idLength = 20
    package static let maxCount = 64

    package let index: Int
    package let loop: EventLoop
    package let server: SocketServer
    /// Who asks, seen through trusted proxies if there are any.
    package let identify: (HTTPRequest) -> SocketClient
    private var random = SystemRandomSource()
    private var locals: [String: LocalNamespace] = [:]
    private(set) lazy var endpoint = EngineEndpoint(self)
    /// What admins see; `nil` without them.
    let feed: AdminFeed?
    let traffic: AdminTraffic?
    let admission: SessionAdmission
    private var leaveTaking: Stagger<EngineSession>?
    /// Events of clients, and volatile events that were not sent.
    var (received, dropped) = (0, 0)

    package init(
        index: Int, loop: EventLoop, server: SocketServer,
        identify: @escaping (HTTPRequest) -> SocketClient
    ) {
        self.index = index
        self.loop = loop
        self.server = server
        self.identify = identify
        admission = SessionAdmission(server.options.limits)
        let admin = server.admin
        feed = admin?.feed
        traffic = admin == nil ? nil : AdminTraffic()
    }

    /// The index of the hub whose session a request names; `nil` when it names none.
    package static func home(of request: HTTPRequest) -> Int? {
        guard let first = request.head.query["sid"]?.first else { return nil }
        return alphabet.firstIndex(of: first)
    }

    /// Takes note of a request below the server's path whose content is on its way.
    package func expect(_ exchange: HTTPExchange) { endpoint.expect(exchange) }

    /// Answers a request below the server's path.
    package func handle(_ exchange: HTTPExchange) { endpoint.handle(exchange) }

    package var sessionCount: Int { admission.sessionCount }

    package var statistics: SocketServerStatistics {
        SocketServerStatistics(
            sessions: admission.sessionCount, waiting: admission.waiting, refusals: admission.refusals,
            received: received, dropped: dropped)
    }

    /// Lets the page that asked read an answer that was not ours to give.
    package func share(_ response: inout HTTPResponse, with request: HTTPRequest) {
        for (name, value) in identify(request).corsHeaders { response.headers.set(name, value) }
    }

    func makeSessionID() -> String {
        String(Self.alphabet[index]) + random.nextText(Self.idLength - 1, from: Self.alphabet)
    }

    func makeSocketID() -> String { random.nextText(Self.idLength, from: Self.alphabet) }

    // MARK: Namespaces

    func local(_ namespace: Namespace) -> LocalNamespace {
        if let known = locals[namespace.name], known.namespace === namespace { return known }
        let local = LocalNamespace(namespace, on: self)
        locals[namespace.name] = local
        return local
    }

    /// The part of a namespace here, if any socket has ever been in it.
    func knownLocal(_ namespace: Namespace) -> LocalNamespace? {
        locals[namespace.name].flatMap { $0.namespace === namespace ? $0 : nil }
    }

    /// Lets go of an empty namespace.
    func forget(_ local: LocalNamespace) {
        if locals[local.namespace.name] === local { locals[local.namespace.name] = nil }
    }

    // MARK: The end

    package var isStopping: Bool { admission.isStopping }

    /// How long it takes to end so many sessions a few at a time.
    package static func drainTime(of sessions: Int, atMost longest: Duration) -> Duration {
        min(longest, .milliseconds(5) * sessions)
    }

    /// Takes no new sessions and ends all there are, a few at a time.
    /// - Parameter longest: The time that many sessions take; a few take less.
    package func drain(over longest: Duration) {
        admission.isStopping = true
        traffic?.stop()
        leaveTaking = Stagger(endpoint.all, over: longest, on: loop) { $0.close(.shuttingDown) }
    }

    /// Takes no new sessions and ends all there are.
    package func shutDown() { drain(over: .zero) }
}

/// Who is at the other end of a request.
package struct SocketClient: Sendable {
    /// Without the port.
    package var address: String
    package var isSecure: Bool
    /// False for a browser page that may not use the server.
    package var isOriginAllowed: Bool
    /// Whether limits per address do not count for it.
    package var isTrusted: Bool
    /// Host and port as the client wrote them, seen through a proxy if there is one; empty when unknown.
    package var authority: String
    /// Fields of every answer that let the page read it.
    package var corsHeaders: [(String, String)]

    package init(
        address: String, isSecure: Bool, isOriginAllowed: Bool, isTrusted: Bool = false,
        authority: String = "", corsHeaders: [(String, String)] = []
    ) {
        self.address = address
        self.isSecure = isSecure
        self.isOriginAllowed = isOriginAllowed
        self.isTrusted = isTrusted
        self.authority = authority
        self.corsHeaders = corsHeaders
    }
}
