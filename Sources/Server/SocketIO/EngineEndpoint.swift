// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import HTTP
internal import JSON
internal import WebServer

/// The requests of Engine.IO clients: finds the session a request belongs to, or begins one.
/// Engine.IO protocol, revision 4.
///
/// A session lives on the loop where it began. Its id says which, and a connection that brings a
/// request for a session of another loop moves there for good.
final class EngineEndpoint {
    /// Of one address, so that one alone cannot take all.
    private static let maxSessionsOfAddress = 1000

    private unowned let hub: Hub
    private var sessions: [String: EngineSession] = [:]
    private var sessionsOfAddress: [String: Int] = [:]

    init(_ hub: Hub) { self.hub = hub }

    var sessionCount: Int { sessions.count }
    private var options: SocketServerOptions { hub.server.options }

    func forget(_ session: EngineSession) {
        guard sessions.removeValue(forKey: session.id) != nil else { return }
        hub.statistics.sessions -= 1
        let left = sessionsOfAddress[session.address, default: 1] - 1
        sessionsOfAddress[session.address] = left > 0 ? left : nil
    }

    func closeAll() {
        for session in Array(sessions.values) { session.close(.shuttingDown) }
    }

    // MARK: Requests

    func handle(_ exchange: HTTPExchange) {
        let head = exchange.request.head
        let client = hub.identify(exchange.request)
        if head.method == .options { return respond(exchange, HTTPResponse(.noContent), client) }
        let query = head.query
        guard let transport = query["transport"].flatMap(SocketTransport.init(rawValue:)),
            options.transports.contains(transport)
        else { return refuse(exchange, .transportUnknown, client) }
        guard client.isOriginAllowed else { return refuse(exchange, .forbidden, client) }
        let isUpgrade = head.isUpgrade(to: "websocket")
        if let sid = query["sid"], !sid.isEmpty {
            guard let session = sessions[sid] else { return refuse(exchange, .sessionUnknown, client) }
            guard isUpgrade == (transport == .webSocket) else { return refuse(exchange, .badRequest, client) }
            resume(session, exchange, client, isUpgrade: isUpgrade)
        } else {
            guard head.method == .get else { return refuse(exchange, .badHandshakeMethod, client) }
            guard isUpgrade == (transport == .webSocket) else { return refuse(exchange, .badRequest, client) }
            begin(exchange, client, isUpgrade: isUpgrade)
        }
    }

    private func begin(_ exchange: HTTPExchange, _ client: SocketClient, isUpgrade: Bool) {
        let head = exchange.request.head
        do throws(RequestRefusal) {
            try options.allowRequest?(
                HandshakeRequest(head: head, address: client.address, isSecure: client.isSecure))
        } catch {
            return refuse(exchange, .forbidden, client, message: error.message)
        }
        guard head.query["EIO"] == "4" else { return refuse(exchange, .unsupportedVersion, client) }
        guard !hub.isStopping, sessions.count < options.maxSessions else {
            return turnAway(exchange, .serviceUnavailable, "The server is full or stopping.\n", client)
        }
        let ofAddress = sessionsOfAddress[client.address, default: 0]
        guard ofAddress < Self.maxSessionsOfAddress || client.isTrusted else {
            return turnAway(exchange, .tooManyRequests, "Too many sessions from one address.\n", client)
        }
        let session = EngineSession(
            id: hub.makeSessionID(), on: hub,
            origin: SessionOrigin(head, client, keeping: options.keptHeaders))
        session.start(hub.server.makeUser(of: session))
        sessions[session.id] = session
        sessionsOfAddress[client.address] = ofAddress + 1
        hub.statistics.sessions += 1
        isUpgrade
            ? session.open(exchange, client) : session.poll(PollExchange(exchange, client, isHandshake: true))
        // A bad WebSocket handshake was answered with why; nothing has begun.
        if isUpgrade, !session.isOpen { forget(session) }
    }

    private func resume(
        _ session: EngineSession, _ exchange: HTTPExchange, _ client: SocketClient, isUpgrade: Bool
    ) {
        switch exchange.request.head.method {
        case .get:
            isUpgrade ? session.open(exchange, client) : session.poll(PollExchange(exchange, client))
        case .post where !isUpgrade:
            guard exchange.request.body.count <= options.maxPayload else {
                hub.statistics.refusals += 1
                let text = "{\"code\":3,\"message\":\"max payload \(options.maxPayload)\"}"
                return respond(
                    exchange, HTTPResponse(.contentTooLarge, text: text, type: "application/json"), client)
            }
            session.post(PollExchange(exchange, client))
        default:
            var response = HTTPResponse(.methodNotAllowed)
            response.headers.set("Allow", "GET, POST")
            respond(exchange, response, client)
        }
    }

    // MARK: Refusals

    private func turnAway(
        _ exchange: HTTPExchange, _ status: HTTPStatus, _ text: String, _ client: SocketClient
    ) {
        hub.statistics.refusals += 1
        var response = HTTPResponse(status, text: text)
        response.headers.set("Retry-After", "5")
        respond(exchange, response, client)
    }

    private func refuse(
        _ exchange: HTTPExchange, _ problem: EngineProblem, _ client: SocketClient, message: String? = nil
    ) {
        hub.statistics.refusals += 1
        let message = message ?? problem.message
        if exchange.request.head.isUpgrade(to: "websocket") {
            var response = HTTPResponse(.badRequest, text: message, type: "text/html")
            response.headers.set("Connection", "close")
            return respond(exchange, response, client)
        }
        let body: JSONValue = [
            "code": .number(JSONNumber(Int64(problem.rawValue))), "message": .string(message),
        ]
        let status: HTTPStatus = problem == .forbidden ? .forbidden : .badRequest
        respond(exchange, HTTPResponse(status, text: body.formatted, type: "application/json"), client)
    }

    private func respond(_ exchange: HTTPExchange, _ response: HTTPResponse, _ client: SocketClient) {
        PollExchange(exchange, client).respond(response)
    }
}

/// What the protocol's clients expect in a refusal's body.
enum EngineProblem: Int {
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

/// A request of a client, with what every answer to it says besides: CORS, errors included.
struct PollExchange {
    let exchange: HTTPExchange
    let corsHeaders: [(String, String)]
    /// Whether it began the session.
    let isHandshake: Bool

    init(_ exchange: HTTPExchange, _ client: SocketClient, isHandshake: Bool = false) {
        self.exchange = exchange
        corsHeaders = client.corsHeaders
        self.isHandshake = isHandshake
    }

    func respond(_ response: HTTPResponse) {
        var response = response
        response.headers.set("X-Content-Type-Options", "nosniff")
        for (name, value) in corsHeaders { response.headers.set(name, value) }
        exchange.respond(response)
    }
}
