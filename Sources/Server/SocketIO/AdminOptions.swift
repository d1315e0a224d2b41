// SPDX-License-Identifier: Apache-2.0
internal import PasswordHashes

/// How the namespace for the official Socket.IO Admin UI behaves; see ``SocketServer/admin(_:)``.
///
/// Printing one shows neither the password nor the key.
public struct AdminOptions: Sendable {
    public enum Mode: Sendable {
        /// Admins see every connection, room and event. Each of these costs a message to each admin.
        case development
        /// Admins see figures only.
        case production
    }

    public var username: String
    let password: AdminPassword
    public var namespace = "/admin"
    /// Whether admins may only look: not emit, and not make sockets join, leave or disconnect.
    public var isReadOnly = false
    public var mode = Mode.development
    /// Names this server among those of a cluster. `nil` for the host's name, in a cluster with the
    /// process id.
    public var serverID: String?
    /// How often admins get figures.
    public var statisticsInterval = Duration.seconds(2)
    /// How long the answer to a wrong password takes.
    public var failureDelay = Duration.seconds(1)
    /// How many passwords one address may try in a minute, the right one aside.
    public var maxFailures = 10
    /// Secret bytes that servers at one address share, so that each lets in who has logged in to another.
    /// `nil` for random ones: then a login counts at this server only, until it stops.
    public var sessionKey: [UInt8]?

    /// - Parameter password: In plain text.
    public init(username: String, password: String) {
        self.username = username
        self.password = .plain(password)
    }

    /// - Parameter passwordHash: Of bcrypt, as the official server takes it, or another that the system's
    ///   `crypt(3)` can check.
    public init(username: String, passwordHash: String) {
        self.username = username
        password = .hash(passwordHash)
    }
}

extension AdminOptions: CustomStringConvertible, CustomReflectable {
    public var description: String { "AdminOptions(\(username) in \(namespace))" }
    public var customMirror: Mirror {
        Mirror(self, children: ["username": username, "namespace": namespace])
    }
}

enum AdminPassword: Sendable {
    case plain(String)
    case hash(String)
}

/// Why a server cannot be administered as asked.
public enum AdminError: Error, Hashable, Sendable {
    /// Anybody could guess that.
    case emptyPassword
    /// The system cannot check such a hash, or it is not all there.
    case unusablePasswordHash
    /// Somebody has asked for the namespace before, so others may be in it.
    case namespaceInUse
    /// Clients may be there already, whom the admin would not see.
    case alreadyStarted
}

extension SocketServer {
    /// Opens a namespace for the official [Admin UI](https://admin.socket.io), before the server starts.
    ///
    /// ```swift
    /// var options = SocketServerOptions()
    /// options.origins = .listed(["https://admin.socket.io"])  // where the page comes from
    /// let io = SocketServer(options)
    /// try io.admin(AdminOptions(username: "ana", password: password))
    /// ```
    ///
    /// Whoever logs in sees the sockets of all namespaces and servers and, unless
    /// ``AdminOptions/isReadOnly``, can do with them what this server can. Use it over HTTPS.
    public func admin(_ options: AdminOptions) throws(AdminError) {
        guard hubs.isEmpty else { throw .alreadyStarted }
        let login = try AdminLogin(options)
        let namespace = Namespace(Namespace.normalized(options.namespace), of: self, isAdmin: true)
        let admin = Admin(options, login, namespace)
        guard add(admin) else { throw .namespaceInUse }
        cluster?.opened(namespace)
        admin.serve()
    }
}
