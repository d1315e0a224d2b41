// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import HTTP
internal import JSON
internal import ServerConfig
internal import TLS
internal import WebServer

/// `/socket.io/`: finds the session a request belongs to, or begins one. Engine.IO protocol, revision 4.
///
/// A session lives on the shard where it began. Its id says which, and a connection that brings a
/// request for a session of another shard moves there for good.
final class SignallingEndpoint {
    static let path = "/socket.io/"
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    private static let idLength = 20
    /// A session is cheap to ask for and lives until its first ping fails.
    private static let maxSessions = 20_000
    /// Of one address, so that one alone cannot take all. Loopback is ours: load tools and local proxies.
    private static let maxSessionsOfAddress = 1000

    private unowned let shard: Shard
    private var random = SystemRandomSource()
    private var sessions: [String: SignallingSession] = [:]
    private var sessionsOfAddress: [String: Int] = [:]

    init(_ shard: Shard) { self.shard = shard }

    var sessionCount: Int { sessions.count }

    /// The shard of the session that a request names; `nil` when it names none.
    static func home(of request: HTTPRequest) -> Int? {
        guard let sid = request.head.query["sid"], let first = sid.first else { return nil }
        return alphabet.firstIndex(of: first)
    }

    func makeSocketID() -> String { random.nextText(Self.idLength, from: Self.alphabet) }

    private func makeSessionID() -> String {
        String(Self.alphabet[shard.index]) + random.nextText(Self.idLength - 1, from: Self.alphabet)
    }

    func forget(_ session: SignallingSession) {
        guard sessions.removeValue(forKey: session.id) != nil else { return }
        let left = sessionsOfAddress[session.clientAddress, default: 1] - 1
        sessionsOfAddress[session.clientAddress] = left > 0 ? left : nil
    }

    func closeAll() {
        for session in Array(sessions.values) { session.close() }
    }

    // MARK: Requests

    /// What the protocol's clients expect in a refusal's body.
    private enum Problem: Int {
        case transportUnknown, sessionUnknown, badHandshakeMethod, badRequest, forbidden, unsupportedVersion

        var message: String {
            switch self {
            case .transportUnknown: "Transport unknown"
            case .sessionUnknown: "Session ID unknown"
            case .badHandshakeMethod: "Bad handshake method"
            case .badRequest: "Bad request"
            case .forbidden: "Forbidden"
            case .unsupportedVersion: "Unsupported protocol version"
            }
        }
    }

    func handle(_ client: ClientRequest, _ exchange: HTTPExchange) {
        let head = exchange.request.head
        if head.method == .options { return respond(exchange, HTTPResponse(.noContent)) }
        let query = head.query
        let transport = query["transport"]
        guard transport == "polling" || transport == "websocket" else {
            return refuse(exchange, .transportUnknown)
        }
        guard client.isOriginAllowed else { return refuse(exchange, .forbidden, status: .forbidden) }
        let isUpgrade = head.isUpgrade(to: "websocket")
        guard isUpgrade == (transport == "websocket") else { return refuse(exchange, .badRequest) }
        if let sid = query["sid"], !sid.isEmpty {
            guard let session = sessions[sid] else { return refuse(exchange, .sessionUnknown) }
            continueSession(session, exchange, isUpgrade: isUpgrade)
        } else {
            guard head.method == .get else { return refuse(exchange, .badHandshakeMethod) }
            guard query["EIO"] == "4" else { return refuse(exchange, .unsupportedVersion) }
            begin(client, exchange, isUpgrade: isUpgrade)
        }
    }

    private func begin(_ client: ClientRequest, _ exchange: HTTPExchange, isUpgrade: Bool) {
        guard !shard.web.isStopping else {
            return respond(exchange, HTTPResponse(.serviceUnavailable, text: "The server is stopping.\n"))
        }
        guard sessions.count < Self.maxSessions else {
            return respond(exchange, HTTPResponse(.serviceUnavailable, text: "The server is full.\n"))
        }
        let ofAddress = sessionsOfAddress[client.address, default: 0]
        guard ofAddress < Self.maxSessionsOfAddress || client.isLocal else {
            return respond(
                exchange, HTTPResponse(.tooManyRequests, text: "Too many sessions from one address.\n"))
        }
        let session = SignallingSession(
            id: makeSessionID(), clientAddress: client.address, on: shard,
            respond: { [unowned self] exchange, response in respond(exchange, response) })
        sessions[session.id] = session
        sessionsOfAddress[client.address] = ofAddress + 1
        isUpgrade ? session.open(exchange) : session.poll(exchange)
        // A bad WebSocket handshake was answered with why; nothing has begun.
        if isUpgrade, !session.isOpen { forget(session) }
    }

    private func continueSession(_ session: SignallingSession, _ exchange: HTTPExchange, isUpgrade: Bool) {
        switch exchange.request.head.method {
        case .get: isUpgrade ? session.open(exchange) : session.poll(exchange)
        case .post where !isUpgrade: session.post(exchange)
        default:
            var response = HTTPResponse(.methodNotAllowed)
            response.headers.set("Allow", "GET, POST")
            respond(exchange, response)
        }
    }

    private func refuse(_ exchange: HTTPExchange, _ problem: Problem, status: HTTPStatus = .badRequest) {
        if exchange.request.head.isUpgrade(to: "websocket") {
            return respond(exchange, HTTPResponse(.badRequest, text: problem.message, type: "text/html"))
        }
        let body: JSONValue = [
            "code": .number(JSONNumber(Int64(problem.rawValue))), "message": .string(problem.message),
        ]
        respond(exchange, HTTPResponse(status, text: body.formatted, type: "application/json"))
    }

    /// Every answer, errors included, tells an allowed origin's page that it may read it.
    private func respond(_ exchange: HTTPExchange, _ response: HTTPResponse) {
        var response = response
        response.headers.set("X-Content-Type-Options", "nosniff")
        let config = shard.services.config.http
        for (name, value) in CrossOrigin.headers(for: exchange.request.head, config, withCookies: true) {
            response.headers.set(name, value)
        }
        exchange.respond(response)
    }
}
