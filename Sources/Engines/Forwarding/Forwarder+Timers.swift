// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import ICE

extension Forwarder {
    /// Sees to a connection being looked at when an instant has come, or sooner.
    mutating func schedule(_ index: UInt32, at instant: Instant) {
        guard let connection = connections[index], Int(index) < timers.count else { return }
        guard instant < connection.value.due else { return }
        connection.value.due = instant
        wheel.remove(index, slots: &timers)
        wheel.insert(index, at: instant, now: clock, slots: &timers)
    }

    /// Looks at all connections whose time has come.
    mutating func tick(at now: Instant) {
        while let index = wheel.popDue(at: now, slots: &timers) {
            guard let connection = connections[index] else { continue }
            visit(connection, at: now)
            guard let connection = connections[index] else { continue }
            let due = nextVisit(connection, at: now)
            connection.value.due = due
            wheel.insert(index, at: due, now: now, slots: &timers)
        }
    }

    private mutating func visit(
        _ connection: Place<Connection<Ciphers>>, at now: Instant
    ) {
        let index = connection.value.id.index
        if connection.value.ice.deadline <= now {
            let reaction = connection.value.ice.tick(at: now)
            apply(reaction, to: index)
        }
        guard connection.value.sealer != nil, connection.value.path != nil else { return }
        if connection.value.nextReport <= now {
            // Without feedback the tiles decide alone, and pictures change their sizes seldom.
            if connection.value.congestion == nil { allocate(connection, at: now) }
            wake(index)
        }
        visitCongestion(connection, at: now)
        for place in connection.value.publications.indices {
            guard let publication = publications[connection.value.publications[place]] else { continue }
            for layer in 0..<(publication.value.layerCount) {
                if let due = publication.value.layers[layer].deadline, due <= now { wake(index) }
            }
            tellWanted(publication, at: now)
        }
    }

    /// When a connection wants to be looked at again.
    private func nextVisit(
        _ connection: Place<Connection<Ciphers>>, at now: Instant
    ) -> Instant {
        guard !connection.value.isLost else { return now.advanced(by: .seconds(1)) }
        var due = connection.value.ice.deadline
        if connection.value.sealer != nil, connection.value.path != nil {
            // What is due now is sent at the end of this turn.
            let report = connection.value.nextReport
            due = min(due, report <= now ? now.advanced(by: Self.reportInterval) : report)
            due = min(due, nextOfCongestion(connection))
            for place in connection.value.publications.indices {
                guard let publication = publications[connection.value.publications[place]] else { continue }
                for layer in 0..<(publication.value.layerCount) {
                    if let next = publication.value.layers[layer].deadline { due = min(due, next) }
                }
            }
        }
        return max(due, now.advanced(by: .milliseconds(5)))
    }
}
