// SPDX-License-Identifier: Apache-2.0
import EventLoops
import ServerConfig
import SocketIO
import Storage
import TLS
import Telemetry
import WebServer
import ZoneFiles

@testable import ParleyServer

extension Services {
    /// The services of a server that was not started.
    static func unstarted(
        _ config: ServerConfig = ServerConfig(), store: any Store = SQLiteStore.empty
    ) -> Services {
        var random = SystemRandomSource()
        let secret = random.nextBytes(32)
        return Services(
            config: config, log: Log(level: .error, format: .text), store: store,
            accounts: Accounts(store: store), credentials: Credentials(secret: secret, store: store),
            seats: SeatTokens(secret: secret), invites: InviteLinks(secret: secret),
            links: AppointmentLinks(secret: secret), zones: ZoneFiles(),
            host: HostAccess(secret: secret, random: &random),
            site: .embedded, sockets: SocketServer(), dialects: DialectAddress.all(config),
            devameet: DevameetAccess(secret: secret, store: store), relay: RelayDesk(),
            files: nil, webhooks: nil, history: LoadHistory(processors: 1), trouble: RecentTrouble(),
            checkup: Checkup(config), startedAt: 0,
            runID: "run", version: "0", metricsToken: nil)
    }
}

/// A store in memory: nothing that opening it needs can be missing.
extension SQLiteStore {
    static var empty: SQLiteStore {
        do { return try .inMemory() } catch { fatalError("\(error)") }
    }
}

/// One shard without a listener, on a loop of its own.
struct SingleShard {
    let loop: EventLoop
    let shards: ShardSet

    init(_ services: Services) throws {
        loop = try EventLoop.start(name: "test")
        let shard = Shard(index: 0, loop: loop, services: services)
        let set = ShardSet([.init(shard)])
        set.execute(on: 0) { $0.join(set) }
        shards = set
    }

    /// Lets the loop do everything that is queued, then asks the shard.
    func value<Value: Sendable>(_ value: @escaping @Sendable (Shard) -> Value) -> Value {
        blocking { done in shards.execute(on: 0) { done(value($0)) } }
    }
}
