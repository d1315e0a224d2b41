// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import Storage
internal import Telemetry
internal import WebServer

/// One request to the routes of devameet, on the loop that answers it.
struct DevameetCall {
    unowned let shard: Shard
    let client: ClientRequest
    let answer: Answer
    /// Who shows a token with it.
    var account: AccountRecord?

    var services: Services { shard.services }
    var now: Int64 { WallClock.system().milliseconds }

    /// The body; empty when there is none, or it is another value than an object.
    func fields() throws(DevameetProblem) -> DevameetFields {
        let body = answer.exchange.request.body
        guard !body.isEmpty else { return DevameetFields(JSONObject()) }
        guard let value = try? JSONValue(parsing: body, maxDepth: 8) else {
            throw .refused("Unexpected token in JSON")
        }
        return DevameetFields(value.object ?? JSONObject())
    }

    // MARK: Answers

    func send(_ json: JSONValue, _ status: HTTPStatus = .ok) { answer.send(status, json: json) }

    /// An answer without content, as most changes get.
    func sendNothing(_ status: HTTPStatus = .ok) { answer.send(HTTPResponse(status)) }

    func refuse(_ problem: DevameetProblem) {
        answer.send(HTTPStatus(problem.status, problem.phrase), json: problem.json)
    }

    func attempt(_ body: (DevameetCall) throws(DevameetProblem) -> Void) {
        do throws(DevameetProblem) { try body(self) } catch { refuse(error) }
    }

    // MARK: Going on later

    /// A completion for the store that goes on with `body` on the loop.
    func then<Value: Sendable>(
        _ body: @escaping @Sendable (DevameetCall, Value) throws(DevameetProblem) -> Void
    ) -> StorageCompletion<Value> {
        let later = LoopBound(self, on: shard.loop)
        return { result in
            later.execute { call in
                switch result {
                case .success(let value):
                    call.attempt { (call) throws(DevameetProblem) in try body(call, value) }
                case .failure(let error):
                    call.services.log.error("storage failed", [("why", .text(error.description))])
                    call.refuse(.unavailable)
                }
            }
        }
    }

    /// A completion for ``Accounts`` that goes on with `body` on the loop.
    /// - Parameter refusal: What the client is told about a refusal.
    func proceed(
        _ refusal: @escaping @Sendable (AccountRefusal) -> DevameetProblem?,
        _ body: @escaping @Sendable (DevameetCall, AccountRecord) -> Void
    ) -> Accounts.Done<AccountRecord> {
        let later = LoopBound(self, on: shard.loop)
        return { result in
            later.execute { call in
                switch result {
                case .success(let account): body(call, account)
                case .failure(let reason): call.refuse(refusal(reason) ?? Self.general(reason))
                }
            }
        }
    }

    private static func general(_ refusal: AccountRefusal) -> DevameetProblem {
        switch refusal {
        case .tooFast: .tooFast
        case .busy, .storage: .unavailable
        case .taken: .refused("Já existe uma conta com o email informado")
        case .unknown: .unknownUser
        case .wrong: .refused("E-mail e/ou senha não encontrados.")
        case .invalidEmail: .invalid(["Email informado não é válido"])
        case .invalidName, .invalidTitle, .invalidZone: .invalid(["Nome informado não é válido"])
        case .weakPassword: .invalid([DevameetREST.passwordRule])
        }
    }
}
