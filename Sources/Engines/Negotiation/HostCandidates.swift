// SPDX-License-Identifier: Apache-2.0
public import NetworkAddresses
public import SDP

extension SDPCandidate {
    /// The candidates of a server that is reached at `udp` and `tcp`, best first. RFC 8445 §5.1.2, RFC 6544 §4.2.
    public static func hosts(udp: [SocketAddress], tcp: [SocketAddress] = []) -> [SDPCandidate] {
        let datagrams = udp.enumerated().map { index, address in
            SDPCandidate(
                foundation: "\(index + 1)", priority: priority(local: 65_535 - min(index, 4_095)),
                address: address.ip.description, port: address.port)
        }
        let streams = tcp.enumerated().map { index, address in
            // Passive: the direction counts 4 of 7, the order is below it.
            SDPCandidate(
                foundation: "\(udp.count + index + 1)", transport: "tcp",
                priority: priority(local: (4 << 13) + 8_191 - min(index, 4_095)),
                address: address.ip.description, port: address.port, extensions: "tcptype passive")
        }
        return datagrams + streams
    }

    /// Of a host candidate of component 1, whose kind counts 126.
    private static func priority(local: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: 126 << 24 | (local & 0xFFFF) << 8 | 255)
    }
}
