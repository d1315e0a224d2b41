// SPDX-License-Identifier: Apache-2.0

/// A burst above the present rate, to find out whether the path carries it.
public struct ProbeCluster: Hashable, Sendable, BitwiseCopyable {
    /// 1 to 255, one after the other; 0 stands for no probe.
    public var id: UInt8
    /// In bit/s.
    public var rate: Int
    /// It is complete with this many bytes in this many packets.
    public var bytes: Int
    public var packets: Int
}

/// What a probe's packets say about the path: the rate at which they left and arrived.
struct ProbeEstimate: Sendable, BitwiseCopyable {
    fileprivate struct Cluster: BitwiseCopyable {
        var id: UInt8
        var neededBytes: Int
        var neededPackets: Int
        var packets = 0
        var bytes = 0
        var firstSent = 0.0
        var lastSent = 0.0
        var lastSentSize = 0
        var firstArrival = 0.0
        var lastArrival = 0.0
        var firstArrivalSize = 0
    }

    /// A probe may lose a fifth.
    private static let sufficient = 0.8
    private static let longest = 1000.0

    private var clusters: InlineArray<4, Cluster> = .init(
        repeating: Cluster(id: 0, neededBytes: 0, neededPackets: 0))

    init() {}

    mutating func begin(_ probe: ProbeCluster) {
        clusters[Int(probe.id) & 3] = Cluster(
            id: probe.id, neededBytes: Int(Double(probe.bytes) * Self.sufficient),
            neededPackets: Int(Double(probe.packets) * Self.sufficient))
    }

    /// Takes an acknowledged packet of a probe; times in ms.
    /// - Returns: The rate the path carries, in bit/s, as soon as enough of the probe arrived.
    mutating func add(cluster id: UInt8, size: Int, sent: Double, arrival: Double) -> Double? {
        let place = Int(id) & 3
        guard id != 0, clusters[place].id == id else { return nil }
        clusters[place].add(size: size, sent: sent, arrival: arrival)
        return clusters[place].rate
    }
}

extension ProbeEstimate.Cluster {
    fileprivate mutating func add(size: Int, sent: Double, arrival: Double) {
        if packets == 0 || sent < firstSent { firstSent = sent }
        if packets == 0 || sent > lastSent {
            lastSent = sent
            lastSentSize = size
        }
        if packets == 0 || arrival < firstArrival {
            firstArrival = arrival
            firstArrivalSize = size
        }
        if packets == 0 || arrival > lastArrival { lastArrival = arrival }
        packets += 1
        bytes += size
    }

    /// The first packet's bytes arrived before its time began, the last one's left after its time ended.
    fileprivate var rate: Double? {
        guard packets >= max(neededPackets, 2), bytes >= neededBytes else { return nil }
        let sending = lastSent - firstSent
        let arriving = lastArrival - firstArrival
        guard sending > 0, sending < 1000, arriving > 0, arriving < 1000 else { return nil }
        let sendRate = Double(8 * (bytes - lastSentSize)) / sending * 1000
        let arrivalRate = Double(8 * (bytes - firstArrivalSize)) / arriving * 1000
        // Faster in than out by this much says only that something on the path waits and lets go.
        guard arrivalRate <= 2 * sendRate else { return nil }
        return arrivalRate < 0.9 * sendRate ? 0.95 * arrivalRate : min(sendRate, arrivalRate)
    }
}
