// SPDX-License-Identifier: Apache-2.0
internal import Appointments
internal import EngineKit
internal import HTTP
internal import JSON
internal import Storage
internal import Telemetry
internal import WebServer

/// Signing in and out, and tokens for programs.
enum SessionRoutes {
    /// Seconds that a token may last: a minute to 30 days; a day unless its maker says.
    private static let tokenLifetimes: ClosedRange<Int64> = 60...(30 * 86_400)

    private static let refusals: [(String, HTTPStatus)] = [
        ("wrong-password", .unauthorized), ("too-many-requests", .tooManyRequests),
        ("overloaded", .serviceUnavailable),
    ]

    static let all: [APIRoute] = [
        APIRoute(
            .get, "/session", "Tell who is signed in", .anyone, success: .json("Session"), tell),
        APIRoute(
            .post, "/session", "Sign in: sets a cookie", .anyone, content: .json("Login"),
            success: .json("Session"), problems: refusals + [("csrf", .forbidden)], signIn),
        APIRoute(.delete, "/session", "Sign out, also as the host", .anyone, success: .nothing, signOut),
        APIRoute(
            .post, "/tokens", "Make a bearer token for a program", .anyone, content: .json("NewToken"),
            success: .json("Token"), problems: refusals, makeToken),
    ]

    private static func tell(_ call: APICall) {
        let identity = call.identity
        // The first account is offered to whoever opened the host link: only they could make it.
        guard identity.isHostLink, identity.user == nil else {
            return call.send(session(identity.user, isHost: identity.isAdmin))
        }
        call.services.store.accounts(
            call.then { call, accounts in
                let hasAdmin = accounts.contains { $0.role == .admin && $0.disabledAt == nil }
                call.send(session(nil, isHost: true, needsAdmin: !hasAdmin))
            })
    }

    private static func session(
        _ user: AccountRecord?, isHost: Bool, needsAdmin: Bool = false
    ) -> JSONValue {
        [
            "user": user.map(UserRoutes.json) ?? .null, "host": .bool(isHost),
            "needsAdmin": .bool(needsAdmin),
        ]
    }

    private static func signIn(_ call: APICall) throws(APIProblem) {
        // Not because of a cookie it brings but of the one it gets: nobody is to be signed in as another.
        guard call.client.isOwnPage else { throw .csrf }
        let fields = try call.fields()
        let (email, password) = try credentials(in: fields)
        let old = call.identity.session
        call.services.accounts.logIn(
            email: email, password: password, from: call.client.address,
            call.proceed { call, account in
                call.services.credentials.beginSession(
                    of: account,
                    call.resume { call, secret in
                        if let old { call.services.store.deleteSession(old) { _ in } }
                        call.services.log.info(
                            "signed in", [("from", .personal(call.client.address))])
                        let isHost = call.identity.isHostLink || account.role == .admin
                        call.send(
                            session(account, isHost: isHost),
                            fields: [("Set-Cookie", cookie(secret, for: call.client))])
                    })
            })
    }

    private static func credentials(in fields: APIFields) throws(APIProblem) -> (String, String) {
        (
            try fields.requiredString("email", longest: 254),
            try fields.requiredString("password", longest: 1000)
        )
    }

    /// - Parameter secret: `nil` makes the browser forget it.
    private static func cookie(_ secret: String?, for client: ClientRequest) -> String {
        SetCookie(
            Identity.sessionCookie, secret ?? "",
            maxAge: secret == nil ? 0 : Int(Credentials.lifetime / 1000), secure: client.isSecure
        ).formatted
    }

    /// Leaves the browser nobody: whoever came by the host link would be an administrator still.
    private static func signOut(_ call: APICall) {
        guard call.identity.isHostLink else { return endSession(call) }
        call.services.host.revokeCookies(in: call.services.store, call.then { call, _ in endSession(call) })
    }

    private static func endSession(_ call: APICall) {
        let answer = { @Sendable (call: APICall) in
            var response = HTTPResponse(.noContent)
            response.headers.append("Set-Cookie", cookie(nil, for: call.client))
            response.headers.append("Set-Cookie", HostAccess.removal(secure: call.client.isSecure))
            call.answer.send(response)
        }
        guard let hash = call.identity.session else { return answer(call) }
        call.services.store.deleteSession(
            hash,
            call.then { call, _ in
                if let user = call.identity.user { call.shard.shards.tell(user.id, .signedOut) }
                answer(call)
            })
    }

    private static func makeToken(_ call: APICall) throws(APIProblem) {
        let fields = try call.fields()
        let (email, password) = try credentials(in: fields)
        let lifetime = try fields.integer("lifetime", tokenLifetimes) ?? 86_400
        call.services.accounts.logIn(
            email: email, password: password, from: call.client.address,
            call.proceed { call, account in
                let expiry = call.now / 1000 + lifetime
                let token = call.services.credentials.token(for: account, now: call.now, expiry: expiry)
                call.send([
                    "token": .string(token), "expiresAt": .number(JSONNumber(expiry * 1000)),
                ])
            })
    }
}

extension APICall {
    /// A completion for ``Accounts`` that goes on with `body` on the loop.
    func proceed<Value: Sendable>(
        _ body: @escaping @Sendable (APICall, Value) throws(APIProblem) -> Void
    ) -> Accounts.Done<Value> {
        let resume = resume(body)
        return { result in resume(result.mapError { APIProblem($0) }) }
    }

    /// A completion that goes on with `body` on the loop, or refuses.
    func resume<Value: Sendable>(
        _ body: @escaping @Sendable (APICall, Value) throws(APIProblem) -> Void
    ) -> @Sendable (Result<Value, APIProblem>) -> Void {
        later { (call: APICall, result: Result<Value, APIProblem>) throws(APIProblem) in
            try body(call, try result.get())
        }
    }
}

extension APIProblem {
    init(_ refusal: AccountRefusal) {
        let status: HTTPStatus =
            switch refusal {
            case .taken: .conflict
            case .unknown: .notFound
            case .wrong: .unauthorized
            case .invalidEmail, .invalidName, .invalidTitle, .invalidZone, .weakPassword:
                .unprocessableContent
            case .tooFast: .tooManyRequests
            case .busy, .storage: .serviceUnavailable
            }
        self.init(status, refusal.name, refusal.message)
        if case .wrong = refusal { fields = APIProblem.notSignedIn.fields }
    }
}
