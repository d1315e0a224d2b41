// SPDX-License-Identifier: Apache-2.0
internal import Storage

/// Who asks, as far as they showed.
struct Identity: Sendable {
    /// The cookie of somebody who signed in.
    static let sessionCookie = "parley_session"

    var user: AccountRecord?
    /// The browser that opened the link of the server's terminal: it acts as an administrator.
    var isHostLink = false
    /// Whether we go by something that a browser sends along without being asked: then others could make it.
    var isFromCookie = false
    /// The hash of the session's secret, for ending it.
    var session: [UInt8]?

    static let nobody = Identity()

    var isSomebody: Bool { user != nil || isHostLink }
    var isProfessional: Bool { user.map { $0.role >= .professional } ?? false }
    var isAdmin: Bool { isHostLink || user?.role == .admin }

    /// Whether they may change `meeting` and invite to it.
    func owns(_ meeting: MeetingRecord) -> Bool {
        guard !isAdmin else { return true }
        guard let user, let owner = meeting.owner else { return false }
        return user.id == owner
    }
}
