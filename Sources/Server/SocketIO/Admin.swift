// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import Glibc
internal import JSON
internal import SocketIOPackets

/// What the official Admin UI talks to: a namespace that tells admins of all others and does with their
/// sockets what an admin asks.
final class Admin: Sendable {
    let options: AdminOptions
    let namespace: Namespace
    /// Tells of every socket; `nil` in production.
    let feed: AdminFeed?
    private let login: AdminLogin
    private let started = Instant.monotonic()

    init(_ options: AdminOptions, _ login: AdminLogin, _ namespace: Namespace) {
        self.options = options
        self.login = login
        self.namespace = namespace
        feed = options.mode == .development ? AdminFeed(namespace) : nil
    }

    var server: SocketServer { namespace.server }

    func serve() {
        let login = login
        namespace.use { try await login.admit($0) }
        namespace.onConnect { [self] in welcome($0) }
        if !options.isReadOnly { serveCommands() }
    }

    private func welcome(_ socket: Socket) {
        if !login.hasSession(socket) {
            socket.emit("session", arguments: [.string(login.newSession(at: .system()))])
        }
        socket.emit("config", arguments: [["supportedFeatures": .array(features.map(JSONValue.string))]])
        guard feed != nil else { return }
        socket.task { [self] in await list(for: $0) }
    }

    private var features: [String] {
        var features =
            options.isReadOnly
            ? [] : ["EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT"]
        features.append("AGGREGATED_EVENTS")
        if feed != nil { features.append("ALL_EVENTS") }
        return features
    }

    // MARK: Commands

    private func serveCommands() {
        on("emit") { admin, arguments in
            guard arguments.count > 2, let name = arguments[2].string, EventName.isAllowed(name) else {
                return
            }
            admin.target(of: arguments, filteredBy: 1)?.emit(
                name,
                arguments: SocketIOArguments(
                    texts: Array(arguments.dropFirst(3)), attachments: arguments.attachments))
        }
        on("join") { admin, arguments in
            guard arguments.count > 1, let room = arguments[1].string else { return }
            admin.target(of: arguments, filteredBy: 2)?.socketsJoin(room)
        }
        on("leave") { admin, arguments in
            guard arguments.count > 1, let room = arguments[1].string else { return }
            admin.target(of: arguments, filteredBy: 2)?.socketsLeave(room)
        }
        on("_disconnect") { admin, arguments in
            guard arguments.count > 1 else { return }
            admin.target(of: arguments, filteredBy: 2)?.disconnectSockets(closing: arguments[1].bool == true)
        }
    }

    private func on(_ name: String, _ body: @escaping @Sendable (Admin, SocketIOArguments) -> Void) {
        namespace.on(raw: name) { [self] _, event in
            body(self, event.arguments)
            event.acknowledge()
        }
    }

    /// Whom a command is for: the namespace its first argument names, or the room or socket there that the
    /// argument at `index` names.
    /// - Returns: `nil` when it is for nobody here.
    private func target(of arguments: SocketIOArguments, filteredBy index: Int) -> Broadcast? {
        guard let name = arguments.first?.string,
            let namespace = server.namespace(Namespace.normalized(name))?.namespace
        else { return nil }
        // What is neither a name nor left out must not come to mean everybody.
        guard arguments.count > index, !arguments[index].isNull else { return namespace.all }
        guard let filter = arguments[index].string else { return nil }
        return filter.isEmpty ? namespace.all : namespace.to(filter)
    }

    // MARK: Figures

    /// Gathers the figures of all loops and sends them to the admins of all servers.
    func sendStatistics() {
        Task {
            var figures = AdminFigures()
            for part in await server.onEachHub({ $0.takeAdminFigures() }) { figures.add(part) }
            guard isHeard else { return }
            namespace.emit("server_stats", arguments: [statistics(figures)])
        }
    }

    private func statistics(_ figures: AdminFigures) -> JSONValue {
        let uptime = started.duration(to: .monotonic())
        let host = Self.hostName
        let id = options.serverID ?? (server.cluster == nil ? host : "\(host)#\(getpid())")
        return [
            "serverId": .string(id), "hostname": .string(host), "pid": .number(JSONNumber(Int64(getpid()))),
            "uptime": .number(JSONNumber(Double(uptime.milliseconds) / 1000)),
            "clientsCount": .number(JSONNumber(Int64(figures.clients))),
            "pollingClientsCount": .number(JSONNumber(Int64(figures.pollingClients))),
            "aggregatedEvents": figures.events,
            "namespaces": .array(
                server.namespaces.map {
                    ["name": .string($0.name), "socketsCount": .number(JSONNumber(Int64($0.connectedCount)))]
                }),
        ]
    }

    /// Whether there may be an admin anywhere.
    private var isHeard: Bool { namespace.isHeard }

    private static let hostName: String = {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }()
}

extension Namespace {
    /// Whether anybody may be in it, here or at another server.
    var isHeard: Bool { connectedCount > 0 || server.cluster != nil }
}
