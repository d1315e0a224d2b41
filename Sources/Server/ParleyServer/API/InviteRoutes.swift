// SPDX-License-Identifier: Apache-2.0
internal import EventLoops
internal import HTTP
internal import JSON
internal import MeetingProtocol
internal import Storage
internal import TLS
internal import Telemetry
internal import WebServer

/// Links that let somebody into a meeting: from when, until when, once or often, and as what.
enum InviteRoutes {
    private static let unknown: [(String, HTTPStatus)] = [("no-such-invite", .notFound)]

    static let all: [APIRoute] = [
        APIRoute(
            .post, "/meetings/{code}/invites", "Invite to a meeting", .host, content: .optional("NewInvite"),
            success: .json("Invite", .created), problems: MeetingRoutes.absent, create),
        APIRoute(
            .get, "/meetings/{code}/invites", "List the invites to a meeting, oldest first", .host,
            success: .json("InviteList"), problems: MeetingRoutes.absent, list),
        APIRoute(
            .delete, "/invites/{id}", "Revoke an invite: its link, and the role of who came in by it", .host,
            success: .nothing, problems: unknown, revoke),
        APIRoute(
            .get, "/invites/{id}/qr.svg", "Draw an invite's link as a QR code", .host,
            success: .file("image/svg+xml"), problems: unknown, picture),
        APIRoute(
            .post, "/invites/use", "Come in by an invite's link: sets a cookie that brings this browser back",
            .anyone, content: .json("InviteToken"), success: .json("Entry"),
            problems: unknown + MeetingRoutes.absent + [
                ("invite-early", .forbidden), ("invite-expired", .gone), ("invite-revoked", .gone),
                ("invite-used", .gone), ("csrf", .forbidden), ("too-many-requests", .tooManyRequests),
            ], use),
    ]

    private static func json(_ invite: InviteRecord, _ call: APICall) -> JSONValue {
        func time(_ value: Int64?) -> JSONValue { value.map { .number(JSONNumber($0)) } ?? .null }
        return [
            "id": .string(invite.id), "meeting": .string(invite.meeting.text),
            "link": .string("\(call.origin)/i/\(call.services.invites.token(of: invite.id))"),
            "role": .string(invite.role), "notBefore": time(invite.notBefore),
            "expiresAt": time(invite.expiresAt), "singleUse": .bool(invite.isSingleUse),
            "usedAt": time(invite.usedAt), "revokedAt": time(invite.revokedAt),
            "createdAt": time(invite.createdAt), "state": .string(state(of: invite, at: call.now)),
        ]
    }

    private static func state(of invite: InviteRecord, at now: Int64) -> String {
        switch invite.use(at: now) {
        case .accepted: "open"
        case .early: "early"
        case .expired: "expired"
        case .revoked, .unknown: "revoked"
        case .spent: "used"
        }
    }

    // MARK: For the meeting's owner

    private static func create(_ call: APICall) throws(APIProblem) {
        let fields = try call.fields()
        let role = try fields.choice("role", of: MeetingRole.self) ?? .participant
        let (start, end) = (try fields.time("notBefore"), try fields.time("expiresAt"))
        let isSingleUse = try fields.bool("singleUse") ?? false
        if let end, end <= max(start ?? 0, call.now) {
            throw .invalid("expiresAt is in the future, and after notBefore.")
        }
        try call.withOwnMeeting { call, meeting in
            var random = SystemRandomSource()
            let invite = InviteRecord(
                id: InviteLinks.makeID(&random), meeting: meeting.code, role: role.rawValue, notBefore: start,
                expiresAt: end, isSingleUse: isSingleUse, createdAt: call.now)
            call.services.store.addInvite(
                invite,
                call.then { call, isAdded throws(APIProblem) in
                    guard isAdded else { throw .noSuchMeeting }
                    let place = "\(APIRouteTable.prefix)/invites/\(invite.id)"
                    call.send(json(invite, call), .created, fields: [("Location", place)])
                })
        }
    }

    private static func list(_ call: APICall) throws(APIProblem) {
        try call.withOwnMeeting { call, meeting in
            call.services.store.invites(
                to: meeting.code,
                call.then { call, invites in
                    call.send(["invites": .array(invites.map { json($0, call) })])
                })
        }
    }

    private static func revoke(_ call: APICall) throws(APIProblem) {
        withOwnInvite(call) { call, invite in
            call.services.store.revokeInvite(
                invite.id, at: call.now, call.then { call, _ in call.sendNothing() })
        }
    }

    private static func picture(_ call: APICall) throws(APIProblem) {
        withOwnInvite(call) { call, invite throws(APIProblem) in
            try call.sendQRCode(of: "\(call.origin)/i/\(call.services.invites.token(of: invite.id))")
        }
    }

    /// Goes on with the invite of the path. That of another's meeting is as unknown as none.
    private static func withOwnInvite(
        _ call: APICall, _ body: @escaping @Sendable (APICall, InviteRecord) throws(APIProblem) -> Void
    ) {
        call.services.store.invite(
            call.parameter("id"),
            call.then { call, invite throws(APIProblem) in
                guard let invite else { throw .noSuchInvite }
                call.services.store.load(
                    invite.meeting, newest: 0,
                    call.then { call, meeting throws(APIProblem) in
                        guard let meeting, call.identity.owns(meeting.record) else { throw .noSuchInvite }
                        try body(call, invite)
                    })
            })
    }

    // MARK: For the invited

    private static func use(_ call: APICall) throws(APIProblem) {
        // A link that is looked at, as chats do to show a preview, is not used yet: only a page of ours asks this.
        guard call.client.isOwnPage else { throw .csrf }
        let token = try call.fields().requiredString("token", longest: 100)
        guard call.shard.guesses.allows(call.client.address, at: call.shard.loop.now) else { throw .tooFast }
        guard let id = call.services.invites.id(of: token) else { throw .noSuchInvite }
        let cookies = call.head.headers["Cookie"].map(Cookies.parse) ?? []
        if call.services.invites.cameIn(by: id, cookies) {
            return call.services.store.invite(
                id,
                call.then { call, invite throws(APIProblem) in
                    guard let invite else { throw .noSuchInvite }
                    guard invite.revokedAt == nil else { throw .inviteRevoked }
                    guard !invite.hasLapsed(at: call.now) else { throw .inviteExpired }
                    enter(invite, call)
                })
        }
        call.services.store.useInvite(
            id, at: call.now,
            call.then { call, use throws(APIProblem) in
                switch use {
                case .accepted(let invite): enter(invite, call)
                case .unknown: throw .noSuchInvite
                case .early(let invite): throw .inviteEarly(until: invite.notBefore ?? 0)
                case .expired: throw .inviteExpired
                case .revoked: throw .inviteRevoked
                case .spent: throw .inviteUsed
                }
            })
    }

    private static func enter(_ invite: InviteRecord, _ call: APICall) {
        call.withMeeting(invite.meeting) { call, meeting in
            let cookie = call.services.invites.cookie(
                for: invite.id, to: meeting.code, secure: call.client.isSecure)
            call.send(
                ["meeting": .string(meeting.code.text), "role": .string(invite.role)],
                fields: [("Set-Cookie", cookie)])
        }
    }
}

extension APIProblem {
    static let noSuchInvite = APIProblem(
        .notFound, "no-such-invite", "There is no such invitation. Check the link.")
    static let inviteExpired = APIProblem(.gone, "invite-expired", "This invitation is over.")
    static let inviteRevoked = APIProblem(.gone, "invite-revoked", "This invitation was taken back.")
    static let inviteUsed = APIProblem(
        .gone, "invite-used", "This invitation was for one person, who has come in already.")

    /// - Parameter time: Milliseconds since 1970.
    static func inviteEarly(until time: Int64) -> APIProblem {
        APIProblem(
            .forbidden, "invite-early", "This invitation does not work yet.",
            members: ["notBefore": .number(JSONNumber(time))])
    }
}
