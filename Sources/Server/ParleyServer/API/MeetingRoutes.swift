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
            .post, "/meetings", "Make a meeting; it belongs to whoever is signed in", .anyone,
            content: .optional("NewMeeting"), success: .json("OwnMeeting", .created),
            problems: [("creation-restricted", .forbidden), ("too-many-requests", .tooManyRequests)], create),
        APIRoute(
            .get, "/meetings", "List one's meetings; an administrator's list has everybody's", .host,
            query: [("owner", "`me` for one's own only")], success: .json("MeetingList"), list),
        APIRoute(
            .get, "/meetings/{code}", "Tell how many are in a meeting, and its owner all about it", .anyone,
            success: .json("Meeting"), problems: absent + [("too-many-requests", .tooManyRequests)], describe),
        APIRoute(
            .patch, "/meetings/{code}", "Change a meeting; how long chat is kept, from its next opening on",
            .host, content: .json("MeetingChange"), success: .json("OwnMeeting"), problems: absent, change),
        APIRoute(
            .delete, "/meetings/{code}", "End a meeting and delete all that belongs to it", .host,
            success: .nothing, problems: absent, remove),
        APIRoute(
            .post, "/meetings/{code}/end", "End a meeting for everybody; its link says so from then on",
            .anyone, success: .nothing, problems: absent + [("not-allowed", .forbidden)], end),
        APIRoute(
            .post, "/meetings/{code}/rotate", "Give a meeting a new link; whoever is in it has to leave",
            .host,
            success: .json("OwnMeeting"), problems: absent, rotate),
        APIRoute(
            .put, "/meetings/{code}/recording",
            "Tell everybody in a meeting that it is recorded, and by whom",
            .host, content: .json("NewRecording"), success: .nothing, problems: absent, announce),
        APIRoute(
            .delete, "/meetings/{code}/recording", "Tell everybody that nobody records the meeting any more",
            .host, success: .nothing, problems: absent, retract),
        APIRoute(
            .get, "/meetings/{code}/qr.svg", "Draw a meeting's link as a QR code", .anyone,
            success: .file("image/svg+xml"), problems: absent, picture),
    ]

    static let absent: [(String, HTTPStatus)] = [
        ("no-such-meeting", .notFound), ("meeting-ended", .notFound),
    ]

    /// A meeting as its owner sees it.
    private static func json(_ meeting: MeetingRecord, _ call: APICall) -> JSONObject {
        let name = meeting.name ?? ""
        let color = meeting.color ?? ""
        return [
            "meeting": .string(meeting.code.text), "link": .string("\(call.origin)/\(meeting.code.text)"),
            "name": name.isEmpty ? .null : .string(name), "color": color.isEmpty ? .null : .string(color),
            "retention": .string(meeting.retention.rawValue),
            "owner": meeting.owner.map { .string($0.text) } ?? .null,
            "createdAt": .number(JSONNumber(meeting.createdAt)),
        ]
    }

    // MARK: Making and changing

    private static func create(_ call: APICall) throws(APIProblem) {
        guard call.services.config.rooms.creation == .anyone || call.identity.isSomebody else {
            throw APIProblem(
                .forbidden, "creation-restricted",
                "Only people with an account here may start meetings. Sign in first.")
        }
        guard call.shard.creations.allows(call.client.address, at: call.shard.loop.now) else {
            throw .tooFast
        }
        let change = try change(in: call.fields())
        guard let code = randomCode() else { throw .storageFailed }
        let meeting = MeetingRecord(
            code: code, retention: change.retention ?? call.services.config.chat.retention.chat,
            createdAt: call.now, owner: call.identity.user?.id, name: change.name, color: change.color)
        create(meeting, call, attempts: 3)
    }

    private static func create(_ meeting: MeetingRecord, _ call: APICall, attempts: Int) {
        call.services.store.create(
            meeting,
            call.then { call, isNew throws(APIProblem) in
                guard !isNew else {
                    let place = "\(APIRouteTable.prefix)/meetings/\(meeting.code.text)"
                    return call.send(.object(json(meeting, call)), .created, fields: [("Location", place)])
                }
                guard attempts > 1, let code = randomCode() else { throw .storageFailed }
                var next = meeting
                next.code = code
                create(next, call, attempts: attempts - 1)
            })
    }

    private static func randomCode() -> MeetingCode? {
        var random = SystemRandomSource()
        return MeetingCode(random.nextText(MeetingCode.letterCount, from: MeetingCode.alphabet))
    }

    private static func change(in fields: APIFields) throws(APIProblem) -> MeetingChange {
        var change = MeetingChange()
        if fields.contains("name") {
            guard let name = AccountRules.title(try fields.string("name") ?? "") else {
                throw .invalid("name is one line of at most \(AccountRules.nameLength) characters.")
            }
            change.name = name
        }
        if fields.contains("color") {
            let color = try fields.string("color") ?? ""
            guard color.isEmpty || color.wholeMatch(of: /#[0-9A-Fa-f]{6}/) != nil else {
                throw .invalid("color is written like #2d9cdb.")
            }
            change.color = color
        }
        change.retention = try fields.choice("retention", of: ChatRetention.self)
        return change
    }

    private static func change(_ call: APICall) throws(APIProblem) {
        let change = try change(in: call.fields())
        try call.withOwnMeeting { call, meeting in
            call.services.store.changeMeeting(
                meeting.code, change,
                call.then { call, changed throws(APIProblem) in
                    guard let changed else { throw .noSuchMeeting }
                    call.send(.object(json(changed, call)))
                })
        }
    }

    private static func rotate(_ call: APICall) throws(APIProblem) {
        try call.withOwnMeeting { call, meeting throws(APIProblem) in
            guard let fresh = randomCode() else { throw .storageFailed }
            call.services.store.moveMeeting(
                from: meeting.code, to: fresh,
                call.then { call, hasMoved throws(APIProblem) in
                    guard hasMoved else { throw .noSuchMeeting }
                    call.empty(meeting.code)
                    var moved = meeting
                    moved.code = fresh
                    call.send(.object(json(moved, call)))
                })
        }
    }

    // MARK: Recording

    private static func announce(_ call: APICall) throws(APIProblem) {
        guard let name = PersonName.cleaned(try call.fields().string("by") ?? "") else {
            throw .invalid("by is the name of who records, as people in the meeting read it.")
        }
        try record(Recording(by: name, since: call.now), call)
    }

    private static func retract(_ call: APICall) throws(APIProblem) { try record(nil, call) }

    private static func record(_ recording: Recording?, _ call: APICall) throws(APIProblem) {
        try call.withOwnMeeting { call, meeting in
            call.services.store.remember(
                .recording(recording), in: meeting.code,
                call.then { call, _ in
                    let shards = call.shard.shards
                    shards.execute(on: shards.home(of: meeting.code)) {
                        $0.rooms.handle(.recording(recording), in: meeting.code)
                    }
                    call.sendNothing()
                })
        }
    }

    // MARK: Looking

    private static func describe(_ call: APICall) throws(APIProblem) {
        let code = try call.meetingCode()
        guard call.shard.guesses.allows(call.client.address, at: call.shard.loop.now) else { throw .tooFast }
        call.withMeeting(code) { call, meeting in
            let name = meeting.name ?? ""
            let known: JSONObject =
                call.identity.owns(meeting)
                ? json(meeting, call)
                : ["meeting": .string(code.text), "name": name.isEmpty ? .null : .string(name)]
            let capacity = Int64(call.services.config.rooms.capacity)
            let answer = call.later { (call: APICall, now: (count: Int, recording: Recording?)) in
                var answer = known
                answer["participants"] = .number(JSONNumber(Int64(now.count)))
                answer["capacity"] = .number(JSONNumber(capacity))
                answer["recording"] = now.recording?.payload ?? .null
                call.send(.object(answer))
            }
            let shards = call.shard.shards
            shards.execute(on: shards.home(of: code)) {
                answer(($0.rooms.participantCount(in: code), $0.rooms.recording(in: code)))
            }
        }
    }

    private static func picture(_ call: APICall) throws(APIProblem) {
        let code = try call.meetingCode()
        try call.sendQRCode(of: "\(call.origin)/\(code.text)")
    }

    private static func list(_ call: APICall) throws(APIProblem) {
        let answer = call.then { (call: APICall, meetings: [MeetingRecord]) in
            let done = call.later { (call: APICall, counts: [[MeetingCode: Int]]) in
                let open = counts.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
                let rows = meetings.map { meeting -> JSONValue in
                    var row = json(meeting, call)
                    row["participants"] = .number(JSONNumber(Int64(open[meeting.code] ?? 0)))
                    return .object(row)
                }
                call.send(["meetings": .array(rows)])
            }
            Gathering.collect(from: call.shard.shards, of: \.rooms.counts, done)
        }
        if call.identity.isAdmin, call.head.query["owner"] != "me" {
            call.services.store.recent(limit: 100, answer)
        } else {
            call.services.store.meetings(of: try call.user().id, limit: 1000, answer)
        }
    }

    // MARK: Ending

    private static func end(_ call: APICall) throws(APIProblem) {
        let code = try call.meetingCode()
        guard call.shard.guesses.allows(call.client.address, at: call.shard.loop.now) else { throw .tooFast }
        call.withMeeting(code) { call, meeting throws(APIProblem) in
            if call.identity.owns(meeting) { return end(code, call) }
            let cookies = call.head.headers["Cookie"].map(Cookies.parse) ?? []
            MeetingRoles(call.services).invited(
                to: code, cookies,
                call.later { (call: APICall, role: MeetingRole) throws(APIProblem) in
                    guard role >= .host else { throw call.identity.isSomebody ? .notAllowed : .notSignedIn }
                    guard call.client.isOwnPage else { throw .csrf }
                    end(code, call)
                })
        }
    }

    private static func end(_ code: MeetingCode, _ call: APICall) {
        call.services.store.end(
            code, at: call.now,
            call.then { call, hasEnded throws(APIProblem) in
                guard hasEnded else { throw .noSuchMeeting }
                call.services.files?.removeAll(of: code)
                call.empty(code)
                call.sendNothing()
            })
    }

    private static func remove(_ call: APICall) throws(APIProblem) {
        let code = try call.meetingCode()
        // One that has ended is there to be deleted, too.
        call.services.store.load(
            code, newest: 0,
            call.then { call, meeting throws(APIProblem) in
                guard let meeting else { throw .noSuchMeeting }
                guard call.identity.owns(meeting.record) else { throw .notAllowed }
                call.services.store.deleteMeeting(
                    code,
                    call.then { call, wasThere throws(APIProblem) in
                        guard wasThere else { throw .noSuchMeeting }
                        call.services.files?.removeAll(of: code)
                        call.empty(code)
                        call.sendNothing()
                    })
            })
    }
}

extension APICall {
    /// Goes on with a meeting that has not ended.
    func withMeeting(
        _ code: MeetingCode, _ body: @escaping @Sendable (APICall, MeetingRecord) throws(APIProblem) -> Void
    ) {
        services.store.load(
            code, newest: 0,
            then { call, meeting throws(APIProblem) in
                guard let meeting else { throw .noSuchMeeting }
                guard meeting.record.endedAt == nil else { throw .meetingEnded }
                try body(call, meeting.record)
            })
    }

    /// Goes on with the meeting of the path if the asker may change it.
    func withOwnMeeting(
        _ body: @escaping @Sendable (APICall, MeetingRecord) throws(APIProblem) -> Void
    ) throws(APIProblem) {
        withMeeting(try meetingCode()) { call, meeting throws(APIProblem) in
            guard call.identity.owns(meeting) else { throw .notAllowed }
            try body(call, meeting)
        }
    }

    /// Tells everybody in a meeting that it is over.
    func empty(_ code: MeetingCode) { shard.empty(code) }
}

extension APICall {
    func sendQRCode(of link: String) throws(APIProblem) {
        guard let picture = QRSymbol(link)?.svg else {
            throw .invalid("The address is too long for a QR code.")
        }
        var response = HTTPResponse(.ok, text: picture, type: "image/svg+xml")
        // An invite's link is for those it is given to.
        response.headers.set("Cache-Control", "private, no-cache")
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
    var chat: ChatRetention {
        switch self {
        case .none: .none
        case .meeting: .meeting
        case .day: .day
        case .month: .month
        }
    }
}
