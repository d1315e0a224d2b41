// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import EngineKit
internal import EventLoops
internal import NetworkAddresses
internal import RelayServer
internal import ServerConfig
internal import Synchronization
internal import SystemCalls
internal import TLS
internal import TURNRelay
internal import Telemetry
internal import WebServer

/// The relay of a process: its workers, its addresses for UDP, TCP, TLS and DTLS, and who may use it.
final class RelayHost: Sendable {
    let service: RelayService
    private let loops: [EventLoop]
    private let config: ServerConfig
    private let log: Log
    private let state: Mutex<State>

    private struct State {
        var files: RelayAccessFiles
        var access: RelayAccess
        var sites: [LoopBound<RelaySite>] = []
        var listeners = RelayListeners()
        /// Where connections are taken besides the main address, with the ports in use.
        var extra: [ListenAddress] = []
        /// The same with the main address.
        var addresses: [ListenAddress] = []
        var lastProblem = ""
    }

    /// - Parameter ownSecret: What credentials are made with where the operator names no file of secrets.
    init(_ config: ServerConfig, on loops: [EventLoop], ownSecret: [UInt8]?, log: Log) throws(StartError) {
        self.loops = loops
        self.config = config
        self.log = log
        let turn = config.turn
        // Media need its sockets, even where nobody is to be relayed.
        var files =
            turn.isEnabled
            ? RelayAccessFiles(secretsFile: turn.secretsFile, usersFile: turn.usersFile, ownSecret: ownSecret)
            : RelayAccessFiles(secretsFile: nil, usersFile: nil, ownSecret: nil)
        let access: RelayAccess
        do throws(RelayAccessError) {
            access = try files.read()
        } catch {
            throw StartError(error.description, fix: "Correct the file, or remove the setting.")
        }
        var options = Self.options(turn, access)
        if options.ports != nil, let files = RelayLimits.fileLimit {
            options.limits = options.limits.fitting(files: files)
        }
        if options.limits.total < turn.allocations {
            log.warning(
                "turn.allocations is more than there are file descriptors for: raise LimitNOFILE",
                [("allocations", .number(Int64(options.limits.total)))])
        }
        service = RelayService(on: loops, options)
        state = Mutex(State(files: files, access: access))
    }

    private static func options(_ turn: Turn, _ access: RelayAccess) -> RelayOptions {
        var settings = TURNSettings()
        settings.servesClients = turn.isEnabled
        settings.realm = turn.realm.text
        settings.peers = PeerPolicy(allowed: turn.allowedPeers, denied: turn.deniedPeers)
        settings.unauthenticatedRate = turn.unauthenticatedRate
        settings.allowsTCPPeers = turn.tcpPeers
        let bits = turn.userBandwidth.bitsPerSecond
        settings.userBandwidth = bits > 0 ? bits / 8 : nil
        let limits = RelayLimits(
            perUser: turn.userAllocations, perAddress: turn.addressAllocations, total: turn.allocations)
        let ports: ClosedRange<UInt16>? =
            switch turn.relayPorts {
            case .range(let ports): ports
            case .none: nil
            }
        return RelayOptions(
            settings: settings, users: access.users, limits: limits, ports: ports,
            publicAddresses: turn.publicAddresses.map { .init($0.outside, local: $0.local) })
    }

    // MARK: Beginning

    /// Listens: for TCP and TLS at `addresses`, and for UDP there and at `main`, where somebody else takes the
    /// connections.
    func start(
        main: ListenAddress?, addresses: [ListenAddress], _ context: TLSContext?
    ) throws(StartError) {
        var settings = WebLoop.Settings()
        // As at the main address: a whole school, but not a whole server's worth.
        settings.perAddress = .init(maxConnections: 2000, rate: .init(burst: 1000, perSecond: 100))
        let webs = loops.map { LoopBound(RelaySite.makeWeb(on: $0, settings), on: $0) }
        var extra = addresses
        for index in extra.indices { extra[index].port = try Self.port(for: extra[index]) }
        let sites = try startDatagrams(on: (main.map { [$0] } ?? []) + extra, webs, context)
        // Whoever finds a port answering finds all that is to be there.
        for address in extra { try Self.listen(webs, at: address) }
        let taken = extra
        let listeners = Self.advertised(main: main, extra: extra, config, hasTLS: context != nil)
        state.withLock {
            $0.sites = sites
            $0.extra = taken
            $0.listeners = listeners
            $0.addresses = (main.map { [$0] } ?? []) + taken
        }
    }

    private func startDatagrams(
        on addresses: [ListenAddress], _ webs: [LoopBound<WebLoop>], _ context: TLSContext?
    ) throws(StartError) -> [LoopBound<RelaySite>] {
        var wanted: [RelayListener] = []
        for address in addresses { wanted.append(try Self.listener(address)) }
        let places = addresses.map(\.settingText).joined(separator: " or ")
        do throws(SystemCallError) {
            try service.start(on: wanted)
        } catch {
            throw StartError(
                "STUN and TURN cannot listen over UDP at \(places): \(error.reason)",
                fix:
                    "Is another TURN server running? Stop it, or choose other ports; or set turn.enabled = false."
            )
        }
        let sites = service.makeSites(webs)
        for site in sites { site.execute { $0.use(context) } }
        return sites
    }

    private static func listener(_ address: ListenAddress) throws(StartError) -> RelayListener {
        guard let ip = address.resolved() else {
            throw StartError(
                "turn.listen: nobody knows the name \(address.host)",
                fix: "Use an address, such as 0.0.0.0 for all.")
        }
        return RelayListener(ip: ip, port: address.port)
    }

    /// The port of an address, or for 0 one that is free for UDP and TCP alike.
    static func port(for address: ListenAddress) throws(StartError) -> UInt16 {
        guard address.port == 0 else { return address.port }
        let ip = try listener(address).ip ?? IPAddress(v4: 0)
        for _ in 0..<100 {
            guard let socket = try? UDPSocket(bind: SocketAddress(ip: ip, port: 0)) else { break }
            defer { socket.close() }
            let port = socket.local.port
            if WebLoop.reasonPortIsTaken(host: ip.description, port: port) == nil { return port }
        }
        throw StartError("turn.listen: \(address.settingText): the system has no port to give")
    }

    /// Takes connections on every loop.
    private static func listen(_ webs: [LoopBound<WebLoop>], at address: ListenAddress) throws(StartError) {
        let (host, port) = ((try listener(address).ip ?? IPAddress(v4: 0)).description, address.port)
        if let reason = WebLoop.reasonPortIsTaken(host: host, port: port) {
            throw StartError(
                "turn.listen: \(address.settingText) cannot be used: \(reason)",
                fix: "Is another TURN server running? Stop it, or choose another port.")
        }
        for web in webs {
            let result = web.wait { web in
                Result { () throws(SystemCallError) in try web.listen(host: host, port: port) }
            }
            do throws(SystemCallError) {
                _ = try result.get()
            } catch {
                throw StartError("turn.listen: \(error.description)", fix: "Choose another address or port.")
            }
        }
    }

    /// What clients are told: the main port, unless it is not for them. A proxy passes no TURN on, so behind one on this
    /// machine there is nothing to tell but an address of the relay's own.
    static func advertised(
        main: ListenAddress?, extra: [ListenAddress], _ config: ServerConfig, hasTLS: Bool
    ) -> RelayListeners {
        let isProxied = !config.http.trustedProxies.isEmpty
        let isHidden = main?.isLoopback == true || isProxied
        guard !extra.isEmpty || main?.isLoopback != true || !isProxied else { return RelayListeners() }
        let port = (isHidden ? extra.first?.port : nil) ?? main?.port ?? extra.first?.port
        return RelayListeners(udp: port, tcp: port, tls: hasTLS ? port : nil)
    }

    // MARK: While it runs

    /// For the welcome and the log.
    var places: RelayPlaces {
        let (listeners, addresses) = state.withLock { ($0.listeners, $0.addresses) }
        // Loopback only where there is nothing else.
        let outer = addresses.filter { !$0.isLoopback }
        return RelayPlaces(
            addresses: listeners.udp == nil ? [] : (outer.isEmpty ? addresses : outer).map(\.settingText),
            hasTLS: listeners.tls != nil, told: service.addresses.relays)
    }

    var sites: [LoopBound<RelaySite>] { state.withLock { $0.sites } }

    /// Where connections are taken besides the main address.
    var extraAddresses: [ListenAddress] { state.withLock { $0.extra } }

    /// What one loop has of it.
    func site(on loop: EventLoop) -> LoopBound<RelaySite>? { sites.first { $0.loop === loop } }

    /// Reads the files of secrets and users again. Blocks; said once when they are wrong, and then the former
    /// ones count.
    func readFiles() {
        let outcome = state.withLock { state in
            Result { () throws(RelayAccessError) in
                let changed = try state.files.changed()
                if let changed { state.access = changed }
                return changed
            }
        }
        switch outcome {
        case .success(let access):
            state.withLock { $0.lastProblem = "" }
            guard let access else { return }
            service.setUsers(access.users)
            log.info(
                "relay credentials reloaded",
                [
                    ("secrets", .number(Int64(access.secrets.count))),
                    ("users", .number(Int64(access.passwords.count))),
                ])
        case .failure(let error):
            let isNew = state.withLock { state in
                defer { state.lastProblem = error.description }
                return state.lastProblem != error.description
            }
            guard isNew else { return }
            log.error("relay credentials could not be reloaded", [("why", .text(error.description))])
        }
    }

    // MARK: End

    /// Takes nobody new from now on.
    func stopAccepting() { for site in sites { site.execute { $0.stopAccepting() } } }

    /// Takes no new allocations, and waits until the last has ended, at most until `deadline`.
    func drain(until deadline: Instant) async {
        stopAccepting()
        await service.drain(until: deadline)
    }

    /// Takes no new allocations; those that live end at `deadline` at the latest.
    func beginDrain(until deadline: Instant) {
        stopAccepting()
        service.beginDrain(until: deadline)
    }

    /// Ends everything, and returns when that is done. Never on a loop.
    func stop() {
        for site in sites { site.wait { $0.closeAll() } }
        service.stopAndWait()
    }
}

extension RelayHost: MeetingRelay {
    var listeners: RelayListeners { state.withLock { $0.listeners } }

    func credential(for name: String, lifetime: Duration?) -> RelayCredential {
        let access = state.withLock { $0.access }
        let made = access.credential(
            for: name, lifetime: lifetime ?? config.turn.credentialLifetime, at: .system())
        return RelayCredential(
            username: made?.username ?? "", password: made?.password ?? "",
            expires: made?.expires ?? .system())
    }

    func revoke(_ name: String) { service.revoke(name) }
}
