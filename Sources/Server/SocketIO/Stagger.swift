// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops

/// Does something to many, a few at a time.
///
/// Clients that all were sent away in the same moment would all be back in the same moment: a storm for
/// whoever takes over.
final class Stagger<Item> {
    private var left: [Item]
    private let perStep: Int
    private let interval: Duration
    private let body: (Item) -> Void
    private var timer: LoopTimer?

    private static var minInterval: Duration { .milliseconds(50) }

    /// Begins at once. Drop it to stop.
    /// - Parameter longest: The time that many take; a few take less.
    init(_ items: [Item], over longest: Duration, on loop: EventLoop, _ body: @escaping (Item) -> Void) {
        let duration = Hub.drainTime(of: items.count, atMost: longest)
        let mostSteps = Int(duration.nanoseconds / Self.minInterval.nanoseconds)
        let steps = max(1, min(mostSteps, items.count))
        perStep = (items.count + steps - 1) / steps
        interval = .nanoseconds(duration.nanoseconds / Int64(steps))
        left = items
        self.body = body
        timer = LoopTimer(on: loop) { [weak self] in self?.step() }
        step()
    }

    private func step() {
        let some = left.suffix(perStep)
        left.removeLast(some.count)
        for item in some { body(item) }
        if !left.isEmpty { timer?.arm(after: interval) }
    }
}
