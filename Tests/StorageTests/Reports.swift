// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// What completions said, in the order in which they said it.
final class Reports: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func add(_ line: String) { lines.withLock { $0.append(line) } }
}
