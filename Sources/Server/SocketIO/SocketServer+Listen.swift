// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import Glibc
internal import HTTP
internal import SystemCalls
internal import TLS
internal import WebServer

/// A server's own event loops and listening sockets.
struct OwnLoops: Sendable {
    let loops: [EventLoop]
    let webs: [LoopBound<WebLoop>]
    let routes: [LoopBound<MessageRoutes>]
    let others: [SocketServer]
    let port: UInt16
}

extension SocketServer {
    /// Where a server listens.
    public struct Listening: Sendable {
        /// A numeric address.
        public var host = "127.0.0.1"
        /// 0 picks a free one.
        public var port: UInt16
        /// Files in PEM form; without them, plain HTTP. When they are replaced, new connections get the new
        /// certificate within ten seconds, and those there are go on.
        public var certificate: (chain: String, key: String)?
        /// Event loops, each on a thread of its own; 0 for one on each core.
        public var loops = 0
        /// Pages served besides, by path. `/socket.io/socket.io.js` is there already.
        public var pages: [String: Page] = [:]
        /// More servers at the same address, each with a path of its own.
        public var others: [SocketServer] = []
        /// Where clients of other protocols exchange messages: SockJS, bare WebSockets, event streams.
        /// Pages may come from where this server's ``SocketServerOptions/origins`` allow.
        public var routes: [MessageRoute] = []

        public init(port: UInt16) { self.port = port }
    }

    /// A fixed answer.
    public struct Page: Sendable {
        public var type: String
        public var text: String

        public init(type: String, text: String) {
            self.type = type
            self.text = text
        }

        public static func html(_ text: String) -> Page { Page(type: "text/html; charset=utf-8", text: text) }
    }

    /// Serves until the task is cancelled, then disconnects everybody.
    public func run(port: UInt16) async throws { try await run(Listening(port: port)) }

    /// Serves until the task is cancelled, then disconnects everybody.
    public func run(_ listening: Listening) async throws {
        _ = try await start(listening)
        let (stream, continuation) = AsyncStream<Never>.makeStream()
        for await _ in stream {}
        continuation.finish()
        await stop()
    }

    /// Starts event loops of its own, listens, and returns while they serve.
    /// - Returns: the port.
    /// - Throws: ``ListenError``, `SystemCallError` or `TLSError`.
    public func start(_ listening: Listening) async throws -> UInt16 {
        // The loops share the port, and would share it with another server as well.
        if listening.port != 0,
            let reason = WebLoop.reasonPortIsTaken(host: listening.host, port: listening.port)
        {
            throw ListenError(host: listening.host, port: listening.port, reason: reason)
        }
        let files = listening.certificate.map {
            CertificateFiles(certificateChainFile: $0.chain, privateKeyFile: $0.key)
        }
        let tls = try files?.context()
        let count = min(listening.loops > 0 ? listening.loops : EventLoop.processors, Hub.maxCount)
        var loops: [EventLoop] = []
        for index in 0..<count { loops.append(try EventLoop.start(name: "socketio-\(index)")) }
        let site = SiteFiles(listening.pages)
        let servers = [self] + listening.others
        let settings = WebLoop.Settings(options)
        let origins = options.origins
        var parts: [SitePart] = []
        for (index, loop) in loops.enumerated() {
            let context = tls
            parts.append(
                await loop.run {
                    let hubs = servers.map { server in
                        let origins = server.options.origins
                        return Hub(index: index, loop: loop, server: server) { SocketClient($0, origins) }
                    }
                    let routes = MessageRoutes(listening.routes, on: loop, index: index) {
                        SocketClient($0, origins)
                    }
                    let handler = SiteHandler(hubs, routes, site)
                    let web = WebLoop(on: loop, handler: handler, settings: settings)
                    web.tls = context
                    return SitePart(
                        hubs: hubs.map { LoopBound($0, on: loop) },
                        routes: LoopBound(routes, on: loop), handler: LoopBound(handler, on: loop),
                        web: LoopBound(web, on: loop))
                })
        }
        for (index, server) in servers.enumerated() { server.attach(parts.map { $0.hubs[index] }) }
        let webs = parts.map(\.web)
        // Before anything listens: a request may be for a session of any of them.
        for part in parts { await part.web.loop.run { part.handler.use { $0.webs = webs } } }
        var port = listening.port
        for web in webs {
            let wanted = port
            let result: Result<UInt16, SystemCallError> = await web.loop.run {
                web.use { web in
                    Result { () throws(SystemCallError) in
                        try web.listen(host: listening.host, port: wanted)
                    }
                }
            }
            port = try result.get()
        }
        if let files, let first = webs.first { watch(files, from: first.loop, for: webs) }
        keep(
            OwnLoops(
                loops: loops, webs: webs, routes: parts.map(\.routes), others: listening.others, port: port))
        return port
    }
}

extension SocketServer {
    /// Takes up certificates that somebody renews. The timer keeps itself, for as long as the loop runs.
    private func watch(_ files: CertificateFiles, from loop: EventLoop, for webs: [LoopBound<WebLoop>]) {
        let report = options.onCertificateChange
        loop.execute {
            var files = files
            var timer: LoopTimer?
            timer = LoopTimer(on: loop) {
                timer?.arm(after: .seconds(10))
                do {
                    guard let context = try files.changed() else { return }
                    for web in webs { web.execute { $0.tls = context } }
                    report(nil)
                } catch {
                    report(error)
                }
            }
            timer?.arm(after: .seconds(10))
        }
    }
}

extension EventLoop {
    /// Runs `body` on the loop and waits for what it returns.
    func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            execute { continuation.resume(returning: body()) }
        }
    }
}

extension SocketClient {
    /// - Parameter origins: Who may use the server besides pages of its own.
    init(_ request: HTTPRequest, _ origins: AllowedOrigins) {
        let headers = request.head.headers
        let origin = headers["Origin"]
        let own = (request.isSecure ? "https://" : "http://") + (headers["Host"] ?? "")
        let isOwn = origin.map { $0.lowercased() == own.lowercased() } ?? true
        var cors: [(String, String)] = []
        let isAllowed: Bool
        switch origins {
        case .sameOrigin: isAllowed = isOwn
        case .listed(let listed): isAllowed = isOwn || listed.contains(origin ?? "")
        case .any: isAllowed = true
        }
        if let origin, isAllowed, !isOwn {
            if case .any = origins {
                cors.append(("Access-Control-Allow-Origin", "*"))
            } else {
                cors = [
                    ("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true"),
                    ("Vary", "Origin"),
                ]
            }
            if request.head.method == .options {
                cors.append(("Access-Control-Allow-Methods", "GET, POST"))
                cors.append(
                    (
                        "Access-Control-Allow-Headers",
                        headers["Access-Control-Request-Headers"] ?? "Content-Type"
                    ))
            }
        }
        self.init(
            address: request.peer.host, isSecure: request.isSecure, isOriginAllowed: isAllowed,
            isTrusted: request.peer.host.hasPrefix("127.") || request.peer.host == "::1", corsHeaders: cors)
    }
}

extension WebLoop.Settings {
    init(_ options: SocketServerOptions) {
        self.init()
        limits.maxBody = options.maxPayload * 2
        maxMessage = options.maxPayload
        maxBacklog = options.maxQueued + 65_536
        maxConnections = options.limits.maxSessions * 2
        retryAfter = options.limits.retryAfter
    }
}

/// Nobody can listen there.
public struct ListenError: Error, Hashable, Sendable, CustomStringConvertible {
    public let host: String
    public let port: UInt16
    public let reason: String

    public var description: String { "\(host):\(port) cannot be used: \(reason)" }
}

/// What a server that listens by itself has on one loop.
private struct SitePart: Sendable {
    let hubs: [LoopBound<Hub>]
    let routes: LoopBound<MessageRoutes>
    let handler: LoopBound<SiteHandler>
    let web: LoopBound<WebLoop>
}

/// The pages of a server that listens by itself, and the client that it embeds.
private struct SiteFiles: Sendable {
    let pages: [String: SocketServer.Page]
    let client = StaticSite.embedded

    init(_ pages: [String: SocketServer.Page]) { self.pages = pages }

    func respond(to head: HTTPRequestHead) -> HTTPResponse {
        if let page = pages[head.path] { return HTTPResponse(.ok, text: page.text, type: page.type) }
        if head.path.hasPrefix("/socket.io/"), let file = client.respond(to: head, path: head.path) {
            return file
        }
        if head.path == Self.clientPath {
            return HTTPResponse(.notFound, text: "Built without the client. Run scripts/bundle-web first.\n")
        }
        return HTTPResponse(.notFound, text: "Not found.\n")
    }

    private static var clientPath: String { "/socket.io/socket.io.js" }

    func isFile(_ path: String) -> Bool {
        pages[path] != nil || path == Self.clientPath || client.isFile(path)
    }
}

/// Sends the requests below a server's path to its hub and those of routes to them, and answers the
/// others.
private final class SiteHandler: HTTPHandler {
    private let hubs: [Hub]
    private let routes: MessageRoutes
    private let site: SiteFiles
    /// The parts of the server on all loops; set before any request.
    var webs: [LoopBound<WebLoop>] = []

    init(_ hubs: [Hub], _ routes: MessageRoutes, _ site: SiteFiles) {
        self.hubs = hubs
        self.routes = routes
        self.site = site
    }

    func home(of request: HTTPRequest) -> LoopBound<WebLoop>? {
        let isForHub = hub(for: request.head.path) != nil
        let index = isForHub ? Hub.home(of: request) : routes.home(of: request, among: webs.count)
        guard let index, webs.indices.contains(index) else { return nil }
        return webs[index]
    }

    func expect(_ exchange: HTTPExchange) { hub(for: exchange.request.head.path)?.expect(exchange) }

    func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        guard let hub = hub(for: request.head.path) else {
            if routes.handle(exchange) { return }
            return exchange.respond(site.respond(to: request.head))
        }
        hub.handle(exchange)
    }

    func answer(to refusal: HTTPRefusal, request: HTTPRequest?) -> HTTPResponse {
        var response = HTTPResponse(refusal.status, text: refusal.reason + "\n")
        if let request { hub(for: request.head.path)?.share(&response, with: request) }
        return response
    }

    private func hub(for path: String) -> Hub? {
        if site.isFile(path) { return nil }
        return hubs.first { path.hasPrefix($0.server.options.path) }
    }
}
