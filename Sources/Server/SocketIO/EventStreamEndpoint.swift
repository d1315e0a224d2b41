// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import HTTP
internal import Signalling
internal import TLS
internal import WebServer

/// Message sessions for networks that refuse WebSockets: `GET …/events` is a stream of server-sent
/// events whose first one tells the client a secret, and `POST …/SECRET` brings its messages.
///
/// A client that lost its stream asks for `…/events` again with the header `Last-Event-ID`, as browsers
/// do by themselves, or `?last=`. A POST may be numbered from 1 with `?n=`: sent again, it counts once.
final class EventStreamEndpoint: MessageEndpoint {
    private static let secretLength = 24

    private let gate: MessageGate
    private let index: Int
    private var drivers: [String: EventStreamDriver] = [:]
    private var random = SystemRandomSource()
    private var leaveTaking: Stagger<EventStreamDriver>?

    init(_ gate: MessageGate, index: Int) {
        self.gate = gate
        self.index = index
    }

    var sessionCount: Int { gate.sessionCount }
    var refusals: [SocketRefusal: Int] { gate.admission.refusals }

    func drain(over longest: Duration) {
        gate.admission.isStopping = true
        leaveTaking = Stagger(Array(drivers.values), over: longest, on: gate.loop) {
            $0.close(1001, reason: "The server is stopping")
        }
    }

    /// The first character of a session's secret tells its loop.
    static func home(of request: HTTPRequest, below path: String) -> Int? {
        let rest = request.head.path.dropFirst(path.count).dropFirst()
        let secret = rest == "events" ? lastEvent(of: request.head)?.secret : String(rest)
        return secret?.first.flatMap(Hub.alphabet.firstIndex)
    }

    private static func lastEvent(of head: HTTPRequestHead) -> (secret: String, number: UInt64)? {
        (head.headers["Last-Event-ID"] ?? head.query["last"]).flatMap {
            EventStreamSession.parse(eventID: $0)
        }
    }

    // MARK: Requests

    func handle(_ exchange: HTTPExchange) {
        let client = gate.identify(exchange.request)
        let rest = gate.rest(of: exchange)
        guard rest.first == "/", rest.count > 1, !rest.dropFirst().contains("/") else {
            return gate.notFound(exchange, client)
        }
        let isStream = rest == "/events"
        let allow = isStream ? "OPTIONS, GET" : "OPTIONS, POST"
        let method = exchange.request.head.method
        if method == .options { return gate.preflight(exchange, client, allow: allow) }
        guard method == (isStream ? .get : .post) else {
            return gate.notAllowed(exchange, client, allow: allow)
        }
        guard client.isOriginAllowed else {
            return gate.forbid(exchange, client)
        }
        if isStream {
            open(exchange, client)
        } else if let driver = drivers[String(rest.dropFirst())] {
            driver.post(exchange, client)
        } else {
            gate.notFound(exchange, client)
        }
    }

    private func open(_ exchange: HTTPExchange, _ client: SocketClient) {
        if let last = Self.lastEvent(of: exchange.request.head), let driver = drivers[last.secret] {
            return driver.attach(exchange, client, after: last.number)
        }
        // A session that is gone is begun anew: the client sees so from its new secret.
        let secret = String(Hub.alphabet[index]) + random.nextText(Self.secretLength - 1, from: Hub.alphabet)
        let driver = EventStreamDriver(gate, secret: secret)
        guard let (delegate, allowance) = gate.admit(driver, exchange, client) else { return }
        drivers[secret] = driver
        gate.admission.entered(allowance)
        driver.forget = { [weak self] in
            guard let self, drivers.removeValue(forKey: secret) != nil else { return }
            gate.admission.left(allowance)
        }
        driver.front.start(delegate, allowance)
        driver.attach(exchange, client, after: nil)
    }
}
