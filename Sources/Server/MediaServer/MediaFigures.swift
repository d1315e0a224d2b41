// SPDX-License-Identifier: Apache-2.0
public import Datagrams
internal import EventLoops
public import Forwarding

/// What one loop has counted by itself; the forwarder counts what concerns packets.
struct MediaWorkerCounters {
    var handshakes: UInt64 = 0
    var failedHandshakes: UInt64 = 0
    /// Messages of data channels, and those that came too fast.
    var messages: UInt64 = 0
    var refusedMessages: UInt64 = 0
    /// Datagrams of a path that no loop knows, that another loop took for ours.
    var strays: UInt64 = 0
    var refusedForLoad: UInt64 = 0
    var ends: [MediaEnd: UInt64] = [:]
}

/// What a ``MediaService`` has done, and has to do with.
public struct MediaFigures: Hashable, Sendable {
    public var counters = ForwardingCounters()
    public var sent = SendCounts()
    public var handshakes: UInt64 = 0
    public var failedHandshakes: UInt64 = 0
    /// Datagrams for another loop that was behind, and those that came to a loop that does not know them.
    public var handOverDrops: UInt64 = 0
    public var strays: UInt64 = 0
    /// Connections that were not made because a processor was busy.
    public var refusedForLoad: UInt64 = 0
    /// Connections that are over, by reason; those that were closed here are not among them.
    public var ends: [MediaEnd: UInt64] = [:]
    public var connections = 0
    public var rooms = 0
    public var publications = 0
    /// The part of a processor that each loop uses, 0 to 1, by loop.
    public var load: [Double] = []

    public init() {}

    /// Adds what another loop has counted.
    public mutating func add(_ other: MediaFigures) {
        counters.add(other.counters)
        sent.add(other.sent)
        handshakes += other.handshakes
        failedHandshakes += other.failedHandshakes
        handOverDrops += other.handOverDrops
        strays += other.strays
        refusedForLoad += other.refusedForLoad
        ends.merge(other.ends) { $0 + $1 }
        connections += other.connections
        rooms += other.rooms
        publications += other.publications
        load += other.load
    }
}

extension MediaWorker {
    public var figures: MediaFigures {
        var figures = MediaFigures()
        figures.counters = forwarder.counters
        figures.sent = outlet.runs.counts
        figures.handshakes = counts.handshakes
        figures.failedHandshakes = counts.failedHandshakes
        figures.handOverDrops = outlet.post.drops
        figures.strays = counts.strays
        figures.refusedForLoad = counts.refusedForLoad
        figures.ends = counts.ends
        figures.connections = forwarder.connectionCount
        figures.rooms = forwarder.roomCount
        figures.publications = forwarder.publicationCount
        figures.load = [gauge.load]
        return figures
    }
}
