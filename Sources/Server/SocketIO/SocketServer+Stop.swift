// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import WebServer

extension SocketServer {
    /// Takes no new sessions, which get 503 and `Retry-After`, and ends all there are with the reason
    /// "server shutting down", a few at a time, so that clients do not all come back in the same moment.
    /// Returns when they have ended, or a second later.
    /// - Parameter longest: The time that many sessions take; a few take less.
    public func drain(over longest: Duration) async {
        let hubs = hubs
        let routes = ownRoutes
        for hub in hubs { hub.execute { $0.drain(over: longest) } }
        for routes in routes { routes.execute { $0.drain(over: longest) } }
        let count: () async -> Int = {
            var open = 0
            for hub in hubs { open += await hub.loop.run { hub.use(\.sessionCount) } }
            for routes in routes { open += await routes.loop.run { routes.use(\.sessionCount) } }
            return open
        }
        let time = Hub.drainTime(of: await count(), atMost: longest)
        await Self.wait(time + .seconds(1)) { await count() == 0 }
    }

    /// Disconnects everybody and stops listening, if it listens by itself.
    public func stop() async {
        await drain(over: options.drainTime)
        guard let own = takeOwnLoops() else { return }
        for other in own.others { await other.drain(over: other.options.drainTime) }
        for web in own.webs {
            await web.loop.run { web.use { $0.stopAccepting() } }
        }
        await Self.wait(.seconds(2)) {
            var open = 0
            for web in own.webs { open += await web.loop.run { web.use { $0.counters.open } } }
            return open == 0
        }
        for web in own.webs { await web.loop.run { web.use { $0.closeAll() } } }
        for loop in own.loops { loop.stop() }
        leaveCluster()
    }

    private static func wait(_ longest: Duration, until isDone: () async -> Bool) async {
        let deadline = Instant.monotonic().advanced(by: longest)
        while Instant.monotonic() < deadline, !(await isDone()) {
            // Also when the task is cancelled: then it ends the sooner.
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}
