// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import JSON

/// When to send a list that many get whole whenever it changes: at once while changes are few and the list is
/// short, else one list for all changes since the last.
///
/// A dialect says ``changed(knownTo:)`` where the list changes, and asks ``isDue(at:)`` once at the end of every
/// input. Its ``Dialect/deadline`` is ``due``.
struct ListNews: Sendable {
    private static let rate = TokenRate(burst: 20, perSecond: 4)
    /// When a token is there for certain.
    private static let interval = Duration.milliseconds(250)
    /// A list of 250,000 bytes uses up the whole burst.
    private static let mostTokens = 20

    private var level = TokenLevel()
    private var isOwed = false
    /// Who alone has made all the changes that are owed, and need not be told of them.
    private var knower: ClientID?
    /// When to try again; `nil` when nothing is owed.
    private(set) var due: Instant?

    /// - Parameter client: who knows the change, having made it.
    mutating func changed(knownTo client: ClientID? = nil) {
        knower = isOwed && knower != client ? nil : client
        isOwed = true
    }

    func isDue(at now: Instant) -> Bool {
        guard isOwed else { return false }
        guard let due else { return true }
        return due <= now
    }

    /// Who of `clients` is to be sent the list now; `nil` when it has to wait until ``due``.
    mutating func audience(of list: BoundedList, among clients: [ClientID], at now: Instant) -> [ClientID]? {
        let tokens = min(1 + list.bytes / DialectLimits.bytesPerBroadcast, Self.mostTokens)
        guard level.take(tokens, of: Self.rate, at: now) else {
            due = now.advanced(by: Self.interval * tokens)
            return nil
        }
        isOwed = false
        due = nil
        let knower = knower
        self.knower = nil
        return clients.filter { $0 != knower }
    }
}

/// The first values of a list that fit into what one message may carry.
struct BoundedList: Sendable {
    /// Most values of a list.
    static let maxCount = 1000
    /// Most bytes of a list of names.
    static let maxBytes = 100_000

    private(set) var values: [JSONValue] = []
    /// Of the list, formatted.
    private(set) var bytes = 2

    /// - Parameter most: Most bytes, formatted.
    init(_ all: some Sequence<JSONValue>, most: Int = Self.maxBytes) {
        for value in all {
            let size = value.formatted.utf8.count + 1
            guard values.count < Self.maxCount, bytes + size <= most else { return }
            values.append(value)
            bytes += size
        }
    }

    var value: JSONValue { .array(values) }
}
