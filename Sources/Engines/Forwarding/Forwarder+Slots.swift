// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import MediaPlans
internal import RTP

extension Forwarder {
    /// Takes what a connection is sent in: all its sections each time. Slots that were there stay as they are.
    public mutating func setSlots(_ id: ConnectionID, _ plans: [SlotPlan], at now: Instant) {
        clock = now
        guard let connection = connections[id.index, id.generation] else { return }
        let old = connection.value.slots
        var kept: ContiguousArray<UInt32> = []
        for plan in plans.prefix(settings.maxSlots) {
            let known = slot(plan.ssrc, in: old)
            if known == nil, slot(plan.ssrc, in: kept) != nil { continue }
            if known == nil, old.count + kept.count >= 2 * settings.maxSlots { continue }
            if let known, let slot = slots[known] {
                slot.value.update(plan)
                if !kept.contains(known) { kept.append(known) }
                if plan.isActive { choosePayloadTypes(known) } else { fill(known, with: nobody) }
            } else {
                let slot = Slot(
                    connection: id.index, plan, sequence: UInt16(truncatingIfNeeded: draw()))
                kept.append(slots.insert(slot).0)
            }
        }
        // A slot that is no longer named may be named again, and its numbers must go on then: a number is never
        // encrypted with two contents.
        for index in old where !kept.contains(index) {
            slots[index]?.value.isActive = false
            fill(index, with: nobody)
            kept.append(index)
        }
        connection.value.slots = kept
        chooseFeedback(connection)
        if let plan = plans.first { connection.value.cname = Array(plan.cname.utf8.prefix(64)) }
        if connection.value.options.choosesAudio { assignAudio(connection.value.options.room.index) }
        schedule(id.index, at: now)
    }

    /// The slot of an SSRC among some.
    private func slot(_ ssrc: UInt32, in indices: ContiguousArray<UInt32>) -> UInt32? {
        for index in indices {
            if let slot = slots[index], slot.value.ssrc == ssrc { return index }
        }
        return nil
    }

    /// Fills slots as their receiver wishes: the whole wish each time. Slots that are not named are emptied, but
    /// those that the server fills.
    public mutating func view(_ id: ConnectionID, _ wishes: [SlotWish], at now: Instant) {
        clock = now
        guard let connection = connections[id.index, id.generation] else { return }
        let choosesAudio = connection.value.options.choosesAudio
        // What counts most comes first, and counts towards the most that anybody is sent.
        let wishes = wishes.sorted { $0.priority > $1.priority }
        var left = settings.lastN ?? .max
        var granted: Set<ShortName> = []
        for wish in wishes where wish.publication != nil && left > 0 {
            guard connection.value.slots.contains(where: { isVideo($0, wish.mid) }) else { continue }
            if granted.insert(wish.mid).inserted { left -= 1 }
        }
        for index in connection.value.slots {
            guard let slot = slots[index] else { continue }
            if slot.value.kind == .audio, choosesAudio { continue }
            let mid = slot.value.mid
            var wish = wishes.first { $0.mid == mid } ?? SlotWish(mid: mid, publication: nil)
            if slot.value.kind == .video, !granted.contains(mid) { wish.publication = nil }
            let wasPaused = slot.value.wish.isPaused
            slot.value.wish = wish
            let target = wish.publication.flatMap { publication(of: $0, for: id, kind: slot.value.kind) }
            fill(index, with: target ?? nobody)
            if wasPaused, !wish.isPaused { begin(index) }
        }
        allocate(connection, at: now)
    }

    private func isVideo(_ index: UInt32, _ mid: ShortName) -> Bool {
        guard let slot = slots[index] else { return false }
        return slot.value.mid == mid && slot.value.kind == .video && slot.value.isActive
    }

    /// The index of a publication that a connection may be sent.
    private func publication(of id: PublicationID, for viewer: ConnectionID, kind: MediaKind) -> UInt32? {
        guard let publication = publications[id.index, id.generation],
            let connection = connections[viewer.index],
            publication.value.kind == kind,
            publication.value.room == connection.value.options.room.index
        else { return nil }
        return id.index
    }

    /// Puts a publication into a slot, or nothing.
    mutating func fill(_ index: UInt32, with target: UInt32) {
        guard let slot = slots[index], slot.value.publication != target else { return }
        empty(index)
        let id = connections[slot.value.connection]?.value.id
        if target != nobody, let publication = publications[target], slot.value.isActive {
            slot.value.publication = target
            slot.value.next = publication.value.subscribers
            slot.value.previous = nobody
            if let head = slots[publication.value.subscribers] {
                head.value.previous = index
            }
            publication.value.subscribers = index
            publication.value.subscriberCount += 1
            choosePayloadTypes(index)
            slot.value.prepareHistory()
            begin(index)
        }
        if let id {
            let filled = publications[slot.value.publication]?.value.id
            outputs.append(.filled(id, mid: slot.value.mid, filled))
        }
    }

    /// Takes a slot out of the list of its publication's subscribers.
    mutating func empty(_ index: UInt32) {
        guard let slot = slots[index], slot.value.publication != nobody else { return }
        let (next, previous) = (slot.value.next, slot.value.previous)
        if let neighbour = slots[next] { neighbour.value.previous = previous }
        if let publication = publications[slot.value.publication] {
            if publication.value.subscribers == index {
                publication.value.subscribers = next
            }
            publication.value.subscriberCount -= 1
        }
        if let neighbour = slots[previous] { neighbour.value.next = next }
        slot.value.publication = nobody
        slot.value.next = nobody
        slot.value.previous = nobody
        slot.value.isFresh = false
    }

    /// Lets a slot begin with the next whole picture of its publication, which is asked for.
    mutating func begin(_ index: UInt32) {
        guard let slot = slots[index], let publication = publications[slot.value.publication]
        else { return }
        slot.value.layers.restart()
        slot.value.sending = Slot.nothing
        slot.value.filling &+= 1
        slot.value.cursor = publication.value.log.end
        guard publication.value.kind == .video else { return }
        if let recent = recentKeyframe(slot, publication) {
            slot.value.cursor = recent
            slot.value.isFresh = true
            wake(slot.value.connection)
        } else {
            wantKeyframe(publication, rank: slot.value.layers.target.encoding)
        }
    }

    /// Where a keyframe lies that is so new that a receiver can begin with it.
    private func recentKeyframe(_ slot: Place<Slot>, _ publication: Place<Publication>) -> UInt64? {
        var place = min(Int(slot.value.layers.target.encoding), publication.value.layerCount - 1)
        while place >= 0 {
            let position = publication.value.layers[Int(publication.value.sizeOrder[place] & 3)]
                .keyframePosition
            if publication.value.log.holds(position),
                publication.value.log[position].value.arrival.duration(to: clock) < .milliseconds(300)
            {
                return position
            }
            place -= 1
        }
        return nil
    }

    /// Finds out under which payload types a slot sends what fills it.
    mutating func choosePayloadTypes(_ index: UInt32) {
        guard let slot = slots[index], let publication = publications[slot.value.publication]
        else { return }
        var types = SIMD8<UInt8>(repeating: 255)
        var repeats = SIMD8<UInt8>(repeating: 255)
        for (codec, plan) in publication.value.codecs.prefix(8).enumerated() {
            guard let own = slot.value.codecs.taking(plan.format) else { continue }
            types[codec] = own.payloadType
            if let repeatType = own.rtxPayloadType { repeats[codec] = repeatType }
        }
        // A packet is sent again as it was or not at all.
        if slot.value.payloadTypes != types { slot.value.filling &+= 1 }
        slot.value.payloadTypes = types
        slot.value.rtxPayloadTypes = repeats
    }
}
