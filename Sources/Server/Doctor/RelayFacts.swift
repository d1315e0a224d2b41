// SPDX-License-Identifier: Apache-2.0
internal import NetworkAddresses
internal import ServerConfig
internal import TURNClient

/// What there is to know about the relay, and about the way to it.
struct RelayFacts: Hashable, Sendable {
    /// A way into the relay.
    enum Leg: Hashable, Sendable, CaseIterable {
        case udp, tcp, tls

        var name: String {
            switch self {
            case .udp: "UDP"
            case .tcp: "TCP"
            case .tls: "TLS"
            }
        }
    }

    /// How far a packet comes, hop by hop.
    enum Hop: Hashable, Sendable {
        /// The connection, or the handshake on it, failed with this error; 0 for none that has a number.
        case connect(Int32)
        case handshake
        /// The server answers no STUN.
        case discover(TURNFailure)
        case allocate(TURNFailure)
        case permit(TURNFailure)
        /// The relay took the packet, and it did not arrive.
        case relay
        /// From one relayed address to another and back.
        case complete
    }

    /// A sample of the ports for relayed addresses.
    struct Ports: Hashable, Sendable {
        var tried: Int
        /// How many of them others use.
        var taken: Int
    }

    /// What a server that runs was asked.
    struct Trial: Hashable, Sendable {
        /// Whether each address answers STUN over UDP.
        var discoveries: [SocketAddress: TURNFailure?] = [:]
        /// How far each leg came, and where it was tried.
        var legs: [Leg: Hop] = [:]
        var target: SocketAddress
        /// `nil` when no credential could be made.
        var hasCredential = true
    }

    /// The address that leads out of this machine; `nil` when none does.
    var source: IPAddress?
    /// Bytes that the system grants a socket for what waits to be received.
    var receiveBuffer: Int
    /// `nil` when that is not known.
    var ports: Ports?
    /// `nil` when no Parley runs.
    var trial: Trial?
}
