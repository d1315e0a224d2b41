// SPDX-License-Identifier: Apache-2.0
internal import EventLoops

/// What a ``SocketServer`` holds, and what it did since it started.
public struct SocketServerStatistics: Hashable, Sendable {
    /// Sessions there are now.
    public var sessions = 0
    /// Requests that were refused, for whatever reason.
    public var refusals = 0
    /// Events of clients.
    public var received = 0
    /// Volatile events that were not sent, because they would have had to wait.
    public var dropped = 0

    static func + (a: SocketServerStatistics, b: SocketServerStatistics) -> SocketServerStatistics {
        SocketServerStatistics(
            sessions: a.sessions + b.sessions, refusals: a.refusals + b.refusals,
            received: a.received + b.received, dropped: a.dropped + b.dropped)
    }
}

extension SocketServer {
    /// The figures of all loops together.
    public func statistics() async -> SocketServerStatistics {
        var sum = SocketServerStatistics()
        for hub in hubs { sum = sum + (await hub.loop.run { hub.use(\.statistics) }) }
        return sum
    }
}
