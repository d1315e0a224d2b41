// SPDX-License-Identifier: Apache-2.0

/// How long packets wait on the path: one-way delay above the least of the last ten to twenty seconds.
///
/// The two clocks need not agree, and may drift by what the window forgives. Times in ms.
struct QueueDelay: Sendable, BitwiseCopyable {
    private static let window = 10_000.0
    private static let recent = 100.0

    private var least = Double.infinity
    private var leastBefore = Double.infinity
    private var windowBegan: Double?
    private var recentLeast = Double.infinity
    private var recentBegan = 0.0
    /// The least wait of the last tenth of a second.
    private(set) var now = 0.0

    init() {}

    mutating func add(sent: Double, arrival: Double) {
        let delay = arrival - sent
        guard let began = windowBegan, arrival >= began - Self.window, delay < least + 60_000 else {
            self = QueueDelay()
            windowBegan = arrival
            recentBegan = arrival
            least = delay
            recentLeast = delay
            return
        }
        if arrival - began > Self.window {
            leastBefore = least
            least = delay
            windowBegan = arrival
        }
        least = min(least, delay)
        if arrival - recentBegan > Self.recent {
            recentLeast = delay
            recentBegan = arrival
        }
        recentLeast = min(recentLeast, delay)
        now = max(recentLeast - min(least, leastBefore), 0)
    }
}
