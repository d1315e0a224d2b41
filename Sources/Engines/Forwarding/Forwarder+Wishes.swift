// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import MediaPlans

extension Forwarder {
    /// How long fewer encodings have to be enough before their sender is told so.
    private static var patienceWithFewer: Duration { .seconds(3) }

    /// Tells the sender of a publication which of its encodings anybody watches, when that has changed: more at once,
    /// fewer after a while.
    mutating func tellWanted(_ publication: Place<Publication>, at now: Instant) {
        guard publication.value.layerCount > 1, publication.value.hasStarted else { return }
        let wanted = wantedEncodings(publication)
        let told = publication.value.toldEncodings
        guard wanted != told else {
            publication.value.fewerSince = nil
            return
        }
        if wanted & ~told == 0 {
            let since = publication.value.fewerSince ?? now
            publication.value.fewerSince = since
            guard since.duration(to: now) >= Self.patienceWithFewer else { return }
        }
        publication.value.fewerSince = nil
        publication.value.toldEncodings = wanted
        outputs.append(.wanted(publication.value.id, encodings: wanted))
    }

    /// Which encodings fill the tiles of those who watch, by the sizes of their pictures: all up to the largest that is
    /// wanted, as paths may have no room for that; the smallest in any case, so that whoever comes sees something.
    private func wantedEncodings(_ publication: Place<Publication>) -> UInt8 {
        var most = 0
        var next = publication.value.subscribers
        while let slot = slots[next] {
            if !slot.value.wish.isPaused {
                most = max(most, usefulRank(publication, height: Int(slot.value.wish.height)))
            }
            next = slot.value.next
        }
        var wanted: UInt8 = 0
        for place in 0...min(most, publication.value.layerCount - 1) {
            wanted |= 1 << (publication.value.sizeOrder[place] & 7)
        }
        return wanted
    }

    /// The smallest encoding that fills a tile, in the order of sizes. A fifth of stretching is not seen.
    private func usefulRank(_ publication: Place<Publication>, height: Int) -> Int {
        let last = publication.value.layerCount - 1
        guard height > 0 else { return last }
        for place in 0..<last {
            let has = Int(publication.value.layers[Int(publication.value.sizeOrder[place] & 3)].height)
            // One whose size is not known may be any.
            if has == 0 { return last }
            if has * 6 / 5 >= height { return place }
        }
        return last
    }

    /// Leaves out what is least important, while the machine has more to do than it can.
    public mutating func shed(_ shedding: Shedding, at now: Instant) {
        clock = now
        guard shedding != self.shedding else { return }
        self.shedding = shedding
        for index in 0..<connections.end {
            guard let connection = connections[index], !connection.value.slots.isEmpty else { continue }
            allocate(connection, at: now)
        }
    }
}
