// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops

/// Closes connections a few at a time.
final class Drain {
    private var connections: [Connection]
    private let perStep: Int
    private let interval: Duration
    private var timer: LoopTimer?

    private static let minInterval = Duration.milliseconds(50)

    init(_ connections: [Connection], over duration: Duration, on loop: EventLoop) {
        self.connections = connections
        let mostSteps = Int(duration.nanoseconds / Self.minInterval.nanoseconds)
        let steps = max(1, min(mostSteps, connections.count))
        perStep = (connections.count + steps - 1) / steps
        interval = .nanoseconds(duration.nanoseconds / Int64(steps))
        timer = LoopTimer(on: loop) { [weak self] in self?.closeSome() }
        closeSome()
    }

    private func closeSome() {
        for connection in connections.suffix(perStep) { connection.goAway() }
        connections.removeLast(min(perStep, connections.count))
        if !connections.isEmpty { timer?.arm(after: interval) }
    }
}
