// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import MeetingProtocol
internal import QRCode
internal import Rooms
internal import ServerConfig
internal import Storage
internal import TLS
internal import Telemetry
internal import WebServer

/// `/api/…`: meetings before and around the meeting itself. `docs/protocol.md` lists the routes.
struct MeetingAPI {
    private let shard: Shard
    private var services: Services { shard.services }

    init(_ shard: Shard) { self.shard = shard }

    static func owns(_ path: String) -> Bool { path == "/api" || path.hasPrefix("/api/") }

    /// Lets pages of allowed origins read the answer. Without cookies: acting as the host is for our own pages.
    static func sharing(_ head: HTTPRequestHead, _ config: ServerConfig.HTTP) -> [(String, String)] {
        CrossOrigin.headers(for: head, config, withCookies: false)
    }

    func handle(_ client: ClientRequest, _ answer: Answer) {
        // A browser asks first whether a page of another site may; the answer's headers say.
        if answer.head.method == .options { return answer.send(HTTPResponse(.noContent)) }
        guard answer.head.method == .get || client.isOriginAllowed else {
            return answer.refuse(.forbidden, "foreign-origin", "Requests from other sites are not accepted.")
        }
        let parts = answer.head.path.split(separator: "/").dropFirst().map(String.init)
        switch (parts.first, parts.count) {
        case ("server", 1): only(.get, answer) { server(client, answer) }
        case ("meetings", 1): only(.post, answer) { create(client, answer) }
        case ("meetings", 2):
            withMeeting(parts[1], answer) { code in
                switch answer.head.method {
                case .get: describe(code, client, answer)
                case .delete: end(code, client, answer)
                default: answer.refuseMethod(allowed: "GET, DELETE")
                }
            }
        case ("meetings", 3) where parts[2] == "qr.svg":
            only(.get, answer) { withMeeting(parts[1], answer) { code in picture(of: code, client, answer) } }
        case ("host", 2) where parts[1] == "meetings": only(.get, answer) { list(client, answer) }
        default: answer.refuse(.notFound, "no-such-route", "There is no such route. See docs/protocol.md.")
        }
    }

    private func only(_ method: HTTPMethod, _ answer: Answer, _ body: () -> Void) {
        guard answer.head.method == method else { return answer.refuseMethod(allowed: method.rawValue) }
        body()
    }

    private func withMeeting(_ text: String, _ answer: Answer, _ body: (MeetingCode) -> Void) {
        guard let code = MeetingCode(text) else { return refuseUnknown(answer) }
        body(code)
    }

    private func refuseUnknown(_ answer: Answer) {
        answer.refuse(.notFound, Refusal.noSuchMeeting.rawValue, Refusal.noSuchMeeting.message)
    }

    private func refuseTooFast(_ answer: Answer) {
        answer.refuse(.tooManyRequests, "too-many-requests", "That was too fast. Try again in a moment.")
    }

    // MARK: Routes

    private func server(_ client: ClientRequest, _ answer: Answer) {
        let certificate = shard.certificate
        answer.send(
            .ok,
            json: [
                "version": .string(services.version), "host": .bool(client.isHost),
                "creation": .string(services.config.rooms.creation.rawValue),
                "localAuthority": .bool(certificate != nil),
                "fingerprint": certificate.map { .string($0.authorityFingerprint) } ?? .null,
            ])
    }

    private func create(_ client: ClientRequest, _ answer: Answer) {
        guard services.config.rooms.creation == .anyone || client.isHost else {
            return answer.refuse(
                .forbidden, "creation-restricted", "Only the host of this server may start meetings.")
        }
        guard shard.creations.allows(client.address, at: shard.loop.now) else { return refuseTooFast(answer) }
        let body = answer.exchange.request.body
        var retention = services.config.chat.retention.chat
        if !body.isEmpty {
            guard let object = (try? JSONValue(parsing: body))?.object else {
                return answer.refuse(.badRequest, "invalid-request", "The body is not a JSON object.")
            }
            if let wanted = object["retention"], wanted != .null {
                guard let known = wanted.string.flatMap(ChatRetention.init(rawValue:)) else {
                    return answer.refuse(
                        .badRequest, "invalid-request", "retention is one of none, meeting, day, month.")
                }
                retention = known
            }
        }
        create(retention: retention, attempts: 3, answer)
    }

    private func create(retention: ChatRetention, attempts: Int, _ answer: Answer) {
        var random = SystemRandomSource()
        let letters = random.nextText(MeetingCode.letterCount, from: MeetingCode.alphabet)
        guard let code = MeetingCode(letters), attempts > 0 else {
            return answer.refuse(.internalServerError, "storage-failed", "The meeting could not be created.")
        }
        let meeting = MeetingRecord(
            code: code, retention: retention, createdAt: WallClock.system().milliseconds)
        let later = later(answer)
        services.store.create(meeting) { result in
            later.execute { api, answer in
                switch result {
                case .success(true): answer.send(.created, json: ["meeting": .string(code.text)])
                case .success(false): api.create(retention: retention, attempts: attempts - 1, answer)
                case .failure(let error): api.refuse(error, answer)
                }
            }
        }
    }

    private func refuse(_ error: StorageError, _ answer: Answer) {
        services.log.error("storage failed", [("why", .text(error.description))])
        answer.refuse(.serviceUnavailable, "storage-failed", "The server cannot reach its storage just now.")
    }

    /// For an answer that other threads have a part in.
    private func later(_ answer: Answer) -> LoopBound<(MeetingAPI, Answer)> {
        LoopBound((self, answer), on: shard.loop)
    }

    private func describe(_ code: MeetingCode, _ client: ClientRequest, _ answer: Answer) {
        guard shard.guesses.allows(client.address, at: shard.loop.now) else { return refuseTooFast(answer) }
        let capacity = Int64(services.config.rooms.capacity)
        let shards = shard.shards
        let later = later(answer)
        services.store.load(code, newest: 0) { result in
            switch result {
            case .success(let meeting?) where meeting.record.endedAt == nil:
                shards.execute(on: shards.home(of: code)) { home in
                    let count = Int64(home.rooms.participantCount(in: code))
                    later.execute { _, answer in
                        answer.send(
                            .ok,
                            json: [
                                "meeting": .string(code.text), "participants": .number(JSONNumber(count)),
                                "capacity": .number(JSONNumber(capacity)),
                            ])
                    }
                }
            case .success(let meeting):
                let refusal: Refusal = meeting == nil ? .noSuchMeeting : .meetingEnded
                later.execute { _, answer in answer.refuse(.notFound, refusal.rawValue, refusal.message) }
            case .failure(let error):
                later.execute { api, answer in api.refuse(error, answer) }
            }
        }
    }

    private func picture(of code: MeetingCode, _ client: ClientRequest, _ answer: Answer) {
        let link = "\(client.isSecure ? "https" : "http")://\(client.authority)/\(code.text)"
        guard let picture = QRSymbol(link)?.svg else {
            return answer.refuse(.badRequest, "invalid-request", "The address is too long for a QR code.")
        }
        var response = HTTPResponse(.ok, text: picture, type: "image/svg+xml")
        response.headers.set("Cache-Control", "no-cache")
        answer.send(response)
    }

    // MARK: For the host

    private func requireHost(_ client: ClientRequest, _ answer: Answer) -> Bool {
        if client.isHost { return true }
        answer.refuse(.forbidden, "host-only", "Only the host of this server may do that.")
        return false
    }

    private func list(_ client: ClientRequest, _ answer: Answer) {
        guard requireHost(client, answer) else { return }
        let later = later(answer)
        let shards = shard.shards
        services.store.recent(limit: 100) { result in
            switch result {
            case .success(let meetings):
                Gathering.collect(from: shards, of: \.rooms.counts) { counts in
                    let open = counts.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
                    later.execute { _, answer in answer.send(.ok, json: Self.listing(of: meetings, open)) }
                }
            case .failure(let error):
                later.execute { api, answer in api.refuse(error, answer) }
            }
        }
    }

    private static func listing(of meetings: [MeetingRecord], _ open: [MeetingCode: Int]) -> JSONValue {
        let rows = meetings.map { meeting -> JSONValue in
            [
                "meeting": .string(meeting.code.text),
                "participants": .number(JSONNumber(Int64(open[meeting.code] ?? 0))),
                "createdAt": .number(JSONNumber(meeting.createdAt)),
            ]
        }
        return ["meetings": .array(rows)]
    }

    private func end(_ code: MeetingCode, _ client: ClientRequest, _ answer: Answer) {
        guard requireHost(client, answer) else { return }
        let later = later(answer)
        let shards = shard.shards
        services.store.end(code, at: WallClock.system().milliseconds) { result in
            switch result {
            case .success(true):
                shards.execute(on: shards.home(of: code)) { $0.rooms.handle(.end(.endedByHost), in: code) }
                later.execute { _, answer in answer.send(HTTPResponse(.noContent)) }
            case .success(false):
                later.execute { api, answer in api.refuseUnknown(answer) }
            case .failure(let error):
                later.execute { api, answer in api.refuse(error, answer) }
            }
        }
    }
}

extension ServerConfig.Chat.Retention {
    fileprivate var chat: ChatRetention {
        switch self {
        case .none: .none
        case .meeting: .meeting
        case .day: .day
        case .month: .month
        }
    }
}
