// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// What a server did since it started, counted on all loops.
package final class SocketServerCounters: Sendable {
    /// Sessions there are now.
    let sessions = Atomic<Int>(0)
    /// Requests that were refused, for whatever reason.
    let refusals = Atomic<Int>(0)
    /// Events of clients.
    let received = Atomic<Int>(0)
    /// Volatile events that were not sent.
    let dropped = Atomic<Int>(0)
}

/// A look at the counters of a ``SocketServer``.
public struct SocketServerStatistics: Hashable, Sendable {
    public var sessions: Int
    public var refusals: Int
    public var received: Int
    public var dropped: Int
}

extension SocketServer {
    public var statistics: SocketServerStatistics {
        SocketServerStatistics(
            sessions: counters.sessions.load(ordering: .relaxed),
            refusals: counters.refusals.load(ordering: .relaxed),
            received: counters.received.load(ordering: .relaxed),
            dropped: counters.dropped.load(ordering: .relaxed))
    }
}
