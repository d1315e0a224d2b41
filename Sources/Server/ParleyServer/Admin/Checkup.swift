// SPDX-License-Identifier: Apache-2.0
internal import Dispatch
internal import Doctor
internal import EngineKit
internal import EventLoops
internal import ServerConfig
internal import Synchronization

/// Has the doctor look at this machine while the server runs: on a thread of its own, because it asks the server's own
/// ports and waits for answers.
final class Checkup: Sendable {
    struct Result: Sendable {
        let report: Report
        /// Milliseconds since 1970.
        let at: Int64
    }

    private struct State {
        var last: Result?
        /// Who waits for the one that is under way; `nil` while none is.
        var waiting: [@Sendable (Result) -> Void]?
    }

    /// For how long a report is good enough, in milliseconds: pages ask when they are opened.
    private static let freshness: Int64 = 60_000

    private let config: ServerConfig
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "parley-doctor")

    init(_ config: ServerConfig) { self.config = config }

    /// Reports what is known, or looks if that is old. Those who ask meanwhile get the same.
    /// - Parameter again: Whether to look in any case.
    func report(again: Bool, now: Int64, _ done: @escaping @Sendable (Result) -> Void) {
        let known = state.withLock { state -> Result? in
            if let last = state.last, !again, state.waiting == nil, now - last.at < Self.freshness {
                return last
            }
            if state.waiting != nil {
                state.waiting?.append(done)
            } else {
                state.waiting = [done]
                queue.async { self.look() }
            }
            return nil
        }
        if let known { done(known) }
    }

    private func look() {
        let report = Examination.run(config) { config in
            let ticket = try? DataFolder(config).relayTicket(for: "doctor/parley", lifetime: .seconds(60))
            return ticket.map { ($0.username, $0.password) }
        }
        let result = Result(report: report, at: WallClock.system().milliseconds)
        let waiting = state.withLock { state in
            defer { state.waiting = nil }
            state.last = result
            return state.waiting ?? []
        }
        for done in waiting { done(result) }
    }
}
