// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// Names that are refused until they would have ended anyway.
///
/// They are kept by the ten minutes in which they end. When there are too many, those go first that end first: what
/// is forgotten then is good for the shortest time.
struct Revocations {
    private static var span: Int64 { 600_000_000_000 }

    private var ends: [[UInt8]: Int64] = [:]
    private var names: [Int64: [[UInt8]]] = [:]
    private let limit: Int
    /// How many were forgotten before their time.
    private(set) var forgotten: UInt64 = 0

    init(limit: Int) { self.limit = max(limit, 1) }

    var isEmpty: Bool { ends.isEmpty }

    func contains(_ name: [UInt8]) -> Bool { ends[name] != nil }

    mutating func insert(_ name: [UInt8], until end: Instant, at now: Instant) {
        for span in names.keys where span * Self.span <= now.nanoseconds { drop(span) }
        guard end > now, ends[name] == nil else { return }
        let span = end.nanoseconds / Self.span + 1
        ends[name] = span
        names[span, default: []].append(name)
        guard ends.count > limit, let first = names.keys.min(), let oldest = names[first]?.popLast() else {
            return
        }
        ends[oldest] = nil
        forgotten += 1
        if names[first]?.isEmpty == true { names[first] = nil }
    }

    private mutating func drop(_ span: Int64) {
        for name in names.removeValue(forKey: span) ?? [] { ends[name] = nil }
    }
}
