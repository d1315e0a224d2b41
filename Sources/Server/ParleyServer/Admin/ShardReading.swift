// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import Forwarding
internal import Glibc
internal import MediaServer
internal import RelayServer
internal import SystemCalls
internal import TURNRelay
internal import WebServer

/// What one event loop adds to a ``LoadReading``.
struct ShardReading: Sendable {
    private let rooms: Int
    private let people: Int
    private let sessions: Int
    private let connections: Int
    private let relayed: Int
    private let received: UInt64
    private let sent: UInt64

    init(_ shard: Shard) {
        rooms = shard.rooms.roomCount
        people = shard.rooms.participantCount
        sessions = shard.sessionCount
        connections = shard.openConnections
        var web = shard.web.counters
        if let relay = shard.relay { web.addStreams(of: relay.site.web.counters) }
        let media = shard.media?.worker.figures.counters
        let relay = shard.relay?.site.figures.counters
        relayed = ClientTransport.allCases.reduce(0) { $0 + Int(clamping: relay?[$1].live ?? 0) }
        // What is relayed for clients on connections is among the bytes of those; each byte comes in and leaves.
        let datagrams: UInt64 = ClientTransport.allCases.reduce(0) { sum, transport in
            guard !transport.isStream, let relay else { return sum }
            return sum &+ relay[transport].bytesToPeers &+ relay[transport].bytesToClients
        }
        received = web.bytesReceived &+ (media?.bytesIn ?? 0) &+ datagrams
        sent = web.bytesSent &+ (media?.bytesOut ?? 0) &+ datagrams
    }

    /// The loops together, and the process they are in.
    static func sum(_ shards: [ShardReading]) -> LoadReading {
        var reading = LoadReading()
        reading.counts.at = WallClock.system().milliseconds
        for shard in shards {
            reading.counts.rooms += shard.rooms
            reading.counts.people += shard.people
            reading.counts.sessions += shard.sessions
            reading.counts.connections += shard.connections
            reading.counts.relayed += shard.relayed
            reading.received &+= shard.received
            reading.sent &+= shard.sent
        }
        reading.processorTime = processorTime
        reading.counts.memory = memory
        return reading
    }

    /// Seconds that the process used of processors, in the program and in the kernel.
    private static var processorTime: Double {
        var usage = rusage()
        guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// Bytes that are in memory. proc(5): the second number of `statm`, in pages.
    private static var memory: Int {
        guard let bytes = try? SmallFile.read("/proc/self/statm") else { return 0 }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        return (words.count > 1 ? Int(words[1]) ?? 0 : 0) * sysconf(Int32(_SC_PAGESIZE))
    }
}
