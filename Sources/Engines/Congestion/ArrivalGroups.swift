// SPDX-License-Identifier: Apache-2.0

/// Groups packets that left together and compares each complete group with the one before it.
///
/// draft-ietf-rmcat-gcc-02 §5.2 and §5.3: packets sent within 5 ms are one group, and so are those that arrive in
/// a burst faster than they were sent, as they do behind a radio link that was busy. All times in ms.
struct ArrivalGroups: Sendable, BitwiseCopyable {
    /// Between two groups: how much later the second left and arrived, and how many bytes more it had.
    struct Difference: Hashable, Sendable, BitwiseCopyable {
        var sent: Double
        var arrived: Double
        var size: Int
    }

    fileprivate struct Group: BitwiseCopyable {
        var firstSent: Double
        var lastSent: Double
        var firstArrival: Double
        var lastArrival: Double
        /// The clock here when its last feedback came.
        var reportedAt: Double
        var size: Int
    }

    /// Packets sent within this are one group.
    static let length = 5.0
    private static let longestBurst = 100.0
    /// A receiver whose clock moved this much further than ours jumped.
    private static let clockJump = 3000.0

    private var current: Group?
    private var previous: Group?
    private var backwards = 0

    init() {}

    /// Takes a packet.
    /// - Returns: The two groups before it compared, where it is the first of a third.
    mutating func add(sent: Double, arrival: Double, size: Int, at now: Double) -> Difference? {
        guard let group = current else {
            current = Group(sent: sent, arrival: arrival, size: size, at: now)
            return nil
        }
        // Sent before its group: reordered, and of no use.
        guard sent >= group.firstSent else { return nil }
        guard isNext(sent: sent, arrival: arrival, after: group) else {
            current?.lastSent = max(group.lastSent, sent)
            current?.lastArrival = arrival
            current?.reportedAt = now
            current?.size = group.size &+ size
            return nil
        }
        var difference: Difference?
        if let before = previous {
            let arrived = group.lastArrival - before.lastArrival
            if arrived - (group.reportedAt - before.reportedAt) >= Self.clockJump {
                self = ArrivalGroups()
                return nil
            }
            if arrived < 0 {
                backwards += 1
                if backwards >= 3 { self = ArrivalGroups() }
                return nil
            }
            backwards = 0
            difference = Difference(
                sent: group.lastSent - before.lastSent, arrived: arrived, size: group.size &- before.size)
        }
        previous = group
        current = Group(sent: sent, arrival: arrival, size: size, at: now)
        return difference
    }

    private func isNext(sent: Double, arrival: Double, after group: Group) -> Bool {
        let apart = arrival - group.lastArrival
        let sentApart = sent - group.lastSent
        if sentApart == 0 { return false }
        if apart - sentApart < 0, apart <= Self.length, arrival - group.firstArrival < Self.longestBurst {
            return false
        }
        return sent - group.firstSent > Self.length
    }
}

extension ArrivalGroups.Group {
    fileprivate init(sent: Double, arrival: Double, size: Int, at now: Double) {
        self.init(
            firstSent: sent, lastSent: sent, firstArrival: arrival, lastArrival: arrival, reportedAt: now,
            size: size)
    }
}
