// SPDX-License-Identifier: Apache-2.0
package import EventLoops
internal import HTTP
package import WebServer

/// All message routes of a server on one loop.
package final class MessageRoutes {
    private let parts: [(route: MessageRoute, endpoint: any MessageEndpoint)]

    /// - Parameters:
    ///   - index: The loop's, below ``Hub/maxCount``.
    ///   - identify: Who asks, seen through trusted proxies if there are any.
    package init(
        _ routes: [MessageRoute], on loop: EventLoop, index: Int,
        identify: @escaping (HTTPRequest) -> SocketClient
    ) {
        parts = routes.map { ($0, $0.makeEndpoint(on: loop, index: index, identify: identify)) }
    }

    /// The index of the loop whose session a request is for, among `count`; `nil` for any.
    package func home(of request: HTTPRequest, among count: Int) -> Int? {
        part(for: request)?.route.home(of: request, among: count)
    }

    /// - Returns: whether the request is for one of the routes, and so has been answered or will be.
    package func handle(_ exchange: HTTPExchange) -> Bool {
        guard let part = part(for: exchange.request) else { return false }
        part.endpoint.handle(exchange)
        return true
    }

    private func part(for request: HTTPRequest) -> (route: MessageRoute, endpoint: any MessageEndpoint)? {
        guard !parts.isEmpty else { return nil }
        let path = request.head.path
        return parts.first { $0.route.matches(path) }
    }

    package var sessionCount: Int { parts.reduce(0) { $0 + $1.endpoint.sessionCount } }

    var refusals: [SocketRefusal: Int] {
        parts.reduce(into: [:]) { $0.merge($1.endpoint.refusals, uniquingKeysWith: +) }
    }

    /// Takes no new sessions and closes those there are, a few at a time.
    package func drain(over longest: Duration) {
        for part in parts { part.endpoint.drain(over: longest) }
    }

    /// Takes no new sessions and closes those there are.
    package func shutDown() { drain(over: .zero) }
}
