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
internal import WebServer

/// Meetings before and around the meeting itself.
enum MeetingRoutes {
    static let all: [APIRoute] = [
        APIRoute(
            .post, "/meetings", "Make a meeting", .anyone, content: .optional("NewMeeting"),
            success: .json("NewMeetingCode", .created),
            problems: [("creation-restricted", .forbidden), ("too-many-requests", .tooManyRequests)], create),
        APIRoute(
            .get, "/meetings", "List one's meetings; an administrator's list has everybody's", .admin,
            success: .json("MeetingList"), list),
        APIRoute(
            .get, "/meetings/{code}", "Tell how many are in a meeting", .anyone, success: .json("Meeting"),
            problems: absent + [("too-many-requests", .tooManyRequests)], describe),
        APIRoute(
            .post, "/meetings/{code}/end", "End a meeting for everybody; its link says so from then on",
            .admin,
            success: .nothing, problems: absent, end),
        APIRoute(
            .delete, "/meetings/{code}", "End a meeting and delete all that belongs to it", .admin,
            success: .nothing, problems: absent, remove),
        APIRoute(
            .get, "/meetings/{code}/qr.svg", "Draw a meeting's link as a QR code", .anyone,
            success: .file("image/svg+xml"), problems: absent, picture),
    ]

    static let absent: [(String, HTTPStatus)] = [
        ("no-such-meeting", .notFound), ("meeting-ended", .notFound),
    ]

    // MARK: Making

    private static func create(_ call: APICall) throws(APIProblem) {
        guard call.services.config.rooms.creation == .anyone || call.identity.isSomebody else {
            throw APIProblem(
                .forbidden, "creation-restricted", "Only the host of this server may start meetings.")
        }
        guard call.shard.creations.allows(call.client.address, at: call.shard.loop.now) else {
            throw .tooFast
        }
        let wanted = try call.fields().choice("retention", of: ChatRetention.self)
        create(call, retention: wanted ?? call.services.config.chat.retention.chat, attempts: 3)
    }

    private static func create(_ call: APICall, retention: ChatRetention, attempts: Int) {
        var random = SystemRandomSource()
        let letters = random.nextText(MeetingCode.letterCount, from: MeetingCode.alphabet)
        guard let code = MeetingCode(letters), attempts > 0 else { return call.refuse(.storageFailed) }
        let meeting = MeetingRecord(code: code, retention: retention, createdAt: call.now)
        call.services.store.create(
            meeting,
            call.then { call, isNew in
                guard isNew else { return create(call, retention: retention, attempts: attempts - 1) }
                call.send(["meeting": .string(code.text)], .created)
            })
    }

    // MARK: Looking

    private static func describe(_ call: APICall) throws(APIProblem) {
        let code = try call.meetingCode()
        guard call.shard.guesses.allows(call.client.address, at: call.shard.loop.now) else { throw .tooFast }
        let shards = call.shard.shards
        call.services.store.load(
            code, newest: 0,
            call.then { call, meeting throws(APIProblem) in
                guard let meeting else { throw .noSuchMeeting }
                guard meeting.record.endedAt == nil else { throw .meetingEnded }
                let capacity = Int64(call.services.config.rooms.capacity)
                let count = call.later { (call: APICall, count: Int) in
                    call.send([
                        "meeting": .string(code.text), "participants": .number(JSONNumber(Int64(count))),
                        "capacity": .number(JSONNumber(capacity)),
                    ])
                }
                shards.execute(on: shards.home(of: code)) { count($0.rooms.participantCount(in: code)) }
            })
    }

    private static func picture(_ call: APICall) throws(APIProblem) {
        let code = try call.meetingCode()
        try call.sendQRCode(of: "\(call.origin)/\(code.text)")
    }

    private static func list(_ call: APICall) {
        let shards = call.shard.shards
        call.services.store.recent(
            limit: 100,
            call.then { call, meetings in
                let done = call.later { (call: APICall, counts: [[MeetingCode: Int]]) in
                    let open = counts.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
                    call.send(listing(of: meetings, open))
                }
                Gathering.collect(from: shards, of: \.rooms.counts, done)
            })
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

    // MARK: Ending

    private static func end(_ call: APICall) throws(APIProblem) {
        let code = try call.meetingCode()
        let shards = call.shard.shards
        call.services.store.end(
            code, at: call.now,
            call.then { call, hasEnded throws(APIProblem) in
                guard hasEnded else { throw .noSuchMeeting }
                shards.execute(on: shards.home(of: code)) { $0.rooms.handle(.end(.endedByHost), in: code) }
                call.sendNothing()
            })
    }

    private static func remove(_ call: APICall) throws(APIProblem) {
        let code = try call.meetingCode()
        let shards = call.shard.shards
        call.services.store.deleteMeeting(
            code,
            call.then { call, wasThere throws(APIProblem) in
                guard wasThere else { throw .noSuchMeeting }
                shards.execute(on: shards.home(of: code)) { $0.rooms.handle(.end(.endedByHost), in: code) }
                call.sendNothing()
            })
    }
}

extension APICall {
    func sendQRCode(of link: String) throws(APIProblem) {
        guard let picture = QRSymbol(link)?.svg else {
            throw .invalid("The address is too long for a QR code.")
        }
        var response = HTTPResponse(.ok, text: picture, type: "image/svg+xml")
        response.headers.set("Cache-Control", "no-cache")
        answer.send(response)
    }
}

extension APIProblem {
    static let noSuchMeeting = APIProblem(.notFound, .noSuchMeeting)
    static let meetingEnded = APIProblem(.notFound, .meetingEnded)

    private init(_ status: HTTPStatus, _ refusal: Refusal) {
        self.init(status, refusal.rawValue, refusal.message)
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
