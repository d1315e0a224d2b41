// SPDX-License-Identifier: Apache-2.0
internal import SocketIOPackets
internal import Synchronization

/// Somebody waits for a client's acknowledgement. Finished exactly once.
struct PendingAck: Sendable {
    let finish: @Sendable (Result<SocketIOArguments, AckError>) -> Void

    init(_ finish: @escaping @Sendable (Result<SocketIOArguments, AckError>) -> Void) { self.finish = finish }
}

/// Gathers the acknowledgements of a broadcast from the sockets of all loops.
final class AckGathering: Sendable {
    private struct State {
        /// Loops that have not said yet how many sockets they asked.
        var parts: Int
        var asked = 0
        var finished = 0
        var answers: [SocketIOArguments] = []
        var waiter: CheckedContinuation<Void, Never>?
        var isOver = false

        var isComplete: Bool { isOver || parts == 0 && finished == asked }
    }

    private let state: Mutex<State>

    init(parts: Int) { state = Mutex(State(parts: parts)) }

    func partAsked(_ count: Int) {
        change {
            $0.parts -= 1
            $0.asked += count
        }
    }

    /// A socket that left has nothing to say and is waited for no longer.
    func answered(_ result: Result<SocketIOArguments, AckError>) {
        change { state in
            switch result {
            case .success(let arguments):
                state.finished += 1
                state.answers.append(arguments)
            case .failure(.disconnected): state.asked -= 1
            case .failure: break
            }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            body(&state)
            guard state.isComplete else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// - Parameter giveUp: Tells the sockets that nobody waits any more.
    func answers(
        within timeout: Duration, giveUp: @escaping @Sendable () -> Void
    ) async throws -> [SocketIOArguments] {
        let alarm = Task { [self] in
            try await Task.sleep(for: timeout)
            change { $0.isOver = true }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isComplete = state.withLock { state in
                    if !state.isComplete { state.waiter = continuation }
                    return state.isComplete
                }
                if isComplete { continuation.resume() }
            }
        } onCancel: {
            change { $0.isOver = true }
        }
        alarm.cancel()
        let (answers, missing, isComplete) = state.withLock {
            ($0.answers, $0.asked - $0.finished, $0.parts == 0 && $0.asked == $0.finished)
        }
        guard !isComplete else { return answers }
        giveUp()
        try Task.checkCancellation()
        throw BroadcastTimeout(answers: answers, missing: missing)
    }
}
