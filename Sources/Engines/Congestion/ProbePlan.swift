// SPDX-License-Identifier: Apache-2.0

/// When to send bursts above the present rate, and how far above.
///
/// At the start steps of three and six times, then doubling while the path carries it; later from time to time while
/// more is wanted than the estimate allows; and at once where the rate fell by a third or feedback came back after
/// an outage. Rates in bit/s, times in ms.
struct ProbePlan: Sendable, BitwiseCopyable {
    /// A probe lasts this long at its rate, and has this many packets at least.
    private static let length = 0.015
    private static let packets = 5
    private static let shortestPause = 2500.0
    private static let longestPause = 10_000.0
    private static let sustainedDrop = 0.66

    private var isStarted = false
    private var waiting: InlineArray<2, Double> = .init(repeating: 0)
    private var nextID: UInt8 = 1
    /// What the last probe has to show for another, twice as high.
    private var goal: Double?
    private var probedAt = -Double.infinity
    private var pause = Self.shortestPause
    private var rateAtProbe = 0.0
    /// The rate before it fell, and when.
    private var before = 0.0
    private var fellAt: Double?
    private var lastTarget = 0.0
    private var ceiling: Double

    init(ceiling: Double) { self.ceiling = ceiling }

    /// The first packets left.
    mutating func start(at rate: Double, at now: Double) {
        guard !isStarted else { return }
        isStarted = true
        lastTarget = rate
        waiting[0] = 3 * rate
        waiting[1] = 6 * rate
    }

    /// A probe showed that the path carries `rate`.
    mutating func measured(_ rate: Double, at now: Double) {
        pause = Self.shortestPause
        guard let goal, rate > goal else { return }
        waiting[0] = 2 * rate
        waiting[1] = 0
    }

    /// Feedback is back after an outage that began at `rate`.
    mutating func resumed(from rate: Double) { waiting[0] = 0.85 * rate }

    /// - Returns: The next probe, where one is due.
    mutating func next(target: Double, wanted: Double, isSettled: Bool, at now: Double) -> ProbeCluster? {
        guard isStarted else { return nil }
        noteFall(to: target, at: now)
        let most = min(ceiling, max(wanted * 1.25, target))
        if waiting[0] == 0, isSettled, now - probedAt >= pause, wanted > target * 1.02 {
            if rateAtProbe > 0, target < rateAtProbe * 1.05 { pause = min(pause * 1.5, Self.longestPause) }
            waiting[0] = 2 * target
            rateAtProbe = target
        }
        guard waiting[0] > 0 else { return nil }
        // The first steps wait until there is something to send: the first packet may be one of sound, before any
        // picture is wanted.
        if probedAt == -.infinity, most <= target * 1.02 { return nil }
        let rate = min(waiting[0], most)
        waiting[0] = waiting[1]
        waiting[1] = 0
        guard rate > target * 1.02 else {
            waiting[0] = 0
            return nil
        }
        // One that reached the most that is of use needs no other after it.
        goal = rate < most ? 0.7 * rate : nil
        probedAt = now
        defer { nextID = nextID == 255 ? 1 : nextID + 1 }
        return ProbeCluster(
            id: nextID, rate: Int(rate), bytes: Int(rate * Self.length / 8), packets: Self.packets)
    }

    /// Asks for the rate before a fall by a third, once: it may have been an error.
    private mutating func noteFall(to target: Double, at now: Double) {
        if target < Self.sustainedDrop * lastTarget {
            before = lastTarget
            fellAt = now
        }
        lastTarget = target
        if let fell = fellAt, now - fell > 3000 {
            fellAt = nil
            if target < before * 0.85, waiting[0] == 0 { waiting[0] = 0.85 * before }
        }
    }
}
