// SPDX-License-Identifier: Apache-2.0
internal import EngineIO
internal import EngineKit

/// Decides when to ping a signalling connection and when to call it dead.
///
/// Revision 4: the server pings every `interval`, the client answers within `timeout`, and the next
/// ping is counted from that answer. Whatever else arrives in that time proves the client as alive as
/// an answer would; only the connection of a client that is quite silent is given up.
/// Revision 3: the client pings; silence for `interval` and `timeout` together is the end.
struct Heartbeat: Sendable {
    enum Action: Hashable, Sendable {
        case none
        case sendPing
        case close
    }

    struct Pace: Sendable {
        var interval: Duration
        var timeout: Duration
        var halfTimeout: Duration { timeout / 2 }
    }

    private enum Phase: Sendable {
        /// The next ping is due at the deadline.
        case quiet
        /// A sign of life is due before the deadline.
        case waiting
        /// Something is due from the client before the deadline, always.
        case clientDriven
    }

    /// When the next ``tick(at:pace:)`` does something.
    private(set) var deadline: Instant
    private var phase: Phase
    /// Pings without a pong so far. The client answers them in order.
    private var unanswered: UInt8 = 0

    init(_ revision: EngineIORevision, pace: Pace, startingAt now: Instant) {
        switch revision {
        case .four:
            phase = .quiet
            deadline = now.advanced(by: pace.interval)
        case .three:
            phase = .clientDriven
            deadline = now.advanced(by: pace.interval + pace.timeout)
        }
    }

    mutating func tick(at now: Instant, pace: Pace) -> Action {
        guard deadline <= now else { return .none }
        switch phase {
        case .quiet:
            phase = .waiting
            // Counted from when the ping was due, or a busy server would wait longer than it promised;
            // after a late ping the client still has half the time.
            deadline = max(deadline.advanced(by: pace.timeout), now.advanced(by: pace.halfTimeout))
            unanswered = unanswered == .max ? .max : unanswered + 1
            return .sendPing
        case .waiting, .clientDriven: return .close
        }
    }

    /// Any packet is a sign of life.
    mutating func received(at now: Instant, pace: Pace) {
        switch phase {
        case .quiet: break  // The client counts on a ping every interval: what it sends must not move that.
        case .waiting:
            phase = .quiet
            deadline = now.advanced(by: pace.interval)
        case .clientDriven: deadline = now.advanced(by: pace.interval + pace.timeout)
        }
    }

    /// A pong that nobody asked for changes nothing.
    ///
    /// - Returns: Whether the latest ping is answered, so that all that was sent before it has arrived.
    mutating func receivedPong() -> Bool {
        guard unanswered > 0 else { return false }
        unanswered -= 1
        return unanswered == 0
    }
}
