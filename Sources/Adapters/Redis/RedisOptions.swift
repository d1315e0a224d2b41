// SPDX-License-Identifier: Apache-2.0

/// How patient a link is, and how much it holds.
public struct RedisOptions: Sendable {
    /// How long a connection may take to open.
    public var connectTimeout = Duration.seconds(5)
    /// How long an answer may take. After that the connection counts as broken and is made anew.
    public var timeout = Duration.seconds(5)
    /// How long an answer may take before the link says that it is slow. Less than ``timeout``.
    public var slowAfter = Duration.seconds(1)
    /// How often Redis is asked for a sign of life.
    public var pingInterval = Duration.seconds(2)
    /// The longest pause between two attempts to connect; the first is a hundredth of it. A random part
    /// of up to half is taken off, so that many servers do not come back at the same moment.
    public var longestPause = Duration.seconds(5)
    /// Commands that wait for an answer or a connection. Further ones fail with `overloaded`.
    public var maxCommands = 10_000
    /// Bytes of commands that wait to be sent. Further ones fail with `overloaded`.
    public var maxBytes = 16 << 20
    /// Shown by `CLIENT LIST`.
    public var clientName = "parley"

    public init() {}
}

/// How a link is doing.
public enum RedisLinkState: Hashable, Sendable, CustomStringConvertible {
    /// Never connected yet, and no failure either.
    case connecting
    /// Both connections work and every subscription is confirmed.
    case up
    /// Connected, but an answer has been awaited for ``RedisOptions/slowAfter``.
    case slow
    /// Not connected; the next attempt follows by itself. Messages published elsewhere are missed.
    case down(reason: String)

    public var description: String {
        switch self {
        case .connecting: "connecting"
        case .up: "up"
        case .slow: "slow"
        case .down(let reason): "down: \(reason)"
        }
    }
}
