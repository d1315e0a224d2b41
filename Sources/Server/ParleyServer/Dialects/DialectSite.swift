// SPDX-License-Identifier: Apache-2.0
internal import Dialects
internal import EventLoops
internal import HTTP
internal import SocketIO
internal import WebServer

/// The HTTP routes of a dialect, besides its sockets.
protocol DialectREST {
    /// Answers a request, now or later.
    /// - Parameter path: Below the dialect's address, such as `/api/user`.
    /// - Returns: false, and nothing is answered, where the path is none of the dialect's.
    func handle(_ path: String, _ client: ClientRequest, _ answer: Answer) -> Bool
}

/// One address of dialects on one shard: sockets, routes, pages.
final class DialectSite: HTTPHandler {
    let address: DialectAddress
    let hub: Hub
    /// Its place among the sites of the shard, and of every other.
    private let index: Int
    /// Listens where the address is a port.
    private(set) var web: WebLoop?
    private unowned let shard: Shard
    private let routes: MessageRoutes
    private let rests: [any DialectREST]
    private let files: DialectFiles?

    init(_ address: DialectAddress, index: Int, on shard: Shard) {
        self.address = address
        self.index = index
        self.shard = shard
        let services = shard.services
        let identify: (HTTPRequest) -> SocketClient = { request in
            let client = ClientRequest(request, services)
            return SocketClient(
                address: client.address, isSecure: client.isSecure, isOriginAllowed: true,
                isTrusted: client.isLocal, corsHeaders: Self.sharingSockets(request.head))
        }
        hub = Hub(index: shard.index, loop: shard.loop, server: address.sockets, identify: identify)
        let prefix = address.prefix
        routes = MessageRoutes(
            address.keys.flatMap { messageRoutes(of: $0, below: prefix, on: shard) }, on: shard.loop,
            index: shard.index, identify: identify)
        var rests = address.keys.compactMap { makeREST(of: $0, on: shard) }
        if case .path = address.place {
            rests += address.keys.filter(DialectBridge.reaches).map { DialectDoor(key: $0, shard: shard) }
        }
        self.rests = rests
        files = address.folder.map(DialectFiles.init)
        if case .port = address.place {
            var settings = Shard.webSettings(services)
            settings.servesPlainHTTP = true
            web = WebLoop(on: shard.loop, handler: self, settings: settings)
        }
    }

    var sessionCount: Int { hub.sessionCount + routes.sessionCount }

    func drain(over longest: Duration) {
        hub.drain(over: longest)
        routes.drain(over: longest)
    }

    /// Anybody's pages may read the answers; there are no cookies that could speak for somebody.
    private static func sharing(_ head: HTTPRequestHead) -> [(String, String)] {
        guard head.headers["Origin"] != nil else { return [] }
        var headers = [("Access-Control-Allow-Origin", "*")]
        if head.method == .options {
            let asked = head.headers["Access-Control-Request-Headers"] ?? "Content-Type, Authorization"
            headers.append(("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE"))
            headers.append(("Access-Control-Allow-Headers", asked))
            headers.append(("Access-Control-Max-Age", "600"))
        }
        return headers
    }

    /// The same for sockets, whose clients may send requests with credentials: those of Socket.IO 2 always do. The
    /// origin is named then, and no cookie counts.
    private static func sharingSockets(_ head: HTTPRequestHead) -> [(String, String)] {
        guard let origin = head.headers["Origin"] else { return [] }
        return sharing(head).filter { $0.0 != "Access-Control-Allow-Origin" } + [
            ("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true"),
            ("Vary", "Origin"),
        ]
    }

    // MARK: Requests

    func home(of request: HTTPRequest) -> LoopBound<WebLoop>? {
        let path = request.head.path
        let index =
            isForSockets(path)
            ? Hub.home(of: request) : routes.home(of: request, among: shard.shards.count)
        guard let index else { return nil }
        return shard.shards.web(of: index, site: self.index)
    }

    func expect(_ exchange: HTTPExchange) {
        let request = exchange.request
        guard isForSockets(request.head.path), ClientRequest(request, shard.services).isPeerAllowed else {
            return
        }
        hub.expect(exchange)
    }

    func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        let client = ClientRequest(request, shard.services)
        guard client.isPeerAllowed else {
            return exchange.respond(
                HTTPResponse(.forbidden, text: "This server is to be reached through its proxy.\n"))
        }
        let path = request.head.path
        if isForSockets(path) { return hub.handle(exchange) }
        let below = String(path.dropFirst(address.prefix.count))
        // The root is a page as well: only a WebSocket is meant for the route there.
        if below != "/" || request.head.isUpgrade(to: "websocket"), routes.handle(exchange) { return }
        let headers = Self.sharing(request.head) + [("X-Content-Type-Options", "nosniff")]
        let answer = Answer(exchange, headers: headers)
        if request.head.method == .options { return answer.send(HTTPResponse(.noContent)) }
        for rest in rests where rest.handle(below, client, answer) { return }
        sendFile(below, answer)
    }

    func answer(to refusal: HTTPRefusal, request: HTTPRequest?) -> HTTPResponse {
        var response = HTTPResponse(refusal.status, text: refusal.reason + "\n")
        for (name, value) in request.map({ Self.sharing($0.head) }) ?? [] {
            response.headers.set(name, value)
        }
        return response
    }

    private func isForSockets(_ path: String) -> Bool {
        path.hasPrefix(address.sockets.options.path) && !isClientFile(path)
    }

    /// Our Socket.IO client, which pages load from the server.
    private func isClientFile(_ path: String) -> Bool {
        shard.services.site.isFile(String(path.dropFirst(address.prefix.count)))
            && path.hasPrefix(address.sockets.options.path)
    }

    private func sendFile(_ path: String, _ answer: Answer) {
        guard answer.head.method == .get || answer.head.method == .head else {
            return answer.refuseMethod(allowed: "GET, HEAD")
        }
        if path.hasPrefix("/socket.io/"), let file = shard.services.site.respond(to: answer.head, path: path)
        {
            return answer.send(file)
        }
        if let file = files?.response(to: path) { return answer.send(file) }
        if path.isEmpty || path == "/" {
            let names = address.keys.map(\.rawValue).joined(separator: ", ")
            return answer.send(
                HTTPResponse(.ok, text: "Parley speaks here: \(names). See docs/dialects.md.\n"))
        }
        if sendsHome(path) {
            var response = HTTPResponse(.found)
            response.headers.set("Location", address.prefix + "/")
            return answer.send(response)
        }
        // Built clients have routes of their own, such as /room/abc-defg-hij, which only their first page knows.
        if asksForPage(path, answer.head), let page = files?.response(to: "/") { return answer.send(page) }
        answer.send(HTTPResponse(.notFound, text: "Not found.\n"))
    }

    /// Whether a browser wants to show what is there, rather than a page to use it.
    private func asksForPage(_ path: String, _ head: HTTPRequestHead) -> Bool {
        head.headers["Accept"]?.contains("text/html") == true && !path.hasPrefix("/api/")
            && path.split(separator: "/").last?.contains(".") != true
    }

    /// The Noom course sends every unknown path home. So do we, but for files and routes of programs, where it
    /// would hide what is wrong.
    private func sendsHome(_ path: String) -> Bool {
        guard address.keys.contains(where: { [.noomChat, .noomRooms, .noomVideo].contains($0) }) else {
            return false
        }
        return !path.hasPrefix("/api/") && !path.contains(".")
    }
}

/// Where clients of a dialect exchange messages other than by Socket.IO.
private func messageRoutes(
    of key: DialectKey, below prefix: String, on shard: Shard
) -> [MessageRoute] {
    switch key.carrier {
    case .socketIO: []
    case .stomp: [DialectSTOMP.route(key, at: prefix + "/ws", on: shard)]
    case .webSocket: [DialectText.route(key, at: prefix + "/", on: shard)]
    }
}

/// The routes of a dialect that has any.
private func makeREST(of key: DialectKey, on shard: Shard) -> (any DialectREST)? {
    switch key {
    case .devameet: DevameetREST(shard)
    case .ycyw, .ycywSTOMP: YCYWRoutes(key, on: shard)
    case .telelegal: TeleLegalREST(shard)
    case .ycywNetty, .noomChat, .noomRooms, .noomVideo, .bunch: nil
    }
}
