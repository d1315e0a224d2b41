// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// What one receiver is still to be told, and when it is tried again. No clock and no network.
///
/// It is in memory: webhooks tell what happens now, and who was not there to hear it for an hour, or while the
/// server is started anew, asks the API how things are. It is bounded: a receiver that is gone for long misses the
/// oldest events first.
struct WebhookQueue {
    struct Delivery: Hashable {
        /// The same at each attempt, so that receivers notice what comes twice.
        let id: String
        let body: [UInt8]
        fileprivate(set) var attempts = 0
        fileprivate(set) var dueAt: Instant
    }

    enum Outcome: Hashable {
        case taken
        case failed
        /// The receiver wants nothing any more: status 410.
        case gone
    }

    static let capacity = 1000
    /// Before the second attempt, the third and so on; then it is given up.
    static let pauses: [Duration] = [5, 30, 120, 600, 1800].map { .seconds($0) }

    /// In the order in which it happened.
    private(set) var deliveries: [Delivery] = []
    private(set) var isClosed = false
    /// Events that were never taken.
    private(set) var dropped = 0

    mutating func add(id: String, body: [UInt8], at now: Instant) {
        guard !isClosed else { return }
        if deliveries.count >= Self.capacity {
            deliveries.removeFirst()
            dropped += 1
        }
        deliveries.append(Delivery(id: id, body: body, dueAt: now))
    }

    /// The next one to be tried: the oldest of those that are due.
    func next(at now: Instant) -> Delivery? { deliveries.first { $0.dueAt <= now } }

    var deadline: Instant? { deliveries.map(\.dueAt).min() }

    mutating func finish(_ id: String, _ outcome: Outcome, at now: Instant) {
        guard let index = deliveries.firstIndex(where: { $0.id == id }) else { return }
        switch outcome {
        case .taken: deliveries.remove(at: index)
        case .failed:
            let attempts = deliveries[index].attempts
            guard attempts < Self.pauses.count else {
                deliveries.remove(at: index)
                dropped += 1
                return
            }
            deliveries[index].attempts = attempts + 1
            deliveries[index].dueAt = now.advanced(by: Self.pauses[attempts])
        case .gone:
            dropped += deliveries.count
            deliveries = []
            isClosed = true
        }
    }
}
