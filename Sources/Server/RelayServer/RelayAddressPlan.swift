// SPDX-License-Identifier: Apache-2.0
internal import NetworkAddresses
internal import TURNRelay

/// Which addresses are listened on, relayed on and told, worked out from what this machine has.
struct RelayAddressPlan: Hashable, Sendable {
    /// One socket each, on every loop: an answer leaves from the address that was asked.
    var listeners: [SocketAddress]
    /// The first of each family is used.
    var relays: [RelayAddress]
    var own: OwnAddresses

    /// - Parameters:
    ///   - interfaces: The addresses of all interfaces, in the system's order.
    ///   - preferred: Of these, the ones that lead out of this machine, which are relayed on first.
    init(
        _ wanted: [RelayListener], interfaces: [IPAddress], preferred: [IPAddress],
        publicAddresses: [PublicAddress]
    ) {
        var listeners: [SocketAddress] = []
        for listener in wanted {
            for ip in listener.addresses(among: interfaces) {
                let address = SocketAddress(ip: ip, port: listener.port)
                if !listeners.contains(address) { listeners.append(address) }
            }
        }
        self.listeners = listeners
        let bound = Self.relayAddresses(listeners.map(\.ip), preferred: preferred)
        relays = bound.flatMap { ip in Self.told(ip, bound, publicAddresses) }
        own = OwnAddresses(
            relays: relays.map(\.told), all: Set(interfaces + publicAddresses.map(\.ip) + bound).sorted())
    }

    /// The addresses that are listened on, those first that lead out; loopback ones only if there are no others.
    private static func relayAddresses(_ listened: [IPAddress], preferred: [IPAddress]) -> [IPAddress] {
        let outer = listened.filter { !$0.isLoopback }
        var ordered: [IPAddress] = []
        for ip in preferred.filter(outer.contains) + (outer.isEmpty ? listened : outer)
        where !ordered.contains(ip) {
            ordered.append(ip)
        }
        return ordered
    }

    /// What others know the address as: itself, unless it is translated.
    private static func told(
        _ ip: IPAddress, _ all: [IPAddress], _ publicAddresses: [PublicAddress]
    ) -> [RelayAddress] {
        let family = publicAddresses.filter { $0.ip.isIPv4 == ip.isIPv4 }
        let isFirst = all.first { $0.isIPv4 == ip.isIPv4 } == ip
        if let own = family.first(where: { $0.local == ip }) {
            return [RelayAddress(told: own.ip, bound: ip)]
        }
        // A public address that this machine has itself needs no translation.
        if family.contains(where: { $0.ip == ip }) { return [RelayAddress(told: ip, bound: ip)] }
        if isFirst, let any = family.first(where: { $0.local == nil && !all.contains($0.ip) }) {
            return [RelayAddress(told: any.ip, bound: ip)]
        }
        // With a public address, the others of its family lead nowhere from outside.
        return family.isEmpty ? [RelayAddress(told: ip, bound: ip)] : []
    }
}
