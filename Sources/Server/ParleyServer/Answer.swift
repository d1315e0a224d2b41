// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import JSON
internal import WebServer

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

    /// - Parameter fields: More header fields.
    func send(_ status: HTTPStatus, json: JSONValue, fields: [(String, String)] = []) {
        send(HTTPResponse(status, json: json), fields)
    }

    func refuse(_ problem: APIProblem) { send(HTTPResponse(problem)) }

    func refuse(
        _ status: HTTPStatus, _ name: String, _ message: String, fields: [(String, String)] = []
    ) {
        refuse(APIProblem(status, name, message, fields: fields))
    }

    private func send(_ response: HTTPResponse, _ fields: [(String, String)]) {
        var response = response
        for (name, value) in fields { response.headers.set(name, value) }
        send(response)
    }

    func refuseMethod(allowed: String) {
        refuse(
            .methodNotAllowed, "method-not-allowed", "Allowed here: \(allowed).",
            fields: [("Allow", allowed)])
    }
}
