// SPDX-License-Identifier: Apache-2.0
public import Dialects
internal import EventLoops
internal import SocketIO
internal import WebServer

/// A dialect that the server speaks, and where.
public struct SpokenDialect: Hashable, Sendable {
    public let key: DialectKey
    /// Ports of its own, over TLS and without; the ports in use where the system picked one.
    public let ports: [UInt16]
    /// Where it is on the server's main address.
    public let path: String

    static func list(_ addresses: [DialectAddress], ports: [UInt16?]) -> [SpokenDialect] {
        DialectKey.allCases.compactMap { key in
            var own: [UInt16] = []
            var path: String?
            for (address, port) in zip(addresses, ports) where address.keys.contains(key) {
                if let port { own.append(port) } else { path = address.prefix }
            }
            return path.map { SpokenDialect(key: key, ports: own, path: $0) }
        }
    }
}

extension DialectAddress {
    /// Gives the Socket.IO servers of all addresses their part of each shard, and tells them whom to serve.
    static func attach(_ services: Services, to shards: [Shard], _ set: ShardSet) {
        for (index, address) in services.dialects.enumerated() {
            address.sockets.attach(
                shards.map { LoopBound($0.dialects.sites[index].hub, on: $0.loop) })
            DialectSocket.serve(address.sockets.main, as: address.keys, on: set)
        }
        // On the server's own path clients are told apart, or name their dialect as a namespace.
        let keys = DialectKey.allCases.filter { key in services.dialects.contains { $0.keys.contains(key) } }
        guard !keys.isEmpty else { return }
        DialectSocket.serve(services.sockets.main, as: keys, on: set)
        for key in keys { DialectSocket.serve(services.sockets.of(key.rawValue), as: [key], on: set) }
    }
}

extension ShardSet.Member {
    init(_ shard: Shard) {
        self.init(
            shard: LoopBound(shard, on: shard.loop), web: LoopBound(shard.web, on: shard.loop),
            sites: shard.dialects.sites.map { LoopBound($0.web ?? shard.web, on: shard.loop) })
    }
}

extension Shard {
    var sessionCount: Int { hub.sessionCount + dialects.sessionCount }
    var openConnections: Int { web.counters.open + dialects.openConnections }
}
