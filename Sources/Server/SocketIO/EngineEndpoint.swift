// SPDX-License-Identifier: Apache-2.0
internal import EngineIO
internal import EventLoops
internal import HTTP
internal import JSON
internal import WebServer

/// The requests of Engine.IO clients: finds the session a request belongs to, or begins one.
/// Engine.IO protocol, revision 4.
///
/// A session lives on the loop where it began. Its id says which, and a connection that brings a
/// request for a session of another loop moves there for good.
final class EngineEndpoint {
    private unowned let hub: Hub
    private var sessions: [String: EngineSession] = [:]

    init(_ hub: Hub) { self.hub = hub }

    var all: [EngineSession] { Array(sessions.values) }
    private var options: SocketServerOptions { hub.server.options }

    func forget(_ session: EngineSession) {
        guard sessions.removeValue(forKey: session.id) != nil else { return }
        hub.admission.left(session.allowance)
    }

    // MARK: Requests

    /// Tells a session that a POST is on its way to it, so that it knows when another comes between or
    /// the rest never does. What is wrong with the request is said when it is whole.
    func expect(_ exchange: HTTPExchange) {
        guard exchange.request.head.method == .post else { return }
        let client = hub.identify(exchange.request)
        guard case .session(let id, .polling)? = try? parse(exchange.request.head, client),
            let session = session(id, of: client)
        else { return }
        session.expectPost(PollExchange(exchange, client))
    }

    func handle(_ exchange: HTTPExchange) {
        let head = exchange.request.head
        let client = hub.identify(exchange.request)
        if head.method == .options { return respond(exchange, HTTPResponse(.noContent), client) }
        do throws(EngineIORefusal) {
            switch try parse(head, client) {
            case .session(let id, let transport):
                guard let session = session(id, of: client) else { throw .unknownSession }
                resume(session, exchange, client, transport)
            case .handshake(let transport, let revision, let base64):
                begin(exchange, client, transport) { [unowned self] allowance in
                    EngineSession(
                        id: hub.makeSessionID(), on: hub,
                        origin: SessionOrigin(head, client, keeping: options.keptHeaders),
                        allowance: allowance, revision: revision, base64: base64)
                }
            }
        } catch {
            refuse(exchange, error, client)
        }
    }

    /// The session of that name, if it can be this client's.
    ///
    /// The name is a secret, except in Engine.IO 3, where it is that of the socket as well, which others may be
    /// shown. So there the client has to be where it was.
    private func session(_ id: String, of client: SocketClient) -> EngineSession? {
        guard let session = sessions[id] else { return nil }
        return session.revision != .three || session.origin.address == client.address ? session : nil
    }

    private func parse(
        _ head: HTTPRequestHead, _ client: SocketClient
    ) throws(EngineIORefusal) -> EngineIORequest {
        let query = head.query
        let request = try EngineIORequest(
            method: head.method.rawValue, isUpgrade: head.isUpgrade(to: "websocket"),
            origin: head.headers["Origin"], offer: offer
        ) { query[$0] }
        guard client.isOriginAllowed else { throw .forbidden }
        return request
    }

    private var offer: EngineIORequest.Offer {
        var offer = EngineIORequest.Offer()
        offer.transports = options.transports
        if options.allowsEngineIO3 { offer.revisions.insert(.three) }
        return offer
    }

    private func begin(
        _ exchange: HTTPExchange, _ client: SocketClient, _ transport: EngineIOTransport,
        _ make: (SessionAllowance) -> EngineSession
    ) {
        let allowance: SessionAllowance
        do throws(SocketRefusal) {
            allowance = try hub.admission.admit(client, at: hub.loop.now)
        } catch {
            return respond(exchange, hub.admission.response(to: error), client)
        }
        let head = exchange.request.head
        do throws(RequestRefusal) {
            try options.allowRequest?(
                HandshakeRequest(head: head, address: client.address, isSecure: client.isSecure))
        } catch {
            return refuse(exchange, .forbidden, client, message: error.message)
        }
        let session = make(allowance)
        switch transport {
        case .polling: session.poll(PollExchange(exchange, client, isHandshake: true))
        case .webSocket:
            session.open(exchange, client)
            // A bad WebSocket handshake was answered with why; nothing has begun.
            guard session.isOpen else { return hub.admission.count(.malformed) }
        }
        sessions[session.id] = session
        hub.admission.entered(allowance)
        session.start(hub.server.makeUser(of: session))
    }

    private func resume(
        _ session: EngineSession, _ exchange: HTTPExchange, _ client: SocketClient,
        _ transport: EngineIOTransport
    ) {
        switch (transport, exchange.request.head.method) {
        case (.webSocket, _): session.open(exchange, client)
        case (.polling, .get): session.poll(PollExchange(exchange, client))
        case (.polling, .post): session.post(PollExchange(exchange, client))
        case (.polling, _): session.unknownMethod(PollExchange(exchange, client))
        }
    }

    // MARK: Refusals

    private func refuse(
        _ exchange: HTTPExchange, _ refusal: EngineIORefusal, _ client: SocketClient, message: String? = nil
    ) {
        hub.admission.count(SocketRefusal(refusal))
        let message = message ?? refusal.message
        if exchange.request.head.isUpgrade(to: "websocket") {
            var response = HTTPResponse(.badRequest, text: message, type: "text/html")
            response.headers.set("Connection", "close")
            return respond(exchange, response, client)
        }
        let body: JSONValue = [
            "code": .number(JSONNumber(Int64(refusal.rawValue))), "message": .string(message),
        ]
        let status = HTTPStatus(refusal.status)
        respond(exchange, HTTPResponse(status, text: body.formatted, type: "application/json"), client)
    }

    private func respond(_ exchange: HTTPExchange, _ response: HTTPResponse, _ client: SocketClient) {
        PollExchange(exchange, client).respond(response)
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

extension SocketRefusal {
    init(_ refusal: EngineIORefusal) {
        switch refusal {
        case .forbidden: self = .forbidden
        case .unknownSession: self = .unknownSession
        default: self = .malformed
        }
    }
}

extension HTTPStatus {
    /// One of those that Engine.IO answers with.
    init(_ code: UInt16) {
        switch code {
        case 403: self = .forbidden
        case 405: self = .methodNotAllowed
        case 413: self = .contentTooLarge
        default: self = .badRequest
        }
    }
}
