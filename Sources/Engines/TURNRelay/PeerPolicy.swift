// SPDX-License-Identifier: Apache-2.0
public import NetworkAddresses

/// Which addresses may be peers.
///
/// ``denied`` comes before ``allowed``, and that before the rule for all others: ordinary global addresses may be
/// peers, those that are set aside for something may not (RFC 6890). Each rule looks at the address as it is
/// written and at the IPv4 address inside it.
public struct PeerPolicy: Hashable, Sendable {
    public var allowed: [AddressRange]
    public var denied: [AddressRange]

    public init(allowed: [AddressRange] = [], denied: [AddressRange] = []) {
        self.allowed = allowed
        self.denied = denied
    }
}

/// How far an address may be a peer.
enum PeerAccess: UInt8, BitwiseCopyable {
    case refused
    /// An address of this server: only relayed addresses of the same group, in memory.
    case relaysOnly
    /// Through the kernel, after relayed addresses of the same group.
    case open
}

extension PeerPolicy {
    /// - Parameters:
    ///   - own: Every address of this server.
    ///   - relays: Those of them that relayed addresses are on.
    func access(to ip: IPAddress, own: [IPAddress], relays: [IPAddress]) -> PeerAccess {
        let inner = ip.canonical
        // Such addresses are never on the wire: a system takes them for the IPv4 address inside.
        guard inner == ip || ip.high != 0 else { return .refused }
        let isRelay = relays.contains(ip)
        if !isRelay, isDenied(ip) || isDenied(inner) { return .refused }
        if isAllowed(ip), inner == ip || isAllowed(inner) || inner.purpose == nil {
            return isDenied(ip) ? .relaysOnly : .open
        }
        if isRelay { return .relaysOnly }
        guard !own.contains(ip), !own.contains(inner) else { return .refused }
        guard ip.purpose == nil || (ip.purpose == .translated && isGateway(ip)), inner.purpose == nil else {
            return .refused
        }
        return .open
    }

    /// Whether it is of the well-known prefix of NAT64: a host with IPv6 only reaches the IPv4 Internet there.
    private func isGateway(_ ip: IPAddress) -> Bool { ip.high == 0x0064_FF9B_0000_0000 }

    private func isAllowed(_ ip: IPAddress) -> Bool { allowed.contains { $0.contains(ip) } }
    private func isDenied(_ ip: IPAddress) -> Bool { denied.contains { $0.contains(ip) } }
}
