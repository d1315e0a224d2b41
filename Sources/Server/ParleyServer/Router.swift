// SPDX-License-Identifier: Apache-2.0
internal import EventLoops
internal import HTTP
internal import ServerConfig
internal import SocketIO
internal import WebServer

/// Decides who answers a request, and dresses the answers.
final class Router: HTTPHandler {
    weak var shard: Shard?

    func home(of request: HTTPRequest) -> LoopBound<WebLoop>? {
        if let site = shard?.dialects.site(for: request.head.path) { return site.home(of: request) }
        if let shard, StreamPath.owns(request.head.path) {
            return shard.shards.web(of: shard.shards.home(of: StreamPath(request.head.path).room))
        }
        guard let shard, request.head.path.hasPrefix(shard.services.sockets.options.path),
            let index = Hub.home(of: request)
        else { return nil }
        return shard.shards.web(of: index)
    }

    func expect(_ exchange: HTTPExchange) {
        let request = exchange.request
        if let site = shard?.dialects.site(for: request.head.path) { return site.expect(exchange) }
        guard let shard, request.head.path.hasPrefix(shard.services.sockets.options.path),
            ClientRequest(request, shard.services).isPeerAllowed
        else { return }
        shard.hub.expect(exchange)
    }

    func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        guard let shard else {
            return exchange.respond(
                HTTPResponse(APIProblem(.serviceUnavailable, "stopping", "The server is stopping.")))
        }
        let path = request.head.path
        if let site = shard.dialects.site(for: path) { return site.handle(request, exchange) }
        let client = ClientRequest(request, shard.services)
        guard client.isPeerAllowed else {
            let sentence = "This server is to be reached through its proxy."
            return exchange.respond(
                RestAPI.owns(path) || StreamPath.owns(path)
                    ? HTTPResponse(APIProblem(.forbidden, "not-through-proxy", sentence))
                    : HTTPResponse(.forbidden, text: sentence + "\n"))
        }
        if path.hasPrefix(shard.services.sockets.options.path), !shard.services.site.isFile(path) {
            return shard.hub.handle(exchange)
        }
        let config = shard.services.config.http
        let headers = SecurityHeaders.list(for: client, path, shard.services.config)
        let answer = Answer(exchange, headers: headers)
        if RestAPI.owns(path) {
            let shared = RestAPI.sharing(request.head, config)
            RestAPI(shard).handle(client, Answer(exchange, headers: headers + shared))
        } else if StreamPath.owns(path) {
            let shared = StreamAPI.sharing(request.head, config)
            StreamAPI(shard).handle(client, Answer(exchange, headers: headers + shared))
        } else if OperationsAPI.paths.contains(path) {
            OperationsAPI(shard).handle(client, answer)
        } else {
            Pages(shard).handle(client, answer)
        }
    }

    /// Programs read this, people hardly ever: browsers send proper requests. So it looks like every other error.
    func answer(to refusal: HTTPRefusal, request: HTTPRequest?) -> HTTPResponse {
        let name = refusal.status.phrase.lowercased().replacing(" ", with: "-")
        var response = HTTPResponse(APIProblem(refusal.status, name, sentence(refusal.reason)))
        response.headers.set("X-Content-Type-Options", "nosniff")
        guard let request, let shard else { return response }
        if RestAPI.owns(request.head.path) {
            for (name, value) in RestAPI.sharing(request.head, shard.services.config.http) {
                response.headers.set(name, value)
            }
        } else if request.head.path.hasPrefix(shard.services.sockets.options.path) {
            shard.hub.share(&response, with: request)
        }
        return response
    }

    private func sentence(_ words: String) -> String {
        words.prefix(1).uppercased() + words.dropFirst() + (words.hasSuffix(".") ? "" : ".")
    }
}
