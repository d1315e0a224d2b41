// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import NetworkAddresses

// What the operator and the machine do to allocations.

extension TURNServer {
    /// Ends allocations whose credentials are over before their time, and refuses those credentials from now on.
    mutating func revoke(_ name: String, at now: Instant) {
        let bytes = Array(name.utf8)
        gatekeeper.revoke(bytes, at: now)
        counters.forgottenRevocations = gatekeeper.forgottenRevocations
        if let account = users.findAccount(name) { endAll(of: account, user: nil) }
        if let (user, account) = users.find(bytes) { endAll(of: account, user: user) }
    }

    /// Ends the allocations of an account, or of one of its names.
    private mutating func endAll(of account: UInt32, user: UInt32?) {
        var next = users[account: account].slots
        while next != endOfList {
            let slot = Int(next)
            next = slots[slot].account.next
            if user == nil || slots[slot].user == user { end(slot, closesStream: true) }
        }
    }

    /// Takes no new allocations, and ends the last ones at `deadline`.
    mutating func drain(until deadline: Instant, at now: Instant) {
        drainEnd = deadline
        if live == 0 { outputs.append(.drained) }
        expire(at: now)
    }

    /// Looks again at every permission: an address that was somebody else's may be ours now.
    mutating func take(_ addresses: OwnAddresses, at now: Instant) {
        peers.own = addresses
        for slot in slots.indices where slots[slot].state == .live {
            var index = slots[slot].permissions
            while index != endOfList {
                permissions[index].access = peers.access(to: permissions[index].ip)
                index = permissions[index].next
            }
            index = slots[slot].channels
            while index != endOfList {
                channels[index].access = peers.access(to: channels[index].peer.ip)
                index = channels[index].next
            }
        }
    }

    /// All allocations, for the operator.
    public func allocations(at now: Instant) -> [AllocationReport] {
        slots.indices.compactMap { index in
            let allocation = slots[index]
            guard allocation.state == .live else { return nil }
            return AllocationReport(
                relay: RelayID(index: UInt32(index), generation: allocation.generation),
                client: allocation.client, grant: allocation.grant,
                user: String(decoding: users[allocation.user].name, as: UTF8.self),
                age: Int(allocation.made.duration(to: now).components.seconds),
                remaining: max(Int(now.duration(to: allocation.endsAt).components.seconds), 0),
                permissions: Int(allocation.permissionCount), channels: Int(allocation.channelCount),
                packetsToPeers: allocation.packetsToPeers, bytesToPeers: allocation.bytesToPeers,
                packetsToClient: allocation.packetsToClient, bytesToClient: allocation.bytesToClient)
        }
    }
}
