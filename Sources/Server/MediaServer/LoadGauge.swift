// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import Glibc

/// How much of a processor the thread of a loop uses, as the system accounts for it.
///
/// What the loop does for the kernel, as sending is, is in it; what other programs do is not.
struct LoadGauge {
    /// As of late: half of it is of the last second or two. 0 to 1.
    private(set) var load = 0.0
    private var lastTime: Instant?
    private var lastUse: Duration = .zero

    /// Looks again. On the loop's thread, about once a second.
    mutating func measure(at now: Instant) {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return }
        let use = Duration.seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
        defer { (lastTime, lastUse) = (now, use) }
        guard let lastTime else { return }
        let passed = lastTime.duration(to: now).nanoseconds
        guard passed > 0 else { return }
        let part = Double((use - lastUse).nanoseconds) / Double(passed)
        load += (min(max(part, 0), 1) - load) / 2
    }
}
