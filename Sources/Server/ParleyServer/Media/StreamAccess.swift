// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import MeetingProtocol
internal import ServerConfig
internal import Storage
internal import TLS

/// Who may publish and watch by WHIP and WHEP.
///
/// A meeting's media are for those who show a bearer token: one of the API's, whose account the meeting belongs to, or
/// that of an invite to the meeting: what follows `/i/` in its link. Rooms that are no meeting are there for
/// everybody, and only where the operator lets everybody in.
struct StreamAccess: Sendable {
    private let store: any Store
    private let credentials: Credentials
    private let links: InviteLinks
    private let isOpen: Bool

    init(_ services: Services) {
        store = services.store
        credentials = services.credentials
        links = services.invites
        isOpen = services.config.media.whip == .anyone
    }

    /// What follows `Bearer`; `nil` when nothing does.
    static func token(_ headers: HTTPHeaders) -> String? {
        guard let value = headers["Authorization"] else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1].drop { $0 == " " })
    }

    /// What a session remembers of the token that it was made with.
    static func digest(_ headers: HTTPHeaders) -> [UInt8]? {
        token(headers).map { Digest.sha256(Array($0.utf8)) }
    }

    /// Reports on any thread, once.
    func find(
        _ path: StreamPath, _ headers: HTTPHeaders, _ done: @escaping @Sendable (APIProblem?) -> Void
    ) {
        guard let meeting = path.meeting else {
            return done(isOpen ? nil : .noSuchRoom)
        }
        store.load(meeting, newest: 0) { result in
            switch result {
            case .failure: done(.storageFailed)
            case .success(let found?) where found.record.endedAt == nil:
                admit(to: found.record, headers, done)
            case .success: done(isOpen ? nil : .noSuchRoom)
            }
        }
    }

    private func admit(
        to meeting: MeetingRecord, _ headers: HTTPHeaders, _ done: @escaping @Sendable (APIProblem?) -> Void
    ) {
        guard let token = Self.token(headers) else { return done(.tokenNeeded) }
        if let id = links.id(of: token) { return admit(by: id, to: meeting, done) }
        credentials.find(headers, isHostLink: false) { result in
            switch result {
            case .failure(let problem): done(problem)
            case .success(let identity): done(identity.owns(meeting) ? nil : .notAllowed)
            }
        }
    }

    /// An invite for one person is for a browser, which uses it up; a program would come back with it.
    private func admit(
        by id: String, to meeting: MeetingRecord, _ done: @escaping @Sendable (APIProblem?) -> Void
    ) {
        store.invite(id) { result in
            switch result {
            case .failure: done(.storageFailed)
            case .success(let invite?) where invite.meeting == meeting.code && !invite.isSingleUse:
                guard case .accepted = invite.use(at: WallClock.system().milliseconds) else {
                    return done(.badToken)
                }
                done(nil)
            case .success: done(.badToken)
            }
        }
    }
}

extension APIProblem {
    static let noSuchRoom = APIProblem(
        .notFound, "no-such-room", "There is no such meeting, and this server has no other rooms.")
    static let tokenNeeded = APIProblem(
        .unauthorized, "token-needed", "A meeting's media are for those with a bearer token.",
        fields: [("WWW-Authenticate", "Bearer realm=\"parley\"")])
}
