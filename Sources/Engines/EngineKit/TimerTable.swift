// SPDX-License-Identifier: Apache-2.0

/// The named timers of one engine; its deadline is the earliest of them.
public struct TimerTable<Name: Hashable & Sendable>: Sendable {
    /// An array, not a dictionary: few timers, and expiry must come out in the same order every run.
    private var armed: [(name: Name, at: Instant)] = []

    public init() {}

    /// The earliest armed timer.
    public var deadline: Instant? { armed.lazy.map(\.at).min() }

    public func isArmed(_ name: Name) -> Bool { armed.contains { $0.name == name } }

    /// Arms `name`, moving it if it was armed already.
    public mutating func arm(_ name: Name, at instant: Instant) {
        disarm(name)
        armed.append((name, instant))
    }

    public mutating func disarm(_ name: Name) { armed.removeAll { $0.name == name } }

    /// Disarms and returns the earliest timer that is due, first armed first when equal.
    public mutating func popExpired(at now: Instant) -> Name? {
        guard let index = armed.indices.min(by: { armed[$0].at < armed[$1].at }), armed[index].at <= now
        else { return nil }
        return armed.remove(at: index).name
    }
}
