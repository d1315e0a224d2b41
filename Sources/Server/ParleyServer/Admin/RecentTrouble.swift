// SPDX-License-Identifier: Apache-2.0
internal import Synchronization
internal import Telemetry

/// The warnings and errors that were logged last, for the administrators' page.
///
/// A line that comes again at once is counted instead of kept again: a full disk must not push out what came before it.
final class RecentTrouble: Sendable {
    struct Entry: Hashable, Sendable {
        var line: LogLine
        /// How often it came in a row.
        var count = 1
        /// When it came last, in milliseconds since 1970.
        var last: Int64
    }

    static let capacity = 100

    private let entries = Mutex<[Entry]>([])

    func note(_ line: LogLine) {
        guard line.level >= .warning else { return }
        entries.withLock { entries in
            if let index = entries.lastIndex(where: { $0.line.says(the: line) }) {
                var entry = entries.remove(at: index)
                entry.count += 1
                entry.last = line.at
                entries.append(entry)
            } else {
                entries.append(Entry(line: line, last: line.at))
                if entries.count > Self.capacity { entries.removeFirst() }
            }
        }
    }

    /// The last one first.
    var latest: [Entry] { entries.withLock { $0.reversed() } }
}

extension LogLine {
    /// Whether only the time tells them apart.
    func says(the other: LogLine) -> Bool {
        level == other.level && event == other.event && details == other.details
    }
}
