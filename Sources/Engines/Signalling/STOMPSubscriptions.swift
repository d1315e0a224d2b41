// SPDX-License-Identifier: Apache-2.0

/// The subscriptions of one connection, and which messages of each wait to be acknowledged.
struct STOMPSubscriptions: Sendable {
    /// Names one delivery of a message, for the application.
    typealias Tag = STOMPConnection.MessageTag

    private struct Entry: Sendable {
        var subscription: STOMPSubscription
        /// Oldest first; numbers ascend.
        var waiting: [(number: UInt64, tag: Tag?)] = []
    }

    private var entries: [String: Entry] = [:]
    /// In the order of subscription, so that deliveries come out alike in every run.
    private var idsOfDestination: [String: [String]] = [:]
    private var idOfNumber: [UInt64: String] = [:]

    var count: Int { entries.count }
    /// Messages that wait to be acknowledged.
    var waitingCount: Int { idOfNumber.count }

    subscript(_ id: String) -> STOMPSubscription? { entries[id]?.subscription }

    func subscriptions(to destination: String) -> [STOMPSubscription] {
        idsOfDestination[destination, default: []].compactMap { entries[$0]?.subscription }
    }

    mutating func add(_ subscription: STOMPSubscription) {
        entries[subscription.id] = Entry(subscription: subscription)
        idsOfDestination[subscription.destination, default: []].append(subscription.id)
    }

    /// - Returns: what was removed, with the messages that nobody will acknowledge any more.
    mutating func remove(_ id: String) -> (subscription: STOMPSubscription, unsettled: [Tag])? {
        guard let entry = entries.removeValue(forKey: id) else { return nil }
        let destination = entry.subscription.destination
        idsOfDestination[destination]?.removeAll { $0 == id }
        if idsOfDestination[destination]?.isEmpty == true { idsOfDestination[destination] = nil }
        for message in entry.waiting { idOfNumber[message.number] = nil }
        return (entry.subscription, entry.waiting.compactMap(\.tag))
    }

    /// Removes everything. - Returns: the messages that nobody will acknowledge any more, in order.
    mutating func removeAll() -> [Tag] {
        let unsettled = entries.values.flatMap(\.waiting).sorted { $0.number < $1.number }
        self = STOMPSubscriptions()
        return unsettled.compactMap(\.tag)
    }

    /// Notes that message `number` was sent and waits to be acknowledged.
    mutating func expectAck(of number: UInt64, tag: Tag?, from id: String) {
        guard entries[id] != nil else { return }
        entries[id]?.waiting.append((number, tag))
        idOfNumber[number] = id
    }

    /// Takes message `number` off the list and, where acknowledgements are cumulative, those sent to
    /// the subscription before it.
    /// - Parameter id: The subscription, if the client said which.
    mutating func settle(_ number: UInt64, of id: String?) -> [Tag] {
        guard let owner = idOfNumber[number], id == nil || id == owner,
            let entry = entries[owner],
            let index = entry.waiting.firstIndex(where: { $0.number == number })
        else { return [] }
        let range = entry.subscription.ackMode == .client ? 0...index : index...index
        for message in entry.waiting[range] { idOfNumber[message.number] = nil }
        entries[owner]?.waiting.removeSubrange(range)
        return entry.waiting[range].compactMap(\.tag)
    }
}
