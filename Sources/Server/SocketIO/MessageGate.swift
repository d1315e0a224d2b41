// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import WebServer

/// Who may begin a session at a route, and what every answer of the route says besides.
final class MessageGate {
    let route: MessageRoute
    let loop: EventLoop
    let identify: (HTTPRequest) -> SocketClient
    let admission: SessionAdmission

    init(_ route: MessageRoute, on loop: EventLoop, identify: @escaping (HTTPRequest) -> SocketClient) {
        self.route = route
        self.loop = loop
        self.identify = identify
        admission = SessionAdmission(route.options.limits)
    }

    var options: MessageOptions { route.options }

    /// What follows the route's path in the request's.
    func rest(of exchange: HTTPExchange) -> Substring {
        exchange.request.head.path.dropFirst(route.path.count)
    }

    var sessionCount: Int { admission.sessionCount }

    // MARK: Sessions

    /// Lets the application decide about a session, unless there are too many already.
    /// - Returns: `nil` when the client is refused and has been told so.
    func admit(
        _ session: any MessageSession, _ exchange: HTTPExchange, _ client: SocketClient
    ) -> (delegate: any MessageSessionDelegate, allowance: SessionAllowance)? {
        let allowance: SessionAllowance
        do throws(SocketRefusal) {
            allowance = try admission.admit(client, at: loop.now)
        } catch {
            respond(exchange, admission.response(to: error), client)
            return nil
        }
        let handshake = HandshakeRequest(
            head: visibleHead(exchange.request.head, client), address: client.address,
            isSecure: client.isSecure)
        guard let delegate = route.open(handshake, session) else {
            forbid(exchange, client)
            return nil
        }
        return (delegate, allowance)
    }

    /// Takes a message's share of the rates of its session, which is to be closed when it has none left.
    func isWithinRates(_ allowance: inout SessionAllowance) -> Bool {
        guard let refusal = admission.refusal(of: &allowance, at: loop.now) else { return true }
        admission.count(refusal)
        return false
    }

    /// Anybody's pages may be allowed, but not in the name of somebody who is logged in here.
    private func visibleHead(_ head: HTTPRequestHead, _ client: SocketClient) -> HTTPRequestHead {
        guard client.corsHeaders.contains(where: { $0 == ("Access-Control-Allow-Origin", "*") }) else {
            return head
        }
        var head = head
        head.headers.remove("Cookie")
        head.headers.remove("Authorization")
        return head
    }

    // MARK: Answers

    /// Browsers send the requests of these protocols with credentials, and then take no `*` for an
    /// answer: the origin is named.
    func corsHeaders(_ head: HTTPRequestHead, _ client: SocketClient) -> [(String, String)] {
        guard client.isOriginAllowed else { return [] }
        guard let origin = head.headers["Origin"] else { return client.corsHeaders }
        return [
            ("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true"),
            ("Vary", "Origin"),
        ]
    }

    func response(
        _ response: HTTPResponse, to exchange: HTTPExchange, _ client: SocketClient
    ) -> HTTPResponse {
        var response = response
        response.headers.set("X-Content-Type-Options", "nosniff")
        for (name, value) in corsHeaders(exchange.request.head, client) { response.headers.set(name, value) }
        return response
    }

    func respond(_ exchange: HTTPExchange, _ response: HTTPResponse, _ client: SocketClient) {
        exchange.respond(self.response(response, to: exchange, client))
    }

    func forbid(_ exchange: HTTPExchange, _ client: SocketClient) {
        admission.count(.forbidden)
        respond(exchange, HTTPResponse(.forbidden, text: "Forbidden.\n"), client)
    }

    func notFound(_ exchange: HTTPExchange, _ client: SocketClient) {
        respond(exchange, HTTPResponse(.notFound, text: "Not found.\n"), client)
    }

    /// - Parameter allow: Methods, as the header `Allow` lists them.
    func notAllowed(_ exchange: HTTPExchange, _ client: SocketClient, allow: String) {
        respond(exchange, HTTPResponse(.methodNotAllowed, headers: ["Allow": allow]), client)
    }

    /// Tells a browser that it may go on; it need not ask again for a year.
    func preflight(_ exchange: HTTPExchange, _ client: SocketClient, allow: String) {
        var headers: HTTPHeaders = [
            "Cache-Control": "public, max-age=31536000", "Access-Control-Max-Age": "31536000",
            "Expires": HTTPDate.format(secondsSince1970: WallClock.system().milliseconds / 1000 + 31_536_000),
            "Access-Control-Allow-Methods": allow,
        ]
        if let wanted = exchange.request.head.headers["Access-Control-Request-Headers"], !wanted.isEmpty {
            headers.set("Access-Control-Allow-Headers", wanted)
        }
        respond(exchange, HTTPResponse(.noContent, headers: headers), client)
    }

    /// Switches the request to WebSocket, with a subprotocol of both sides if there is one.
    func upgrade(
        _ exchange: HTTPExchange, delegate: any WebSocketDelegate
    ) -> WebSocketConnection? {
        var headers = HTTPHeaders()
        let offered = exchange.request.head.headers.list("Sec-WebSocket-Protocol")
        if let common = options.subprotocols.first(where: offered.contains) {
            headers.append("Sec-WebSocket-Protocol", common)
        }
        return exchange.upgrade(deflate: options.compressesWebSockets, headers: headers, delegate: delegate)
    }
}
