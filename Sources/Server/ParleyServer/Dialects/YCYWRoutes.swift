// SPDX-License-Identifier: Apache-2.0
internal import Dialects
internal import HTTP
internal import JSON
internal import WebServer

/// The HTTP routes of `ycyw`, and of `ycyw-stomp`, which has the first alone.
struct YCYWRoutes: DialectREST {
    private static let greeting = "NodeJS server TEST endpoint is up and running"

    private let key: DialectKey
    private unowned let shard: Shard

    init(_ key: DialectKey, on shard: Shard) {
        self.key = key
        self.shard = shard
    }

    func handle(_ path: String, _ client: ClientRequest, _ answer: Answer) -> Bool {
        switch (answer.head.method, path) {
        case (.get, "/api/test"), (.head, "/api/test"):
            answer.send(HTTPResponse(.ok, text: Self.greeting))
        case (.post, "/api/test") where key == .ycyw: answer.send(.ok, json: ["response": "ok"])
        case (.post, "/api/check-username") where key == .ycyw: checkName(answer)
        default: return false
        }
        return true
    }

    private func checkName(_ answer: Answer) {
        let body = try? JSONValue(parsing: answer.exchange.request.body)
        guard let name = body?["userName"] else {
            return answer.send(.badRequest, json: ["message": .string(YCYW.invalidName)])
        }
        DialectAsker.ask(key, DialectEvent(YCYW.checkUserName, [name]), on: shard) { problem in
            guard let problem = problem.first?.string else {
                return answer.send(.ok, json: ["message": "OK !"])
            }
            let status: HTTPStatus = problem == YCYW.takenName ? .conflict : .badRequest
            answer.send(status, json: ["message": .string(problem)])
        }
    }
}
