// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EventLoops
internal import HTTP
internal import MeetingProtocol
internal import SDP
internal import ServerConfig
internal import TLS
internal import Telemetry
internal import WebServer

/// `/whip/…` and `/whep/…`: media for programs that have no page. RFC 9725, draft-ietf-wish-whep.
struct StreamAPI {
    static let descriptionType = "application/sdp"
    static let fragmentType = "application/trickle-ice-sdpfrag"
    /// Seconds after which it is worth trying again.
    private static let retryAfter = "3"

    private let shard: Shard

    init(_ shard: Shard) { self.shard = shard }

    /// What lets pages of allowed origins use it, too.
    static func sharing(_ head: HTTPRequestHead, _ config: ServerConfig.HTTP) -> [(String, String)] {
        var headers = CrossOrigin.headers(for: head, config, withCookies: false)
        guard !headers.isEmpty else { return [] }
        headers.append(("Access-Control-Expose-Headers", "Location, Link, ETag, Accept-Patch"))
        if head.method == .options {
            headers.removeAll { $0.0 == "Access-Control-Allow-Headers" }
            headers.append(("Access-Control-Allow-Headers", "Content-Type, Authorization, If-Match"))
        }
        return headers
    }

    func handle(_ client: ClientRequest, _ answer: Answer) {
        guard let desk = shard.streams, shard.services.config.media.whip != .off else {
            return answer.refuse(
                APIProblem(.notFound, "no-streams", "This server does not take or give streams."))
        }
        guard client.isOriginAllowed else { return answer.refuse(.foreignOrigin) }
        let path = StreamPath(answer.head.path)
        switch path.place {
        case .nothing: answer.refuse(APIProblem(.notFound, "no-such-route", "There is no such stream."))
        case .session(let id): change(id, path, desk, answer)
        case .publish, .watch, .watchAll: begin(path, desk, client, answer)
        }
    }

    // MARK: POST

    private func begin(_ path: StreamPath, _ desk: StreamDesk, _ client: ClientRequest, _ answer: Answer) {
        switch answer.head.method {
        case .options: return options(answer, "POST, OPTIONS", ("Accept-Post", Self.descriptionType))
        case .post: break
        default: return answer.refuseMethod(allowed: "POST, OPTIONS")
        }
        guard Self.type(of: answer) == Self.descriptionType else {
            return answer.refuse(
                APIProblem(
                    .unsupportedMediaType, "not-sdp", "Send an offer as \(Self.descriptionType).",
                    fields: [("Accept-Post", Self.descriptionType)]))
        }
        guard client.isLocal || shard.streamStarts.allows(client.address, at: shard.loop.now) else {
            return answer.refuse(.tooFast)
        }
        let headers = answer.head.headers
        let later = LoopBound((self, desk, client, answer), on: shard.loop)
        StreamAccess(shard.services).find(path, headers) { problem in
            later.execute { api, desk, client, answer in
                if let problem { return answer.refuse(problem) }
                // Only a token that was looked at says whose a session is.
                let owner = StreamAccess.digest(headers)
                api.open(path, desk, client, answer, owner)
            }
        }
    }

    private func open(
        _ path: StreamPath, _ desk: StreamDesk, _ client: ClientRequest, _ answer: Answer, _ owner: [UInt8]?
    ) {
        let offer = String(decoding: answer.exchange.request.body, as: UTF8.self)
        do throws(StreamDesk.Refusal) {
            let session =
                switch path.place {
                case .publish(let name): try desk.publish(offer, as: name, in: path.room, owner: owner)
                case .watch(let name): try desk.watch(offer, name, in: path.room, owner: owner)
                case .watchAll, .session, .nothing: try desk.watch(offer, nil, in: path.room, owner: owner)
                }
            answer.send(created(session, client))
        } catch {
            answer.refuse(Self.problem(error))
        }
    }

    private func created(_ session: StreamDesk.Session, _ client: ClientRequest) -> HTTPResponse {
        var response = HTTPResponse(.created, text: session.connection.answer, type: Self.descriptionType)
        response.headers.set("Location", session.location)
        response.headers.set("ETag", session.tag)
        response.headers.set("Accept-Patch", Self.fragmentType)
        response.headers.set("Cache-Control", "no-store")
        for link in links(client) { response.headers.append("Link", link) }
        return response
    }

    /// STUN and TURN for whoever cannot be reached otherwise. RFC 9725 §4.6.
    private func links(_ client: ClientRequest) -> [String] {
        var random = SystemRandomSource()
        // A group of its own: streams meet in the server, not in the relay.
        let name = "\(RelayDesk.randomPart(&random))/\(RelayDesk.randomPart(&random))"
        let servers = shard.services.relay.servers(for: name, reaching: client.authority).servers
        return servers.flatMap { server in
            server.urls.map { url in
                guard let username = server.username, let credential = server.credential else {
                    return "<\(url)>; rel=\"ice-server\""
                }
                return "<\(url)>; rel=\"ice-server\"; username=\"\(username)\"; "
                    + "credential=\"\(credential)\"; credential-type=\"password\""
            }
        }
    }

    // MARK: PATCH and DELETE

    private func change(_ id: String, _ path: StreamPath, _ desk: StreamDesk, _ answer: Answer) {
        let methods = "PATCH, DELETE, OPTIONS"
        let method = answer.head.method
        if method == .options { return options(answer, methods, ("Accept-Patch", Self.fragmentType)) }
        guard method == .patch || method == .delete else { return answer.refuseMethod(allowed: methods) }
        guard let session = desk.session(id, in: path.room) else {
            return answer.refuse(APIProblem(.notFound, "no-such-session", "The session is over."))
        }
        if let owner = session.owner {
            guard let shown = StreamAccess.digest(answer.head.headers) else {
                return answer.refuse(.tokenNeeded)
            }
            guard Digest.constantTimeEqual(shown, owner) else { return answer.refuse(.badToken) }
        }
        guard method == .patch else {
            desk.end(session)
            return answer.send(HTTPResponse(.ok))
        }
        patch(session, desk, answer)
    }

    private func patch(_ session: StreamDesk.Session, _ desk: StreamDesk, _ answer: Answer) {
        guard Self.type(of: answer) == Self.fragmentType else {
            return answer.refuse(
                APIProblem(
                    .unsupportedMediaType, "not-a-fragment", "Send a fragment as \(Self.fragmentType).",
                    fields: [("Accept-Patch", Self.fragmentType)]))
        }
        guard let condition = answer.head.headers["If-Match"] else {
            return answer.refuse(
                APIProblem(
                    HTTPStatus(428, "Precondition Required"), "if-match-missing",
                    "Name the entity tag in If-Match, or * to restart ICE."))
        }
        let isRestart = condition.trimmingSpaces == "*"
        // RFC 9110 §13.1.1: compared strongly, so a weak tag matches nothing.
        guard
            isRestart || condition.split(separator: ",").contains(where: { $0.trimmingSpaces == session.tag })
        else {
            return answer.refuse(
                APIProblem(
                    HTTPStatus(412, "Precondition Failed"), "other-generation",
                    "The tag is not that of the ICE session: it was restarted.",
                    fields: [("ETag", session.tag)]))
        }
        do throws(DecodeError) {
            let fragment = try SDPFragment(parsing: answer.exchange.request.body)
            apply(fragment, to: session, desk, answer)
        } catch {
            answer.refuse(.invalid(error.description))
        }
    }

    private func apply(
        _ fragment: SDPFragment, to session: StreamDesk.Session, _ desk: StreamDesk, _ answer: Answer
    ) {
        do throws(StreamDesk.Refusal) {
            guard let restarted = try desk.patch(session, fragment) else {
                return answer.send(HTTPResponse(.noContent))
            }
            var response = HTTPResponse(.ok, text: restarted.formatted, type: Self.fragmentType)
            response.headers.set("ETag", session.tag)
            response.headers.set("Cache-Control", "no-store")
            answer.send(response)
        } catch {
            answer.refuse(Self.problem(error))
        }
    }

    // MARK: Words

    private func options(_ answer: Answer, _ methods: String, _ accepted: (String, String)) {
        var response = HTTPResponse(.ok)
        response.headers.set("Allow", methods)
        response.headers.set(accepted.0, accepted.1)
        answer.send(response)
    }

    /// Without its parameters.
    private static func type(of answer: Answer) -> String {
        let value = answer.head.headers["Content-Type"] ?? ""
        return String(value.prefix { $0 != ";" }).trimmingSpaces.lowercased()
    }

    private static func problem(_ refusal: StreamDesk.Refusal) -> APIProblem {
        switch refusal {
        case .nothingToWatch:
            APIProblem(
                .conflict, "not-live", "Nobody publishes there now.", fields: [("Retry-After", retryAfter)])
        case .removed:
            APIProblem(.forbidden, "removed", "A host has removed this publisher from the meeting.")
        case .full, .media(.unavailable):
            APIProblem(
                .serviceUnavailable, "busy", "The server carries as much as it can.",
                fields: [("Retry-After", retryAfter)])
        case .media(.ended):
            APIProblem(.notFound, "no-such-session", "The session is over.")
        case .media(.malformed(let why)): .invalid("This is no offer: \(why).")
        case .media(.offer(let why)):
            APIProblem(.unprocessableContent, "offer-refused", why)
        }
    }
}

extension StringProtocol {
    /// Without spaces and tabs before and behind it.
    fileprivate var trimmingSpaces: String {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
