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
