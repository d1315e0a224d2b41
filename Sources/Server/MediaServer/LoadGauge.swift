// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import Glibc
internal import SystemCalls

/// How much of a processor the thread of a loop needs, as the system accounts for it.
///
/// That is the time it ran, in which is what it does for the kernel, as sending is, and the time it was ready to run and
/// something else did. A loop that waits for a processor half of the time and works in the other half is as late as
/// one that works all the time. But waiting counts for no more than work: where others take the processor from a loop
/// that has little to do, it makes no room by doing less.
struct LoadGauge {
    /// As of late: half of it is of the last second or two. 0 to 1.
    private(set) var load = 0.0
    private var lastTime: Instant?
    private var lastUse = Use()

    /// What the thread had of the processor so far.
    struct Use: Hashable {
        var ran: Duration = .zero
        /// Ready to run, while something else did.
        var waited: Duration = .zero
    }

    /// Looks again. On the loop's thread, about once a second.
    mutating func measure(at now: Instant) {
        guard let use = Self.schedulerUse ?? Self.processorUse else { return }
        note(use, at: now)
    }

    /// Takes the thread's time so far, as of `now`.
    mutating func note(_ use: Use, at now: Instant) {
        defer { (lastTime, lastUse) = (now, use) }
        guard let lastTime else { return }
        let passed = lastTime.duration(to: now).nanoseconds
        guard passed > 0 else { return }
        let ran = use.ran - lastUse.ran
        let part = Double((ran + min(use.waited - lastUse.waited, ran)).nanoseconds) / Double(passed)
        load += (min(max(part, 0), 1) - load) / 2
    }

    /// The time that this thread ran or waited for a processor; `nil` where the kernel does not tell.
    private static var schedulerUse: Use? {
        guard let text = try? SmallFile.read("/proc/thread-self/schedstat", atMost: 256) else { return nil }
        return schedulerUse(text)
    }

    /// Reads what schedstat says: nanoseconds run, nanoseconds waited, time slices.
    static func schedulerUse(_ text: [UInt8]) -> Use? {
        let numbers = text.split { $0 == 0x20 || $0 == 0x0A }
            .map { Int64(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count >= 2, let ran = numbers[0], let waited = numbers[1], ran >= 0, waited >= 0
        else { return nil }
        return Use(ran: .nanoseconds(ran), waited: .nanoseconds(waited))
    }

    /// The time that this thread ran.
    private static var processorUse: Use? {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return nil }
        return Use(ran: .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec)))
    }
}
