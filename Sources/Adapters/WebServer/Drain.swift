// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops

/// Closes a loop's connections a few at a time, from the last to the first.
///
/// It keeps a place in the loop's list, not the connections: those may move to another loop meanwhile.
/// Whatever takes the place of one that has gone comes from further back, and was told already.
final class Drain {
    private unowned let web: WebLoop
    private var left: Int
    private let perStep: Int
    private let interval: Duration
    private var timer: LoopTimer?

    private static let minInterval = Duration.milliseconds(50)

    init(_ web: WebLoop, over duration: Duration) {
        self.web = web
        left = web.connections.count
        let mostSteps = Int(duration.nanoseconds / Self.minInterval.nanoseconds)
        let steps = max(1, min(mostSteps, left))
        perStep = (left + steps - 1) / steps
        interval = .nanoseconds(duration.nanoseconds / Int64(steps))
        timer = LoopTimer(on: web.loop) { [weak self] in self?.closeSome() }
        closeSome()
    }

    private func closeSome() {
        let end = min(left, web.connections.count)
        left = max(0, end - perStep)
        for connection in web.connections[left..<end] { connection.goAway() }
        if left > 0 { timer?.arm(after: interval) }
    }
}
