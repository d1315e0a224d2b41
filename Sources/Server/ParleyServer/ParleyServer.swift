// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import Dialects
internal import EngineKit
internal import EventLoops
internal import Glibc
internal import MediaServer
internal import RelayServer
public import ServerConfig
internal import SocketIO
internal import Storage
internal import SystemCalls
public import TLS
public import Telemetry
internal import WebServer
internal import Webhooks
internal import ZoneFiles

/// A whole running server: event loops, their shards, storage and housekeeping.
public final class ParleyServer: Sendable {
    /// The one place the version is written.
    public static let version = "0.1.0"

    public let config: ServerConfig
    /// The port in use: the one asked for, or the one the system picked for 0.
    public let port: UInt16
    /// The part of the host link that nobody can guess.
    public let hostToken: String
    /// Parley's own certificate; `nil` when the operator's is used, or none.
    public let certificate: LocalCertificate?

    /// Where STUN and TURN are served; `nil` when they are not.
    public var relayPlaces: RelayPlaces? { config.turn.isEnabled ? relayHost?.places : nil }

    /// The dialects that are spoken, in their order, and where.
    public let dialects: [SpokenDialect]

    private let shards: ShardSet
    private let sockets: SocketServer
    private let loops: [EventLoop]
    private let lock: FolderLock
    private let store: any Store
    /// Hands out credentials of the relay, once that is open.
    let relay: RelayDesk
    private let files: FileShelf?
    private let webhooks: WebhookSender?
    /// `nil` when `turn.enabled` is off.
    private let relayHost: RelayHost?
    /// `nil` when `media.enabled` is off.
    private let mediaHost: MediaHost?
    private let housekeeping: Housekeeping
    private let log: Log

    /// Starts everything and listens. Blocks for the time that takes.
    public init(_ config: ServerConfig, log: Log) throws(StartError) {
        self.config = config
        let trouble = RecentTrouble()
        let log = log.noting { trouble.note($0) }
        self.log = log
        try Self.makeFolder(config.data.folder)
        let lock = try FolderLock(config.data.folder)
        let (context, certificate) = try Self.openTLS(config)
        self.certificate = certificate
        self.lock = lock
        let store = try Self.openStore(config)
        self.store = store
        var random = SystemRandomSource()
        let secret = try Self.secret(in: store, &random)
        let host = HostAccess(
            secret: secret, generation: try Self.setting(HostAccess.generationSetting, in: store) ?? "",
            random: &random)
        hostToken = host.token
        let dialects = DialectAddress.all(config)
        let zones = ZoneFiles()
        let services = Services(
            config: config, log: log, store: store, accounts: Accounts(store: store, zones: zones),
            credentials: Credentials(
                secret: secret, store: store, issuerKeys: try Self.issuerKeys(config)),
            seats: SeatTokens(secret: secret), invites: InviteLinks(secret: secret),
            links: AppointmentLinks(secret: secret), zones: zones,
            host: host,
            site: try Self.site(config, log), sockets: SocketServer(SocketServerOptions(config)),
            dialects: dialects, devameet: DevameetAccess(secret: secret, store: store),
            relay: RelayDesk(host: config.turn.host), files: try FileShelf.open(config, log),
            webhooks: try Self.webhooks(config, log),
            history: LoadHistory(processors: EventLoop.processors), trouble: trouble,
            checkup: Checkup(config), startedAt: WallClock.system().milliseconds,
            runID: Base64.urlText(random.nextBytes(9)), version: Self.version,
            metricsToken: try Self.metricsToken(config))
        sockets = services.sockets
        relay = services.relay
        files = services.files
        webhooks = services.webhooks
        loops = try Self.startLoops(config)
        shards = Self.makeShards(on: loops, services)
        shards.executeOnAll { $0.use(context, certificate) }
        do throws(StartError) {
            // The main address last: whoever finds it answering finds the others as well.
            self.dialects = try Self.listenForDialects(shards, services)
            let relayHost =
                config.turn.isEnabled || config.media.isEnabled
                ? try RelayHost(config, on: loops, ownSecret: RelayAccess.ownSecret(of: secret), log: log)
                : nil
            self.relayHost = relayHost
            (port, mediaHost) = try Self.listen(shards, relayHost, config, context, log)
            housekeeping = try Housekeeping()
            if let relayHost, config.turn.isEnabled {
                relay.open(relayHost)
                housekeeping.keepAccess(of: relayHost)
            }
            let shards = shards
            housekeeping.keepCertificates(config, .current(), log) { shards.serve($0, $1) }
            housekeeping.sweepStore(shards, services)
            housekeeping.watch(shards, services.history)
        } catch {
            for loop in loops { loop.stop() }
            store.close()
            throw error
        }
    }

    /// Tells clients, ends their sessions a few at a time, lets what is under way finish, closes.
    /// Returns when done, within 10 seconds.
    ///
    /// While sessions end, the server still answers: new ones get 503 and `Retry-After`, `/readyz` says
    /// "stopping", and whoever polls can fetch the end of its session.
    public func stop() {
        housekeeping.stop()
        relay.close()
        let drainTime = sockets.options.drainTime
        relayHost?.beginDrain(until: .monotonic().advanced(by: drainTime))
        shards.executeOnAll { shard in
            shard.announceStop()
            shard.hub.drain(over: drainTime)
            shard.dialects.drain(over: drainTime)
        }
        let sessions = sum(of: \.sessionCount)
        wait(Hub.drainTime(of: sessions, atMost: drainTime) + .seconds(1), until: \.sessionCount)
        shards.executeOnAll { shard in
            shard.web.stopAccepting()
            shard.dialects.stopAccepting()
        }
        wait(.seconds(3), until: \.openConnections)
        shards.executeOnAll { shard in
            shard.web.closeAll()
            shard.dialects.closeAll()
        }
        _ = sum(of: \.openConnections)
        mediaHost?.service.stopAndWait()
        relayHost?.stop()
        files?.stop()
        webhooks?.stop()
        store.close()
        lock.release()
        for loop in loops { loop.stop() }
    }

    /// Waits until `value` is zero on all shards.
    private func wait(_ longest: Duration, until value: @escaping @Sendable (Shard) -> Int) {
        let deadline = Instant.monotonic().advanced(by: longest)
        while Instant.monotonic() < deadline, sum(of: value) > 0 { usleep(20_000) }
    }

    private func sum(of value: @escaping @Sendable (Shard) -> Int) -> Int {
        blocking { done in
            Gathering.collect(from: shards, of: value) { done($0.reduce(0, +)) }
        }
    }

    // MARK: Starting

    static func makeFolder(_ folder: String) throws(StartError) {
        var path = folder.hasPrefix("/") ? "/" : ""
        for part in folder.split(separator: "/") {
            path += (path.isEmpty || path.hasSuffix("/") ? "" : "/") + part
            // For the owner alone: secrets, certificates and chat will be in it.
            guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
                throw StartError(
                    "data.folder: \(path) cannot be made: \(SystemCallError.text(of: errno))",
                    fix: "Choose a folder you may write to with --data.")
            }
        }
        guard unsafe access(folder, W_OK | X_OK) == 0 else {
            throw StartError(
                "data.folder: \(folder) cannot be written: \(SystemCallError.text(of: errno))",
                fix: "Give this user the folder, or choose another with --data.")
        }
    }

    static func openTLS(_ config: ServerConfig) throws(StartError) -> (TLSContext?, LocalCertificate?) {
        do throws(TLSError) {
            switch config.tls.mode {
            case .off: return (nil, nil)
            case .files:
                let context = try TLSContext(
                    certificateChainFile: config.tls.certificate ?? "", privateKeyFile: config.tls.key ?? "")
                return (context, nil)
            case .local:
                let local = try LocalAuthority.ensure(
                    folder: config.data.folder, names: .current(), now: .system())
                let context = try TLSContext(
                    certificateChainFile: local.certificateFile, privateKeyFile: local.keyFile)
                return (context, local)
            }
        } catch {
            throw StartError(error.description)
        }
    }

    private static func site(_ config: ServerConfig, _ log: Log) throws(StartError) -> StaticSite {
        let branding = try Branding(config.branding)
        if !branding.changes.isEmpty {
            log.info("accent adjusted", branding.changes.map { ($0.use, .text($0.why)) })
        }
        return branding.applied(to: .embedded)
    }

    private static func openStore(_ config: ServerConfig) throws(StartError) -> any Store {
        do throws(StorageError) {
            return try SQLiteStore(path: config.data.database)
        } catch {
            throw StartError(error.description)
        }
    }

    /// The server's own secret: made once, kept with the meetings whose seats it signs.
    static func secret(
        in store: any Store, _ random: inout SystemRandomSource
    ) throws(StartError) -> [UInt8] {
        let name = "secret"
        if let text = try setting(name, in: store), let bytes = Base64.decode(text.utf8), bytes.count == 32 {
            return bytes
        }
        let fresh = random.nextBytes(32)
        let kept: Result<Void, StorageError> = blocking { done in
            store.setSetting(name, Base64.text(fresh)) { done($0) }
        }
        if case .failure(let error) = kept { throw StartError(error.description) }
        return fresh
    }

    private static func setting(_ name: String, in store: any Store) throws(StartError) -> String? {
        let known: Result<String?, StorageError> = blocking { done in store.setting(name) { done($0) } }
        do throws(StorageError) { return try known.get() } catch { throw StartError(error.description) }
    }

    private static func issuerKeys(_ config: ServerConfig) throws(StartError) -> JWTKeySet {
        guard let file = config.api.keys else { return JWTKeySet([]) }
        do throws(TLSError) {
            return try JWTKeySet(file: file)
        } catch {
            throw StartError("api.keys: \(error.description)")
        }
    }

    private static func webhooks(_ config: ServerConfig, _ log: Log) throws(StartError) -> WebhookSender? {
        guard !config.webhooks.urls.isEmpty, let file = config.webhooks.secretFile else { return nil }
        let line = try firstLine(of: file, for: "webhooks.secret-file")
        guard let key = WebhookKey(line) else {
            throw StartError(
                "webhooks.secret-file: the first line of \(file) is not `whsec_` and 24 to 64 bytes in base64",
                fix: "Make one with `echo \"whsec_$(openssl rand -base64 32)\"`.")
        }
        let tls: TLSContext
        do throws(TLSError) {
            if let authorities = config.webhooks.authorities {
                tls = try TLSContext(clientTrusting: authorities)
            } else {
                tls = try .trustingSystem()
            }
        } catch {
            throw StartError("webhooks.authorities: \(error.description)")
        }
        do throws(SystemCallError) {
            return try WebhookSender(config.webhooks, key: key, tls: tls, log: log)
        } catch {
            throw StartError("webhooks: \(error.description)")
        }
    }

    private static func firstLine(of file: String, for key: String) throws(StartError) -> String {
        do throws(SystemCallError) {
            let bytes = try SmallFile.read(file)
            return String(String(decoding: bytes, as: UTF8.self).prefix { !$0.isNewline })
        } catch {
            throw StartError(
                "\(key): \(file) cannot be read: \(error.reason)",
                fix: "Let Parley read it, or remove the setting.")
        }
    }

    private static func metricsToken(_ config: ServerConfig) throws(StartError) -> String? {
        guard let file = config.metrics.tokenFile else { return nil }
        let line = try firstLine(of: file, for: "metrics.token-file")
        guard line.utf8.count >= 16 else {
            throw StartError(
                "metrics.token-file: the first line of \(file) is shorter than 16 bytes",
                fix: "Write a longer token, for example from `openssl rand -hex 16`.")
        }
        return line
    }

    static func startLoops(_ config: ServerConfig) throws(StartError) -> [EventLoop] {
        let count = min(config.loops > 0 ? config.loops : EventLoop.processors, ShardSet.maxCount)
        do throws(SystemCallError) {
            var loops: [EventLoop] = []
            for index in 0..<count { loops.append(try EventLoop.start(name: "parley-\(index)")) }
            return loops
        } catch {
            throw StartError(error.description)
        }
    }

    private static func makeShards(on loops: [EventLoop], _ services: Services) -> ShardSet {
        let shards = loops.enumerated().map { Shard(index: $0.offset, loop: $0.element, services: services) }
        let set = ShardSet(shards.map(ShardSet.Member.init))
        set.executeOnAll { $0.join(set) }
        // After the shards know each other, and before anything listens.
        services.sockets.attach(shards.map { LoopBound($0.hub, on: $0.loop) })
        MeetingClient.serve(services.sockets, on: set)
        AppointmentClient.serve(services.sockets, on: set, services)
        DialectAddress.attach(services, to: shards, set)
        return set
    }

    static func listen(
        _ shards: ShardSet, _ config: ServerConfig
    ) throws(StartError) -> UInt16 {
        do throws(ListenFailure) {
            return try listen(shards, config, port: config.http.listen.port) { $0.web }
        } catch {
            throw StartError(main: error)
        }
    }

    private static func listenForDialects(
        _ shards: ShardSet, _ services: Services
    ) throws(StartError) -> [SpokenDialect] {
        var ports: [UInt16?] = []
        for (index, address) in services.dialects.enumerated() {
            guard case .port(let port) = address.place else {
                ports.append(nil)
                continue
            }
            if let folder = address.folder, !DialectFiles(folder).isThere {
                throw StartError(
                    "dialects: \(folder) is not a folder that can be read",
                    fix: "Name the folder with your pages after the `=`.")
            }
            do throws(ListenFailure) {
                ports.append(
                    try listen(shards, services.config, port: port) { $0.dialects.sites[index].web ?? $0.web }
                )
            } catch {
                let name = address.keys.first?.rawValue ?? ""
                throw StartError(
                    "dialects: \(error.problem)", fix: error.fix + ", as in --dialects \(name):4000.")
            }
        }
        return SpokenDialect.list(services.dialects, ports: ports)
    }
}

/// Why the server did not start, for the operator.
public struct StartError: Error, Hashable, CustomStringConvertible {
    public var problem: String
    /// What to do about it; empty when the problem says so itself.
    public var fix: String

    init(_ problem: String, fix: String = "") {
        self.problem = problem
        self.fix = fix
    }

    /// Why nobody can listen at the main address.
    init(main failure: ListenFailure) {
        self.init("http.listen: \(failure.problem)", fix: failure.fix + " with --listen.")
    }

    public var description: String { fix.isEmpty ? problem : "\(problem). \(fix)" }
}
