// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import JSON
internal import Signalling
internal import SockJS
internal import TLS
internal import WebServer

/// The requests of SockJS clients: finds the session a request belongs to, or begins one. SockJS
/// protocol 0.3.3; without the transports for browsers that are gone (`htmlfile`, `jsonp`, iframes).
final class SockJSEndpoint: MessageEndpoint {
    private let gate: MessageGate
    private let rawSockets: PlainSocketEndpoint
    /// Sessions of HTTP requests, by the name that the client gave them.
    private var named: [String: SockJSDriver] = [:]
    private var drivers: [ObjectIdentifier: SockJSDriver] = [:]
    private var random = SystemRandomSource()
    private var leaveTaking: Stagger<SockJSDriver>?

    init(_ gate: MessageGate) {
        self.gate = gate
        rawSockets = PlainSocketEndpoint(gate)
    }

    var sessionCount: Int { gate.sessionCount }
    var refusals: [SocketRefusal: Int] { gate.admission.refusals }

    func drain(over longest: Duration) {
        gate.admission.isStopping = true
        rawSockets.drain(over: longest)
        leaveTaking = Stagger(Array(drivers.values), over: longest, on: gate.loop) {
            $0.close(3000, reason: "Go away!")
        }
    }

    /// A WebSocket is a session by itself; the requests of other sessions meet on one loop.
    static func home(of request: HTTPRequest, below path: String, among count: Int) -> Int? {
        guard case .session(let name, let transport)? = SockJSPath(request.head.path.dropFirst(path.count)),
            transport != .webSocket
        else { return nil }
        // FNV-1a: the same on every loop, which Swift's own hashes are, too, but not from run to run.
        let hash = name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
        return Int(hash % UInt64(count))
    }

    // MARK: Requests

    func handle(_ exchange: HTTPExchange) {
        let client = gate.identify(exchange.request)
        guard let path = SockJSPath(gate.rest(of: exchange)) else { return gate.notFound(exchange, client) }
        let method = exchange.request.head.method
        switch path {
        case .greeting:
            guard method == .get || method == .head else {
                return gate.notAllowed(exchange, client, allow: "GET")
            }
            gate.respond(
                exchange,
                HTTPResponse(.ok, text: "Welcome to SockJS!\n", type: "text/plain; charset=UTF-8"), client)
        case .info:
            switch method {
            case .get: sendInfo(exchange, client)
            case .options: gate.preflight(exchange, client, allow: "OPTIONS, GET")
            default: gate.notAllowed(exchange, client, allow: "OPTIONS, GET")
            }
        case .rawWebSocket:
            guard gate.options.sockJSUsesWebSockets else { return gate.notFound(exchange, client) }
            rawSockets.begin(exchange, client)
        case .session(let name, let transport):
            handle(exchange, client, session: name, transport)
        }
    }

    private func sendInfo(_ exchange: HTTPExchange, _ client: SocketClient) {
        let entropy = random.nextBytes(4).reduce(0) { $0 << 8 | Int64($1) }
        let info: JSONValue = [
            "websocket": .bool(gate.options.sockJSUsesWebSockets), "origins": ["*:*"],
            "cookie_needed": false, "entropy": .number(JSONNumber(entropy)),
        ]
        var response = HTTPResponse(.ok, text: info.formatted, type: "application/json; charset=UTF-8")
        response.headers.set("Cache-Control", SockJSDriver.notCached)
        gate.respond(exchange, response, client)
    }

    private func handle(
        _ exchange: HTTPExchange, _ client: SocketClient, session name: String,
        _ transport: SockJSPath.Transport
    ) {
        let method = exchange.request.head.method
        let isGet = transport == .webSocket || transport == .eventSource
        let allow = transport == .webSocket ? "GET" : isGet ? "OPTIONS, GET" : "OPTIONS, POST"
        if method == .options, transport != .webSocket {
            return gate.preflight(exchange, client, allow: allow)
        }
        guard method == (isGet ? .get : .post) else {
            return gate.notAllowed(exchange, client, allow: allow)
        }
        guard client.isOriginAllowed else {
            return gate.forbid(exchange, client)
        }
        switch transport {
        case .webSocket: openWebSocket(exchange, client)
        case .xhrSend:
            guard let driver = named[name] else { return gate.notFound(exchange, client) }
            driver.post(exchange, client)
        case .xhr: attach(exchange, client, to: name, .polling)
        case .xhrStreaming: attach(exchange, client, to: name, .streaming)
        case .eventSource: attach(exchange, client, to: name, .eventSource)
        }
    }

    private func openWebSocket(_ exchange: HTTPExchange, _ client: SocketClient) {
        guard gate.options.sockJSUsesWebSockets else { return gate.notFound(exchange, client) }
        guard exchange.request.head.isUpgrade(to: "websocket") else {
            let response = HTTPResponse(.badRequest, text: "Can \"Upgrade\" only to \"WebSocket\".")
            return gate.respond(exchange, response, client)
        }
        let driver = SockJSDriver(gate)
        guard let (delegate, allowance) = gate.admit(driver, exchange, client) else { return }
        keep(driver, named: nil, allowance)
        driver.front.start(delegate, allowance)
        driver.openWebSocket(exchange)
    }

    private func attach(
        _ exchange: HTTPExchange, _ client: SocketClient, to name: String,
        _ transport: SockJSSession.Transport
    ) {
        if let driver = named[name] { return driver.attach(exchange, client, transport) }
        let driver = SockJSDriver(gate)
        guard let (delegate, allowance) = gate.admit(driver, exchange, client) else { return }
        keep(driver, named: name, allowance)
        driver.front.start(delegate, allowance)
        driver.attach(exchange, client, transport)
    }

    private func keep(_ driver: SockJSDriver, named name: String?, _ allowance: SessionAllowance) {
        let id = ObjectIdentifier(driver)
        drivers[id] = driver
        if let name { named[name] = driver }
        gate.admission.entered(allowance)
        driver.forget = { [weak self] in
            guard let self, drivers.removeValue(forKey: id) != nil else { return }
            if let name { named[name] = nil }
            gate.admission.left(allowance)
        }
    }
}
