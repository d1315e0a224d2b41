// SPDX-License-Identifier: Apache-2.0

/// Who asks, as far as they showed.
struct Identity: Sendable {
    /// Placeholder type until accounts are stored.
    struct User: Sendable {
        enum Role { case host, professional, admin }
        var role: Role
    }

    var user: User?
    /// The browser that opened the link of the server's terminal: it acts as an administrator.
    var isHostLink = false
    /// Whether a browser sends along what we go by without being asked: then others could make it.
    var isFromCookie = false

    /// The cookie of somebody who signed in.
    static let sessionCookie = "parley_session"

    static let nobody = Identity()
    static let hostLink = Identity(isHostLink: true, isFromCookie: true)

    var isSomebody: Bool { user != nil || isHostLink }
    var isProfessional: Bool { user?.role == .professional || user?.role == .admin }
    var isAdmin: Bool { isHostLink || user?.role == .admin }
}
