// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import Glibc
internal import Synchronization

/// Writes errors to standard error, one a second at most.
final class UnhandledErrors: Sendable {
    private let state = Mutex<(quietUntil: Instant, skipped: Int)>((Instant(nanoseconds: 0), 0))

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
        let line =
            "SocketIO: a handler of namespace \(plain(socket.namespace.name)) failed: \(plain("\(error)"))\(others)\n"
        let bytes = Array(line.utf8)
        _ = unsafe write(2, bytes, bytes.count)
    }
}

/// Short and on one line: clients choose names and keys.
private func plain(_ text: String) -> String {
    let scalars = text.unicodeScalars.prefix(300).map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }
    return String(String.UnicodeScalarView(scalars))
}
