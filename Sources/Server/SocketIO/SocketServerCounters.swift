// SPDX-License-Identifier: Apache-2.0
internal import EventLoops

/// What a ``SocketServer`` holds, and what it did since it started.
public struct SocketServerStatistics: Hashable, Sendable {
    /// Sessions there are now.
    public var sessions = 0
    /// Clients about whom middlewares have yet to decide.
    public var waiting = 0
    /// Requests, sockets and sessions that were refused, by reason. No entry is none.
    public var refusals: [SocketRefusal: Int] = [:]
    /// Events of clients.
    public var received = 0
    /// Volatile events that were not sent, because they would have had to wait.
    public var dropped = 0

    /// All refusals together.
    public var refusalCount: Int { refusals.values.reduce(0, +) }

    package static func + (a: SocketServerStatistics, b: SocketServerStatistics) -> SocketServerStatistics {
        SocketServerStatistics(
            sessions: a.sessions + b.sessions, waiting: a.waiting + b.waiting,
            refusals: a.refusals.merging(b.refusals, uniquingKeysWith: +),
            received: a.received + b.received, dropped: a.dropped + b.dropped)
    }
}

extension SocketServer {
    /// The figures of all loops together, those of ``Listening/routes`` included.
    public func statistics() async -> SocketServerStatistics {
        var sum = SocketServerStatistics()
        for hub in hubs { sum = sum + (await hub.loop.run { hub.use(\.statistics) }) }
        for routes in ownRoutes {
            sum =
                sum
                + (await routes.loop.run {
                    routes.use { SocketServerStatistics(sessions: $0.sessionCount, refusals: $0.refusals) }
                })
        }
        return sum
    }
}
