// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import Glibc
internal import Synchronization

/// Writes errors to standard error, one a second at most.
final class UnhandledErrors: Sendable {
    private let state = Mutex<(quietUntil: Instant, skipped: Int)>((Instant(nanoseconds: 0), 0))

    /// Takes no values of the event: they may be anything.
    @Sendable func report(_ socket: Socket, _ error: any Error) {
        let now = Instant.monotonic()
        let skipped: Int? = state.withLock { state in
            guard now >= state.quietUntil else {
                state.skipped += 1
                return nil
            }
            defer { state = (now.advanced(by: .seconds(1)), 0) }
            return state.skipped
        }
        guard let skipped else { return }
        let others = skipped == 0 ? "" : " (and \(skipped) more before)"
        let line = "SocketIO: a handler of namespace \(socket.namespace.name) failed: \(error)\(others)\n"
        let bytes = Array(line.utf8)
        _ = unsafe write(2, bytes, bytes.count)
    }
}
