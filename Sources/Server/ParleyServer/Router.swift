// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import MeetingProtocol
internal import ServerConfig
internal import WebServer

/// Decides who answers a request, and dresses the answers.
final class Router: HTTPHandler {
    weak var shard: Shard?

    func home(of request: HTTPRequest) -> LoopBound<WebLoop>? {
        guard request.head.path.hasPrefix(SignallingEndpoint.path),
            let index = SignallingEndpoint.home(of: request)
        else { return nil }
        return shard?.shards.web(of: index)
    }

    func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        guard let shard else { return exchange.respond(HTTPResponse(.serviceUnavailable)) }
        let client = ClientRequest(request, shard.services)
        guard client.isPeerAllowed else {
            return exchange.respond(
                HTTPResponse(.forbidden, text: "This server is to be reached through its proxy.\n"))
        }
        let path = request.head.path
        if path.hasPrefix(SignallingEndpoint.path), shard.services.site.isFile(path) == false {
            return shard.signalling.handle(client, exchange)
        }
        let config = shard.services.config.http
        let headers = SecurityHeaders.list(for: client, config)
        let answer = Answer(exchange, headers: headers)
        if path.hasPrefix("/api/") {
            // Without cookies: acting as the host is for our own pages.
            let shared = CrossOrigin.headers(for: request.head, config, withCookies: false)
            MeetingAPI(shard).handle(client, Answer(exchange, headers: headers + shared))
        } else if OperationsAPI.paths.contains(path) {
            OperationsAPI(shard).handle(client, answer)
        } else {
            Pages(shard).handle(client, answer)
        }
    }
}

/// An exchange whose answer carries the site's security headers.
struct Answer {
    let exchange: HTTPExchange
    private let headers: [(String, String)]

    init(_ exchange: HTTPExchange, headers: [(String, String)]) {
        self.exchange = exchange
        self.headers = headers
    }

    var head: HTTPRequestHead { exchange.request.head }

    func send(_ response: HTTPResponse) {
        var response = response
        for (name, value) in headers { response.headers.set(name, value) }
        exchange.respond(response)
    }

    func send(_ status: HTTPStatus, json: JSONValue) {
        var response = HTTPResponse(status, text: json.formatted, type: "application/json")
        response.headers.set("Cache-Control", "no-store")
        send(response)
    }

    /// An error as every route words it: a stable name and a sentence.
    func refuse(_ status: HTTPStatus, _ name: String, _ message: String) {
        send(status, json: ["error": .string(name), "message": .string(message)])
    }

    func refuseMethod(allowed: String) {
        var response = HTTPResponse(
            .methodNotAllowed,
            text: (["error": "method-not-allowed", "message": .string("Allowed here: \(allowed).")]
                as JSONValue)
                .formatted, type: "application/json")
        response.headers.set("Allow", allowed)
        send(response)
    }
}

/// What browsers are told about the site. MDN and the W3C name each header's meaning.
enum SecurityHeaders {
    private static let permissions = [
        "camera=(self)", "microphone=(self)", "display-capture=(self)", "speaker-selection=(self)",
        "fullscreen=(self)", "picture-in-picture=(self)", "screen-wake-lock=(self)", "autoplay=(self)",
        "geolocation=()", "payment=()", "usb=()", "serial=()", "midi=()", "hid=()",
    ].joined(separator: ", ")

    static func list(for client: ClientRequest, _ config: ServerConfig.HTTP) -> [(String, String)] {
        let ancestors = config.frameAncestors.map(\.text)
        let policy =
            "default-src 'self'; connect-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
            + "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors "
            + (ancestors.isEmpty ? "'none'" : ancestors.joined(separator: " "))
        var headers = [
            ("Content-Security-Policy", policy), ("Permissions-Policy", permissions),
            ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
        ]
        // Only where the operator says that the certificate will stay trusted: a browser that has
        // seen this once refuses to be talked past a bad certificate.
        if config.strictTransportSecurity, client.isSecure {
            headers.append(("Strict-Transport-Security", "max-age=31536000"))
        }
        return headers
    }
}
