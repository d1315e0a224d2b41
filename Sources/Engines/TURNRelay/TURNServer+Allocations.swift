// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import NetworkAddresses

// The life of an allocation: opening, live, ended. What it holds is taken in `enter` and given back in `end`.

extension TURNServer {
    /// How long after its end an allocation still lives: some clients refresh ten seconds before, over links that lose.
    static var grace: Duration { .seconds(5) }
    /// How long a driver may take to open a relay.
    static var patience: Duration { .seconds(10) }

    /// The slot of the client's allocation, opening or live.
    func anySlot(of client: ClientAddress) -> Int? {
        guard let slot = clients[client] else { return nil }
        return Int(slot)
    }

    /// The slot of the client's live allocation.
    func slot(of client: ClientAddress) -> Int? {
        guard let slot = clients[client], slots[Int(slot)].state == .live else { return nil }
        return Int(slot)
    }

    /// The slot of a live allocation.
    func slot(of relay: RelayID) -> Int? {
        let index = Int(relay.index)
        guard index < slots.count, slots[index].generation == relay.generation, slots[index].state == .live
        else { return nil }
        return index
    }

    /// Takes a slot for a client whose credentials were checked.
    mutating func enter(_ allocation: Allocation, at now: Instant) -> RelayID {
        var allocation = allocation
        allocation.state = .opening
        let index: UInt32
        if let used = freeSlots.popLast() {
            index = used
            allocation.generation = slots[Int(used)].generation &+ 1
            slots[Int(used)] = allocation
        } else {
            index = UInt32(slots.count)
            slots.append(allocation)
        }
        clients.insert(index, for: allocation.client)
        users.link(index, slots: &slots)
        live += 1
        wheel.insert(index, at: now.advanced(by: Self.patience), now: now, slots: &slots)
        return RelayID(index: index, generation: allocation.generation)
    }

    /// Gives everything back. The driver closes the relay.
    mutating func end(_ slot: Int, closesStream: Bool) {
        let allocation = slots[slot]
        guard allocation.state != .free else { return }
        if allocation.state == .live {
            counters.transports[Int(allocation.client.transport.rawValue)].live -= 1
        }
        closeConnections(of: slot)
        outputs.append(.closeRelay(RelayID(index: UInt32(slot), generation: allocation.generation)))
        if closesStream, allocation.client.transport != .udp {
            outputs.append(.closeStream(allocation.client))
        }
        leave(slot)
    }

    /// Gives back what ``enter(_:at:)`` took.
    mutating func leave(_ slot: Int) {
        clients.remove(slots[slot].client)
        wheel.remove(UInt32(slot), slots: &slots)
        permissions.removeAll(&slots[slot].permissions)
        channels.removeAll(&slots[slot].channels)
        users.unlink(UInt32(slot), slots: &slots)
        users.leave(slots[slot].user)
        slots[slot].state = .free
        slots[slot].key = CredentialKey()
        freeSlots.append(UInt32(slot))
        live -= 1
        if live == 0, drainEnd != nil { outputs.append(.drained) }
    }

    /// Ends what has lasted its time, and sweeps what has ended out of the rest.
    mutating func expire(at now: Instant) {
        if let drainEnd, drainEnd <= now, live > 0 {
            for slot in slots.indices { end(slot, closesStream: true) }
        }
        expireConnections(at: now)
        while let slot = wheel.popDue(at: now, slots: &slots) {
            let index = Int(slot)
            switch slots[index].state {
            case .free: break
            case .opening:
                // The driver owes an answer; whatever it opened meanwhile is of a generation that is no more.
                if slots[index].made.advanced(by: Self.patience) <= now {
                    end(index, closesStream: false)
                } else {
                    wheel.insert(slot, at: now.advanced(by: Self.patience), now: now, slots: &slots)
                }
            case .live:
                guard slots[index].endsAt.advanced(by: Self.grace) > now else {
                    end(index, closesStream: true)
                    continue
                }
                sweep(index, at: now)
                wheel.insert(
                    slot, at: slots[index].endsAt.advanced(by: Self.grace), now: now, slots: &slots)
            }
        }
    }

    /// Frees permissions that have ended, and channels whose number may be used again.
    mutating func sweep(_ slot: Int, at now: Instant) {
        let permissionsOver = permissions.removeAll(&slots[slot].permissions) { $0.endsAt <= now }
        slots[slot].permissionCount -= UInt16(permissionsOver)
        let channelsOver = channels.removeAll(&slots[slot].channels) {
            $0.endsAt.advanced(by: Channel.rest) <= now
        }
        slots[slot].channelCount -= UInt16(channelsOver)
    }
}
