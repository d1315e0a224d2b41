// SPDX-License-Identifier: Apache-2.0
internal import Appointments
internal import Dialects
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import JWT
internal import MeetingProtocol
internal import ServerConfig
internal import Storage
internal import TLS
internal import WebServer

/// The routes of the dialect `telelegal`.
///
/// `/user-link` and `/pro-link` make links for whoever asks, as in the course, but only for programs on this
/// machine: anybody else gets theirs by booking, and by signing in.
struct TeleLegalREST: DialectREST {
    /// Where the course's own pages are.
    private static let front = "https://localhost:3000"
    private static let maxToken = 4096

    private let shard: Shard

    init(_ shard: Shard) { self.shard = shard }

    func handle(_ path: String, _ client: ClientRequest, _ answer: Answer) -> Bool {
        switch (answer.head.method, path) {
        case (.get, "/test"): answer.send(.ok, json: "This is a test route")
        case (.get, "/user-link"): withDemo(client, answer, Self.sendUserLink)
        case (.get, "/pro-link"): withDemo(client, answer, Self.sendProfessionalLink)
        case (.get, "/validate-link"): validate(answer.head.query["token"], answer)
        case (.post, "/validate-link"):
            let body = try? JSONValue(parsing: answer.exchange.request.body)
            validate(body?["token"]?.string, answer)
        default: return false
        }
        return true
    }

    // MARK: Links

    /// Goes on with the account that is shown around: the first professional of this server.
    private func withDemo(
        _ client: ClientRequest, _ answer: Answer, _ body: @escaping @Sendable (Reply, AccountRecord) -> Void
    ) {
        guard mayHaveDemo(client, answer.head) else {
            return answer.send(HTTPResponse(.forbidden, text: "Only on the server's own machine.\n"))
        }
        let later = LoopBound(Reply(shard: shard, answer: answer), on: shard.loop)
        shard.services.store.accounts { result in
            later.execute { reply in
                guard case .success(let accounts) = result,
                    let account = accounts.first(where: { $0.role >= .professional && $0.disabledAt == nil })
                else {
                    let hint =
                        "There is no professional yet: parley user add EMAIL --name NAME --role professional\n"
                    return reply.answer.send(HTTPResponse(.notFound, text: hint))
                }
                body(reply, account)
            }
        }
    }

    /// Only somebody at this machine, who opened the address there: not what a proxy passes on, not a page of
    /// another site that has this machine's browser fetch it, nor one that calls this machine by its own name.
    private func mayHaveDemo(_ client: ClientRequest, _ head: HTTPRequestHead) -> Bool {
        let host = HTTPAuthority(parsing: client.authority)?.host ?? ""
        return client.isLocal && shard.services.config.http.trustedProxies.isEmpty
            && head.headers["Origin"] == nil
            && ["none", "same-origin", nil].contains(head.headers["Sec-Fetch-Site"])
            && ["localhost", "127.0.0.1", "[::1]", "::1"].contains(host)
    }

    /// An answer on its way, on its shard's loop.
    private struct Reply {
        let shard: Shard
        let answer: Answer

        func send(html: String) {
            var response = HTTPResponse(.ok, text: html, type: "text/html; charset=utf-8")
            response.headers.set("Cache-Control", "no-store")
            answer.send(response)
        }
    }

    private static func sendProfessionalLink(_ reply: Reply, _ account: AccountRecord) {
        let now = WallClock.system().milliseconds
        let token = reply.shard.services.links.token(forProfessional: account, now: now)
        reply.send(html: "<a href=\"\(front)/dashboard?token=\(token)\" target=\"_blank\">Link Here</a>")
    }

    /// The link of the first appointment to come, or of one that is made for it.
    private static func sendUserLink(_ reply: Reply, _ account: AccountRecord) {
        let now = WallClock.system().milliseconds
        let later = LoopBound(reply, on: reply.shard.loop)
        let send: @Sendable (AppointmentRecord) -> Void = { appointment in
            later.execute { reply in
                let token = reply.shard.services.links.token(
                    for: appointment, with: account.displayName, now: now)
                reply.send(html: "\(front)/join-video?token=\(token)")
            }
        }
        let (store, shards) = (reply.shard.services.store, reply.shard.shards)
        store.appointments(of: account.id, from: now, to: .max, limit: 50) { result in
            guard case .success(let appointments) = result else { return fail(later) }
            if let next = appointments.first(where: { $0.state == .booked }) { return send(next) }
            var random = SystemRandomSource()
            let appointment = AppointmentRecord(
                id: UUIDText.random(from: &random), professional: account.id, clientName: "Jim Jones",
                startsAt: now, endsAt: now + 1_800_000, createdAt: now)
            store.addAppointment(appointment) { result in
                guard case .success(true) = result else { return fail(later) }
                shards.tell(account.id, .changed(Appointment(appointment)))
                send(appointment)
            }
        }
    }

    private static func fail(_ later: LoopBound<Reply>) {
        later.execute {
            $0.answer.send(HTTPResponse(.serviceUnavailable, text: "The storage cannot be reached.\n"))
        }
    }

    // MARK: Claims

    /// What a link says, with what has changed since it was made.
    private func validate(_ token: String?, _ answer: Answer) {
        guard let token, token.utf8.count <= Self.maxToken,
            let (bearer, claims) = try? shard.services.links.bearer(of: token, now: .system())
        else { return Self.refuse(answer) }
        guard case .client(let id, let version) = bearer else {
            return answer.send(.ok, json: .object(claims))
        }
        let later = LoopBound(answer, on: shard.loop)
        shard.services.store.appointment(id.rawValue) { result in
            later.execute { answer in
                guard case .success(let appointment?) = result,
                    Int64(appointment.linkVersion) == version
                else { return Self.refuse(answer) }
                var claims = claims
                claims["apptDate"] = .time(appointment.startsAt)
                claims["clientName"] = .string(appointment.clientName)
                answer.send(.ok, json: .object(claims))
            }
        }
    }

    private static func refuse(_ answer: Answer) {
        answer.send(.unauthorized, json: ["error": "invalid-link", "message": "This link is not valid."])
    }
}
