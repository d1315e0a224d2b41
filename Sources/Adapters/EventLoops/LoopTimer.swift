// SPDX-License-Identifier: Apache-2.0
public import EngineKit

/// Calls its action once when its deadline passes, on the loop that made it.
///
/// Moving a deadline later costs nothing: the heap keeps the old entry, and the timer pushes itself
/// again when that entry comes up. Connections move theirs at every message.
public final class LoopTimer {
    private let loop: EventLoop
    private var action: (() -> Void)?
    private var deadline = Instant.distantFuture
    /// The earliest heap entry of this timer that still counts.
    private var queuedAt = Instant.distantFuture

    public init(on loop: EventLoop, _ action: @escaping () -> Void) {
        self.loop = loop
        self.action = action
    }

    /// Sets the deadline; `nil` disarms.
    public func arm(at instant: Instant?) {
        deadline = instant ?? .distantFuture
        guard deadline < queuedAt else { return }
        queuedAt = deadline
        loop.push(self, at: deadline)
    }

    public func arm(after delay: Duration) { arm(at: loop.now.advanced(by: delay)) }

    /// Disarms for good and lets go of whatever the action holds.
    public func cancel() {
        deadline = .distantFuture
        guard !isCancelled else { return }
        action = nil
        if queuedAt < .distantFuture { loop.timerCancelled() }
    }

    var isCancelled: Bool { action == nil }

    func entryExpired(at instant: Instant) {
        guard queuedAt == instant else { return }
        queuedAt = .distantFuture
        // Moved since. Even when that has passed too, others may be due before it.
        guard deadline <= instant else { return arm(at: deadline) }
        deadline = .distantFuture
        action?()
    }
}

extension Instant {
    /// A deadline that never comes.
    public static var distantFuture: Instant { Instant(nanoseconds: .max) }
}

/// The timers of one loop: a binary heap, earliest first.
///
/// Timers that are cancelled stay until they come up, or until they are the greater part: thousands of
/// connections that came and went must not be remembered for as long as they might have been silent.
struct TimerHeap {
    private var entries: [(at: Instant, timer: LoopTimer)] = []
    /// A timer may have more than one entry, so this is about right.
    private var cancelled = 0

    /// Fewer than this are not worth the work.
    private static let worthwhile = 512

    var count: Int { entries.count }

    mutating func noteCancelled() {
        cancelled += 1
        guard cancelled > Self.worthwhile, cancelled > entries.count / 2 else { return }
        cancelled = 0
        entries = entries.filter { !$0.timer.isCancelled }
        entries.sort { $0.at < $1.at }
    }

    var deadline: Instant? { entries.first?.at }

    mutating func push(_ timer: LoopTimer, at instant: Instant) {
        entries.append((instant, timer))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].at < entries[parent].at else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Removes the earliest entry if it is due.
    mutating func popExpired(at now: Instant) -> (at: Instant, timer: LoopTimer)? {
        guard let first = entries.first, first.at <= now else { return nil }
        return popFirst()
    }

    private mutating func popFirst() -> (at: Instant, timer: LoopTimer)? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        if cancelled > 0, first.timer.isCancelled { cancelled -= 1 }
        guard !entries.isEmpty else { return first }
        entries[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in 2 * parent + 1...2 * parent + 2
            where child < entries.count && entries[child].at < entries[least].at {
                least = child
            }
            guard least != parent else { return first }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
