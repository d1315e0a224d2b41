// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import MeetingProtocol
internal import Storage

/// What a browser may do in a meeting, by the cookies it has: as the host of the server, as the meeting's owner, or
/// by the invite it came in by. Invites are looked up each time, so one that is revoked is worth nothing at once.
struct MeetingRoles: Sendable {
    private let store: any Store
    private let credentials: Credentials
    private let host: HostAccess
    private let links: InviteLinks

    init(_ services: Services) {
        store = services.store
        credentials = services.credentials
        host = services.host
        links = services.invites
    }

    /// Reports the role on any thread, and at once where the cookies say nothing. What cannot be found out
    /// makes nobody more than a participant.
    /// - Parameter cookie: The field as it was sent.
    func find(
        in meeting: MeetingCode, cookie: String?, _ done: @escaping @Sendable (MeetingRole) -> Void
    ) {
        let cookies = cookie.map(Cookies.parse) ?? []
        let isHost = cookies.contains { name, value in
            name == HostAccess.cookieName && host.accepts(cookie: value, now: .system())
        }
        if isHost { return done(.host) }
        guard let cookie, cookies.contains(where: { $0.0 == Identity.sessionCookie }) else {
            return invited(to: meeting, cookies, done)
        }
        credentials.find(["Cookie": cookie], isHostLink: false) { result in
            guard case .success(let identity) = result, identity.isSomebody else {
                return invited(to: meeting, cookies, done)
            }
            store.load(meeting, newest: 0) { result in
                if case .success(let found?) = result, identity.owns(found.record) { return done(.host) }
                invited(to: meeting, cookies, done)
            }
        }
    }

    /// The role by invite alone.
    func invited(
        to meeting: MeetingCode, _ cookies: [(String, String)],
        _ done: @escaping @Sendable (MeetingRole) -> Void
    ) {
        guard let id = links.invite(to: meeting, cookies) else { return done(.participant) }
        store.invite(id) { result in
            guard case .success(let invite?) = result, invite.meeting == meeting, invite.revokedAt == nil,
                !invite.hasLapsed(at: WallClock.system().milliseconds)
            else { return done(.participant) }
            done(MeetingRole(rawValue: invite.role) ?? .participant)
        }
    }
}

extension InviteRecord {
    /// Whether its role is over for those, too, who have come in by it. Being a host ends with the invite; being a
    /// participant or viewer does not, as whoever knows the meeting's link may be one.
    func hasLapsed(at time: Int64) -> Bool {
        guard MeetingRole(rawValue: role)?.isHosting == true, let expiresAt else { return false }
        return time >= expiresAt
    }
}
