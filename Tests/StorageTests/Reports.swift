// SPDX-License-Identifier: Apache-2.0
import Storage
import Synchronization

/// What completions said, in the order in which they said it.
final class Reports: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func add(_ line: String) { lines.withLock { $0.append(line) } }

    /// Adds `label`, with the kind of error when there was one.
    func add<Value>(_ result: Result<Value, StorageError>, as label: String) {
        switch result {
        case .success: add(label)
        case .failure(let error): add("\(label) \(error.kind)")
        }
    }
}
