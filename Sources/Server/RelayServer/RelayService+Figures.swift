// SPDX-License-Identifier: Apache-2.0
public import Datagrams
internal import EventLoops
internal import Synchronization
public import TURNRelay

/// What a ``RelayService`` has done, and has to do with.
public struct RelayFigures: Hashable, Sendable {
    public var counters = TURNCounters()
    public var sent = SendCounts()
    /// Datagrams of clients that were lost because a receive buffer was full.
    public var drops: UInt64 = 0
    /// Packets between clients of two loops that were dropped because one was behind.
    public var handOverDrops: UInt64 = 0
    /// Relayed addresses that are in use.
    public var leases = 0
    /// The smallest of the listening sockets' buffers, in bytes, as the system granted them.
    public var receiveBuffer = 0
    public var sendBuffer = 0

    public init() {}

    /// Adds what another loop has counted.
    public mutating func add(_ other: RelayFigures) {
        counters.add(other.counters)
        sent.add(other.sent)
        drops += other.drops
        handOverDrops += other.handOverDrops
        receiveBuffer = receiveBuffer == 0 ? other.receiveBuffer : min(receiveBuffer, other.receiveBuffer)
        sendBuffer = sendBuffer == 0 ? other.sendBuffer : min(sendBuffer, other.sendBuffer)
    }
}

extension RelayService {
    /// Adds up what the loops have counted.
    public func figures() async -> RelayFigures {
        var sum = RelayFigures()
        for worker in workers { sum.add(await Self.run(worker) { $0.figures }) }
        sum.leases = ledger.withLock { $0.count }
        return sum
    }

    /// All allocations there are now.
    public func allocations() async -> [AllocationReport] {
        var all: [AllocationReport] = []
        for worker in workers { all += await Self.run(worker) { $0.allocations } }
        return all
    }
}

extension RelayWorker {
    var figures: RelayFigures {
        var figures = RelayFigures()
        figures.counters = engine.counters
        figures.sent = batch.counts
        figures.handOverDrops = handOverDrops
        let sockets = clientSockets.compactMap { $0?.socket }
        figures.drops = sockets.reduce(0) { $0 + UInt64($1.drops) }
        figures.receiveBuffer = sockets.map(\.receiveBuffer).min() ?? 0
        figures.sendBuffer = sockets.map(\.sendBuffer).min() ?? 0
        return figures
    }

    var allocations: [AllocationReport] { engine.allocations(at: loop.now) }
}
