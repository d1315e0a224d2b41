// SPDX-License-Identifier: Apache-2.0
import EngineKit
import NetworkAddresses
import STUN
import TURNRelay
import Testing

@Suite("Peer policy")
struct PeerPolicyTests {
    /// Addresses that nobody is to be relayed to, in every notation of IPv6 that ends at them.
    static let forbidden: [String] = [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
        "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        // Ours, but no relayed address.
        "192.168.1.2",
    ]
    static let forbidden6: [String] = [
        "::", "::1", "::2", "64:ff9b:1::1", "100::1", "2001:0:1::1", "2001:2::1", "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::1", "3fff::1", "4000::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
    ]
    static var embedded: [IPAddress] {
        var addresses = forbidden6.compactMap { IPAddress($0) }
        for text in ["127.0.0.1", "169.254.169.254", "10.0.0.1", "0.0.0.0", "192.168.1.2", "8.8.8.8"] {
            guard let v4 = IPAddress(text)?.v4 else { continue }
            let low = UInt64(v4)
            addresses += [
                IPAddress(high: 0, low: 0xFFFF_0000_0000 | low), IPAddress(high: 0, low: low),
                IPAddress(high: 0x2002 << 48 | low << 16, low: 1),
                IPAddress(high: 0x2001_0000 << 32, low: ~low),
                IPAddress(high: 0x0064_FF9B_0001_0000, low: low),
            ]
            if text != "8.8.8.8" { addresses.append(IPAddress(high: 0x0064_FF9B_0000_0000, low: low)) }
        }
        return addresses
    }

    /// Every way to reach a peer.
    static func isRefused(_ ip: IPAddress, by client: Client) -> Bool {
        let peer = SocketAddress(ip: ip, port: 80)
        let permission = client.ask(client.signed(.createPermission) { $0.append(.xorPeerAddress, peer) })
        let channel = client.ask(
            client.signed(.channelBind) {
                $0.append(channel: 0x4000)
                $0.append(.xorPeerAddress, peer)
            })
        var send = STUNWriter(.send, .indication, id: client.newID())
        send.append(.xorPeerAddress, peer)
        send.append(.data, [1])
        let verdicts = [
            client.site.receive(send.finish(), from: client.address), client.channelData(0x4000, [1]),
        ]
        return permission?.error == 403 && channel?.error == 403 && verdicts == [.done, .done]
    }

    @Test("refuses addresses that are set aside for something, and our own", arguments: forbidden)
    func special(text: String) throws {
        let client = Client(Site())
        client.allocate()
        #expect(Self.isRefused(try #require(IPAddress(text)), by: client))
        #expect(client.refresh()?.error == nil)
    }

    @Test(
        "refuses IPv6 addresses that are set aside, and those with a forbidden IPv4 address inside",
        arguments: embedded)
    func special6(ip: IPAddress) {
        let client = Client(Site(both: true))
        client.allocate { $0.append(.additionalAddressFamily, firstByte: 2) }
        #expect(Self.isRefused(ip, by: client))
    }

    @Test(
        "permits global addresses, and IPv4 ones through NAT64",
        arguments: ["8.8.8.8:1", "[2001:4860::1]:1", "[64:ff9b::808:808]:1"])
    func global(peer: String) {
        let client = Client(Site(both: true))
        client.allocate { $0.append(.additionalAddressFamily, firstByte: 2) }
        #expect(client.permit(peer)?.error == nil)
        #expect(client.sendIndication(to: peer) != .done)
    }

    @Test("permits what is listed, but not what is denied as well")
    func lists() {
        let site = Site {
            $0.peers.allowed = [AddressRange("10.0.0.0/8")!, AddressRange("127.0.0.1")!]
            $0.peers.denied = [AddressRange("10.1.0.0/16")!, AddressRange("8.8.8.0/24")!]
        }
        let client = Client(site)
        client.allocate()
        #expect(client.permit("10.2.0.1:1")?.error == nil)
        #expect(client.permit("127.0.0.1:1")?.error == nil)
        #expect(client.permit("10.1.0.1:1")?.error == 403)
        #expect(client.permit("8.8.8.8:1")?.error == 403)
        #expect(client.permit("127.0.0.2:1")?.error == 403)
        #expect(client.permit("8.8.4.4:1")?.error == nil)
    }

    @Test("opens this machine's own addresses by single addresses, not by a network that they are in")
    func ownAddresses() {
        let wide = ["192.168.0.0/16", "127.0.0.0/8", "198.51.100.0/24", "0.0.0.0/0", "::/0"]
        let inside = ["192.168.1.2", "127.0.0.1", "198.51.100.7", "0.0.0.0"]
        let closed = Client(Site { $0.peers.allowed = wide.compactMap { AddressRange($0) } })
        closed.allocate()
        for own in inside where own != "198.51.100.7" {
            #expect(PeerPolicyTests.isRefused(IPAddress(own)!, by: closed))
        }
        // A relayed address is a peer, and nothing else is there.
        #expect(closed.permit("198.51.100.7:80")?.error == nil)
        #expect(closed.sendIndication(to: "198.51.100.7:80") == .done)
        #expect(closed.permit("192.168.1.3:80")?.error == nil)
        let open = Client(Site { $0.peers.allowed = inside.compactMap { AddressRange($0) } })
        open.allocate()
        for own in inside {
            #expect(open.permit("\(own):80")?.error == nil)
            #expect(open.sendIndication(to: "\(own):80") != .done)
        }
    }

    @Test("refuses all peers of a request when one is forbidden, and keeps what was permitted before")
    func allOrNothing() {
        let client = Client(Site())
        client.allocate()
        client.permit("8.8.4.4:1")
        #expect(client.permit("8.8.8.8:1", "127.0.0.1:1")?.error == 403)
        #expect(client.sendIndication(to: "8.8.8.8:1") == .done)
        #expect(client.sendIndication(to: "8.8.4.4:1") != .done)
        #expect(client.permit()?.error == 400)
    }

    @Test("does not know CHANNEL-NUMBER in a CreatePermission")
    func channelInPermission() {
        let client = Client(Site())
        client.allocate()
        let bytes = client.signed(.createPermission) {
            $0.append(channel: 0x4000)
            $0.append(.xorPeerAddress, SocketAddress("8.8.8.8:1")!)
        }
        let reply = client.ask(bytes)
        #expect(reply?.error == 420)
        #expect(reply?.unknown == [.channelNumber])
    }

    @Test(
        "a thousand times the same peer in one frame is one permission, and behind them others are looked at")
    func duplicates() {
        let client = Client(Site(), from: "192.0.2.1:5", .tcp, stream: 1)
        client.allocate()
        let peers = (0..<1_000).map { SocketAddress("8.8.8.8:\($0)")! }
        let good = client.signed(.createPermission) {
            for peer in peers { $0.append(.xorPeerAddress, peer) }
        }
        #expect(client.ask(good)?.error == nil)
        #expect(client.site.server.allocations(at: client.site.now).map(\.permissions) == [1])
        let bad = client.signed(.createPermission) {
            for peer in peers { $0.append(.xorPeerAddress, peer) }
            $0.append(.xorPeerAddress, SocketAddress("127.0.0.1:1")!)
        }
        #expect(client.ask(bad)?.error == 403)
    }

    @Test("answers peers of a family that the allocation lacks with 443")
    func family() {
        let client = Client(Site(both: true))
        client.allocate()
        #expect(client.permit("[2001:4860::1]:1")?.error == 443)
        #expect(client.bind(0x4000, "[2001:4860::1]:1")?.error == 443)
    }

    // MARK: Channels and limits

    @Test("channels: one peer, one number, of the right range")
    func channels() {
        let client = Client(Site())
        client.allocate()
        #expect(client.bind(0x4000, "8.8.8.8:1")?.error == nil)
        #expect(client.bind(0x4000, "8.8.8.8:1")?.error == nil)
        #expect(client.bind(0x4000, "8.8.8.8:2")?.error == 400)
        #expect(client.bind(0x4001, "8.8.8.8:1")?.error == 400)
        for number in [0, 0x3FFF, 0x5000, 0x7FFF, 0xFFFF] as [UInt16] {
            #expect(client.bind(number, "8.8.8.8:3")?.error == 400)
        }
        #expect(client.bind(0x4FFF, "8.8.8.8:0")?.error == 400)
        #expect(client.ask(client.signed(.channelBind) { $0.append(channel: 0x4000) })?.error == 400)
    }

    @Test("permissions and channels of an allocation are bounded, and what ends makes room")
    func bounds() {
        let site = Site {
            $0.permissionsPerAllocation = 3
            $0.channelsPerAllocation = 2
        }
        let client = Client(site)
        client.allocate { $0.append(.lifetime, number: 3_600) }
        #expect(client.permit("8.8.8.1:1", "8.8.8.2:1", "8.8.8.3:1", "8.8.8.4:1")?.error == 508)
        #expect(client.permit("8.8.8.1:1", "8.8.8.1:2", "8.8.8.2:1", "8.8.8.3:1")?.error == nil)
        #expect(client.permit("8.8.8.4:1")?.error == 508)
        #expect(client.bind(0x4000, "8.8.8.4:1")?.error == 508)
        #expect(client.bind(0x4000, "8.8.8.1:1")?.error == nil)
        #expect(client.bind(0x4001, "8.8.8.1:2")?.error == nil)
        #expect(client.bind(0x4002, "8.8.8.1:3")?.error == 508)
        #expect(client.bind(0x4000, "8.8.8.1:1")?.error == nil)
        site.pass(.seconds(901))
        #expect(client.permit("8.8.8.4:1")?.error == nil)
        #expect(client.bind(0x4002, "8.8.8.4:1")?.error == nil)
        #expect(site.server.allocations(at: site.now).map(\.channels) == [1])
    }
}
