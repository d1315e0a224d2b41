// SPDX-License-Identifier: Apache-2.0
internal import Congestion
internal import EngineKit
internal import MediaPlans

extension Forwarder {
    /// How often a receiver's bandwidth is shared anew though nobody asks for it.
    private static var allocationInterval: Duration { .milliseconds(200) }
    /// What a packet of audio costs besides its payload, fifty times a second, in bit/s.
    private static var audioOverhead: Int { 24_000 }

    /// Shares a receiver's bandwidth among its slots, by what it shows large and what it shows at all.
    mutating func allocate(_ connection: Place<Connection<Ciphers>>, at now: Instant) {
        connection.value.nextAllocation = now.advanced(by: Self.allocationInterval)
        demands.removeAll(keepingCapacity: true)
        demandSlots.removeAll(keepingCapacity: true)
        var audio = 0
        for index in connection.value.slots {
            guard let slot = slots[index], let publication = publications[slot.value.publication] else {
                continue
            }
            if slot.value.kind == .audio {
                audio += publication.value.audioRate(at: now) + Self.audioOverhead
                continue
            }
            let wish = slot.value.wish
            // A wish without a size is for as large as there is.
            let height = wish.isPaused ? 0 : wish.height == 0 ? Int.max / 8 : Int(wish.height)
            demands.append(
                SlotDemand(
                    priority: wish.priority, isScreen: publication.value.traits.isScreen, height: height,
                    rates: publication.value.layerRates(at: now), layer: slot.value.allocated))
            demandSlots.append(index)
        }
        let target = connection.value.congestion?.value.target
        let wanted = LayerAllocator.wanted(demands, audio: audio)
        // A tenth more for what is sent again.
        connection.value.congestion?.value.wanted = wanted + wanted / 10
        _ = connection.value.allocator.allocate(&demands, target: target, audio: audio, at: now)
        for place in demandSlots.indices { aim(demandSlots[place], at: demands[place]) }
    }

    /// Lets a slot send what it was given.
    private mutating func aim(_ index: UInt32, at demand: SlotDemand) {
        guard let slot = slots[index] else { return }
        let wasWithheld = slot.value.isWithheld
        slot.value.allocated = demand.layer
        // What costs nothing as far as is known is let through: it is how its cost gets known.
        slot.value.isWithheld = demand.isStarved && demand.rates[Layer(spatial: 0, temporal: 0)] > 0
        if wasWithheld, !slot.value.isWithheld { begin(index) }
    }
}

extension Publication {
    /// In bit/s of payload.
    mutating func audioRate(at now: Instant) -> Int {
        layers[0].meter.measure(at: now)
        return layers[0].meter.rate(spatial: 0, temporal: 0)
    }
}
