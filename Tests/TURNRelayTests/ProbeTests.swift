// SPDX-License-Identifier: Apache-2.0
import EngineKit
import NetworkAddresses
import STUN
import TURNRelay
import Testing

/// What somebody outside tries, and the only safe outcome.
///
/// P: through the relay into the inside. S: STUN, reflection, state before credentials. T: TURN. K: ChannelData and
/// bytes that break parsers. The same names as in the table of probes on the wire.
@Suite("Attack probes")
struct ProbeTests {
    struct Probe: CustomTestStringConvertible, Sendable {
        let testDescription: String
        /// Whether the server did the safe thing.
        let isSafe: @Sendable () -> Bool

        init(_ name: String, _ isSafe: @escaping @Sendable () -> Bool) {
            testDescription = name
            self.isSafe = isSafe
        }
    }

    @Test("have the safe result", arguments: peerProbes + stunProbes + turnProbes + channelProbes)
    func probe(_ probe: Probe) {
        #expect(probe.isSafe())
    }

    static func allocated(both: Bool = false, _ change: (inout TURNSettings) -> Void = { _ in }) -> Client {
        let client = Client(Site(change, both: both))
        client.allocate { if both { $0.append(.additionalAddressFamily, firstByte: 2) } }
        return client
    }

    static func refuses(_ peer: String, both: Bool = false) -> Bool {
        guard let ip = SocketAddress(peer)?.ip else { return false }
        return PeerPolicyTests.isRefused(ip, by: allocated(both: both))
    }

    /// The mapped form, which text does not have: it would be IPv4.
    static func mapped(_ v4: UInt32) -> IPAddress { IPAddress(high: 0, low: 0xFFFF_0000_0000 | UInt64(v4)) }

    // MARK: P

    static let peerProbes: [Probe] = [
        Probe("P01 127.0.0.1 as peer") { refuses("127.0.0.1:80") },
        Probe("P02 ::ffff:127.0.0.1 and ::ffff:169.254.169.254 as peers") {
            let client = allocated(both: true)
            return PeerPolicyTests.isRefused(mapped(0x7F00_0001), by: client)
                && PeerPolicyTests.isRefused(mapped(0xA9FE_A9FE), by: client)
        },
        Probe("P03 0.0.0.0, :: and ::1 as peers") {
            refuses("0.0.0.0:80") && refuses("[::]:80", both: true) && refuses("[::1]:80", both: true)
        },
        Probe("P04 own relayed address as its own peer") {
            let site = Site()
            let client = Client.limited(site, "m1/ann")
            guard let own = client.allocate()?.relayed.first else { return false }
            client.permit("\(own)")
            // It comes back to the client once, in memory, as an indication that is not sent on.
            guard case .handOver(let route, let from, _) = client.sendIndication(to: "\(own)") else {
                return false
            }
            let back = site.receive(3, fromPeer: "\(from)", on: route.relay)
            return back == .indication(client.address, headerBytes: 36)
        },
        Probe("P05 another meeting's relayed address as peer") {
            let site = Site()
            let ann = Client.limited(site, "m1/ann")
            let mallory = Client.limited(site, "m2/mallory", from: "192.0.2.3:3")
            guard let target = ann.allocate()?.relayed.first else { return false }
            mallory.allocate()
            mallory.permit("\(target)")
            mallory.bind(0x4000, "\(target)")
            return mallory.sendIndication(to: "\(target)") == .done
                && mallory.channelData(0x4000, [1]) == .done
        },
        Probe("P06 metadata and private networks as peers") {
            refuses("169.254.169.254:80") && refuses("10.0.0.1:80") && refuses("192.168.1.2:80")
                && refuses("[fd00:ec2::254]:80", both: true)
        },
        Probe("P07 6to4, Teredo and NAT64 around a private address") {
            refuses("[2002:a00:1::1]:80", both: true) && refuses("[64:ff9b::a00:1]:80", both: true)
                && refuses("[2001:0:a00:1::f5ff:fffe]:80", both: true)
        },
        Probe("P08 broadcast and multicast as peers") {
            refuses("255.255.255.255:80") && refuses("224.0.0.251:5353")
                && refuses("[ff02::fb]:5353", both: true)
        },
        Probe("P09 EVEN-PORT again and again does not empty the range of ports") {
            let site = Site(ports: 50_000...50_063)
            for index in 0..<200 {
                let client = Client(site, from: "192.0.2.1:\(index + 1)")
                guard client.allocate({ $0.append(evenPort: true) })?.error == nil else { return false }
                client.refresh(0)
                site.pass(.seconds(31))
            }
            return site.ledger.count == 0
        },
    ]

    // MARK: K

    static let channelProbes: [Probe] = [
        Probe("K01 ChannelData without allocation is not answered") {
            let client = Client(Site())
            return client.channelData(0x4000, [1, 2, 3]) == .done && client.site.sent.isEmpty
        },
        Probe("K02 ChannelData longer than its datagram") {
            let client = allocated()
            client.bind(0x4000, "8.8.8.8:1")
            return client.channelData(0x4000, [1, 2, 3], length: 65_535) == .done
        },
        Probe("K03 every prefix of a ChannelBind, and every length in it, is survived") {
            let client = allocated()
            let bytes = client.signed(.channelBind) {
                $0.append(channel: 0x4000)
                $0.append(.xorPeerAddress, SocketAddress("8.8.8.8:1")!)
            }
            for end in bytes.indices { client.ask(Array(bytes[..<end])) }
            for index in bytes.indices {
                for value in [0, 1, 0x7F, 0x80, 0xFC, 0xFF] as [UInt8] {
                    var changed = bytes
                    changed[index] = value
                    if changed != bytes, client.ask(changed)?.messageClass == .success { return false }
                }
            }
            return client.channelData(0x4000, [1]) == .done && client.ask(bytes)?.messageClass == .success
        },
    ]
}
