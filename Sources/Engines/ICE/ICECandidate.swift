// SPDX-License-Identifier: Apache-2.0
public import NetworkAddresses
public import SDP

/// An address where an agent may be reached. RFC 8445 §5.1.
public struct ICECandidate: Hashable, Sendable, BitwiseCopyable {
    /// What carries the datagrams.
    public enum Transport: Hashable, Sendable, BitwiseCopyable {
        case udp
        case tcp(ICETCPDirection)
    }

    public var kind: ICECandidateKind
    public var transport: Transport
    public var address: SocketAddress
    public var priority: UInt32

    public init(_ kind: ICECandidateKind, _ transport: Transport, _ address: SocketAddress, priority: UInt32)
    {
        self.kind = kind
        self.transport = transport
        self.address = address
        self.priority = priority
    }

    /// A candidate of this host, the first of its transport or a later one.
    public init(host address: SocketAddress, _ transport: Transport = .udp, index: UInt32 = 0) {
        let preference =
            switch transport {
            case .udp: 65_535 - min(index, 1_000)
            case .tcp(let direction): ICEPriority.localPreference(direction, other: 8_191 - min(index, 1_000))
            }
        self.init(
            .host, transport, address, priority: ICEPriority.candidate(.host, localPreference: preference))
    }

    /// A candidate that came in the signalling; `nil` for one that checks are not to be sent to.
    ///
    /// Names are not looked up, `.local` ones above all: they are only of use in their maker's network, and a
    /// server that resolved them would ask for whatever a stranger likes. Nor is anything sent to many at once, to
    /// nobody, or to a second component.
    public init?(_ candidate: SDPCandidate) {
        guard candidate.component == 1, candidate.port != 0,
            let ip = IPAddress(candidate.address), Self.isOneHost(ip)
        else { return nil }
        switch candidate.type {
        case "host": kind = .host
        case "srflx": kind = .serverReflexive
        case "prflx": kind = .peerReflexive
        case "relay": kind = .relayed
        default: return nil
        }
        switch candidate.transport {
        case "udp": transport = .udp
        case "tcp":
            let words = candidate.extensions.split(separator: " ")
            guard let index = words.firstIndex(of: "tcptype"), index + 1 < words.count else { return nil }
            switch words[index + 1] {
            case "active": transport = .tcp(.active)
            case "passive": transport = .tcp(.passive)
            case "so": transport = .tcp(.simultaneousOpen)
            default: return nil
            }
        default: return nil
        }
        address = SocketAddress(ip: ip, port: candidate.port)
        priority = candidate.priority
    }

    /// Whether one machine may have this address.
    private static func isOneHost(_ ip: IPAddress) -> Bool {
        switch ip.purpose {
        case .unspecified, .multicast, .broadcast: false
        default: true
        }
    }
}
