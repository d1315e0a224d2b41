// SPDX-License-Identifier: Apache-2.0
public import NetworkAddresses

/// Which addresses may be peers.
///
/// ``denied`` comes before ``allowed``, and that before the rule for all others: ordinary global addresses may be
/// peers, those that are set aside for something may not (RFC 6890). Each rule looks at the address as it is
/// written and at the IPv4 address inside it. This machine, by whatever address, is opened by single addresses only:
/// who lists a network means its other machines.
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
    /// An address of this server: only relayed addresses of the same group, and media, in memory.
    case relaysOnly
    /// The same, and behind that whatever else the kernel reaches there, because the operator listed it.
    case relaysFirst
    /// Somebody else's address.
    case open
}

/// ``PeerPolicy`` and the addresses that it is about.
struct PeerGate {
    var policy: PeerPolicy
    var own = OwnAddresses()
    /// Without sockets, relayed addresses reach each other and nothing else.
    var hasSockets: Bool

    /// What may be done with `ip` as a peer.
    func access(to ip: IPAddress) -> PeerAccess {
        let isRelay = own.relays.contains(ip) || own.media.contains { $0.ip == ip }
        let elsewhere = hasSockets && isPermitted(ip)
        if isRelay { return elsewhere && policy.names(ip) ? .relaysFirst : .relaysOnly }
        guard elsewhere else { return .refused }
        let inner = ip.canonical
        let isOwn = own.all.contains(ip) || own.all.contains(inner) || own.relays.contains(inner)
        return !isOwn || policy.names(ip) ? .open : .refused
    }

    /// Whether the operator listed the address, as it is written and as it is inside, and nothing speaks against it:
    /// then connections may go there. RFC 6062.
    func isListed(_ ip: IPAddress) -> Bool {
        let access = access(to: ip)
        guard access == .open || access == .relaysFirst else { return false }
        return policy.allows(ip) && policy.allows(ip.canonical)
    }

    private func isPermitted(_ ip: IPAddress) -> Bool {
        let inner = ip.canonical
        if policy.denies(ip) || policy.denies(inner) { return false }
        // The system reaches itself at the unspecified address too.
        if inner.purpose == .loopback || inner.purpose == .unspecified { return policy.names(ip) }
        if inner == ip { return policy.allows(ip) || ip.purpose == nil }
        // Never on the wire as such: a system takes them for the IPv4 address inside.
        guard ip.high != 0 else { return false }
        // Hosts with IPv6 only reach the IPv4 Internet by the well-known prefix of NAT64; the other ways around
        // are closed unless they are listed.
        guard policy.allows(ip) || ip.high == 0x0064_FF9B_0000_0000 else { return false }
        return policy.allows(inner) || inner.purpose == nil
    }
}

extension PeerPolicy {
    fileprivate func allows(_ ip: IPAddress) -> Bool { allowed.contains { $0.contains(ip) } }
    fileprivate func names(_ ip: IPAddress) -> Bool {
        allowed.contains { $0.prefix == $0.address.bitWidth && $0.contains(ip) }
    }
    fileprivate func denies(_ ip: IPAddress) -> Bool { denied.contains { $0.contains(ip) } }
}
