// SPDX-License-Identifier: Apache-2.0
internal import EventLoops
internal import HTTP
internal import ServerConfig
internal import WebServer

/// `/api/v1/…`: finds the route of a request, finds out who asks, and lets only those in who may.
struct RestAPI {
    /// What a page of ours sends along with everything that changes something, and no other site's form can.
    static let csrfHeader = "X-Parley-CSRF"

    private let shard: Shard

    init(_ shard: Shard) { self.shard = shard }

    static func owns(_ path: String) -> Bool { path == "/api" || path.hasPrefix("/api/") }

    /// Lets pages of allowed origins read the answer. Without cookies: those are for our own pages.
    static func sharing(_ head: HTTPRequestHead, _ config: ServerConfig.HTTP) -> [(String, String)] {
        CrossOrigin.headers(for: head, config, withCookies: false)
    }

    func handle(_ client: ClientRequest, _ answer: Answer) {
        // A browser asks first whether a page of another site may; the answer's headers say.
        if answer.head.method == .options { return answer.send(HTTPResponse(.noContent)) }
        // The same answer; its content stays here. RFC 9110 §9.3.2
        let method = answer.head.method == .head ? .get : answer.head.method
        guard method == .get || client.isOriginAllowed else { return answer.refuse(.foreignOrigin) }
        switch APIRouteTable.shared.find(method, answer.head.path) {
        case .nothing:
            let detail = "There is no such route. See \(APIRouteTable.prefix)/openapi.json."
            answer.refuse(APIProblem(.notFound, "no-such-route", detail))
        case .methods(let methods):
            answer.refuseMethod(allowed: methods.map(\.rawValue).joined(separator: ", "))
        case .route(let route, let values): follow(route, values, client, answer)
        }
    }

    private func follow(
        _ route: APIRoute, _ values: [String: String], _ client: ClientRequest, _ answer: Answer
    ) {
        let shard = shard
        let start = { (identity: Identity) in
            let parameters = values.compactMapValues(PercentCoding.decode)
            let call = APICall(
                shard: shard, client: client, identity: identity, answer: answer, parameters: parameters)
            call.attempt { (call) throws(APIProblem) in
                guard parameters.count == values.count else { throw .invalid("The path is not UTF-8.") }
                try Self.admit(call, to: route)
                try route.handler(call)
            }
        }
        if case .ownToken = route.access { return start(.nobody) }
        let headers = answer.head.headers
        let later = LoopBound((start, answer), on: shard.loop)
        shard.services.credentials.find(headers, isHostLink: client.isHost) { result in
            later.execute { start, answer in
                switch result {
                case .success(let identity): start(identity)
                case .failure(let problem): answer.refuse(problem)
                }
            }
        }
    }

    private static func admit(_ call: APICall, to route: APIRoute) throws(APIProblem) {
        let identity = call.identity
        if route.method != .get, identity.isFromCookie, !call.client.isOwnPage { throw .csrf }
        let isAllowed =
            switch route.access {
            case .anyone, .ownToken: true
            case .account: identity.user != nil
            case .host: identity.isSomebody
            case .professional: identity.isProfessional
            case .admin: identity.isAdmin
            }
        guard !isAllowed else { return }
        throw identity.isSomebody ? .notAllowed : .notSignedIn
    }
}

extension APIProblem {
    static let foreignOrigin = APIProblem(
        .forbidden, "foreign-origin", "Requests from other sites are not accepted.")
    static let csrf = APIProblem(
        .forbidden, "csrf",
        "A request that goes by a cookie has to come from this site's pages, with \(RestAPI.csrfHeader): 1.")
}
