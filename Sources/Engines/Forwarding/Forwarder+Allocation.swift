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
        // Something is always sent, or nothing would ever be known of the path; and nothing is held back on a guess.
        var sent = 0
        for place in demands.indices where demands[place].layer != nil { sent += 1 }
        let isKnown = connection.value.congestion?.value.isFound ?? false
        connection.value.congestion?.value.isTight = isKnown && sent == 0 && !demands.isEmpty
        for place in demandSlots.indices {
            aim(demandSlots[place], at: demands[place], mayWithhold: isKnown && sent + place > 0)
        }
    }

    /// Lets a slot send what it was given.
    private mutating func aim(_ index: UInt32, at demand: SlotDemand, mayWithhold: Bool) {
        guard let slot = slots[index] else { return }
        let wasWithheld = slot.value.isWithheld
        slot.value.allocated = demand.layer
        // What costs nothing as far as is known is let through: it is how its cost gets known.
        slot.value.isWithheld =
            mayWithhold && demand.isStarved && demand.rates[Layer(spatial: 0, temporal: 0)] > 0
        if let publication = publications[slot.value.publication] {
            slot.value.layers.aim(at: target(of: demand, publication))
            if slot.value.isRunning, !slot.value.isWithheld, let rank = slot.value.layers.awaitedEncoding {
                wantKeyframe(publication, rank: rank)
            }
        }
        if shedding == .video, !demand.isScreen { slot.value.isWithheld = true }
        if wasWithheld, !slot.value.isWithheld { begin(index) }
    }

    /// What a slot is to be sent. What is the best there is at present stays so when more comes.
    private func target(of demand: SlotDemand, _ publication: Place<Publication>) -> LayerTarget {
        var target = LayerTarget()
        guard let layer = demand.layer else {
            // What is sent though it does not fit.
            if demand.isStarved, demand.rates[Layer(spatial: 0, temporal: 0)] > 0 {
                (target.spatial, target.temporal) = (0, 0)
            }
            return target
        }
        var isBestTime = true
        for temporal in layer.temporal &+ 1..<max(UInt8(LayerRates.temporalLayers), layer.temporal &+ 1)
        where demand.rates[Layer(spatial: layer.spatial, temporal: temporal)] > 0 { isBestTime = false }
        if !isBestTime { target.temporal = layer.temporal }
        if publication.value.layerCount > 1 {
            target.encoding = shedEncoding(layer.spatial)
            return target
        }
        var isBestSpace = true
        for spatial in layer.spatial &+ 1..<max(UInt8(LayerRates.spatialLayers), layer.spatial &+ 1)
        where demand.rates[Layer(spatial: spatial, temporal: 0)] > 0 { isBestSpace = false }
        if !isBestSpace { target.spatial = layer.spatial }
        return target
    }

    /// The best encoding that is sent while there is too much to do.
    private func shedEncoding(_ rank: UInt8) -> UInt8 {
        switch shedding {
        case .nothing: rank
        case .large: min(rank, 1)
        case .allButSmall, .video: 0
        }
    }
}

extension Publication {
    /// In bit/s of payload.
    mutating func audioRate(at now: Instant) -> Int {
        layers[0].meter.measure(at: now)
        return layers[0].meter.rate(spatial: 0, temporal: 0)
    }
}
