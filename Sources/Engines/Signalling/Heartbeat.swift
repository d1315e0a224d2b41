// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// Decides when to ping a signalling connection and when to call it dead.
///
/// Engine.IO protocol, revision 4: the server pings every `interval`, the client answers within
/// `timeout`, and the next ping is counted from that answer.
struct Heartbeat: Sendable {
    enum Action: Hashable, Sendable {
        case none
        case sendPing
        case close
    }

    private enum State {
        case quiet(nextPing: Instant)
        case awaitingPong(until: Instant)
        case closed
    }

    private var state: State
    private let interval: Duration
    private let timeout: Duration

    init(interval: Duration, timeout: Duration, startingAt now: Instant) {
        self.interval = interval
        self.timeout = timeout
        state = .quiet(nextPing: now.advanced(by: interval))
    }

    var deadline: Instant? {
        switch state {
        case .quiet(let next): next
        case .awaitingPong(let until): until
        case .closed: nil
        }
    }

    mutating func tick(at now: Instant) -> Action {
        switch state {
        case .quiet(let next) where next <= now:
            state = .awaitingPong(until: now.advanced(by: timeout))
            return .sendPing
        case .awaitingPong(let until) where until <= now:
            state = .closed
            return .close
        case .quiet, .awaitingPong, .closed:
            return .none
        }
    }

    /// A pong that nobody asked for changes nothing.
    mutating func receivedPong(at now: Instant) {
        guard case .awaitingPong = state else { return }
        state = .quiet(nextPing: now.advanced(by: interval))
    }
}
