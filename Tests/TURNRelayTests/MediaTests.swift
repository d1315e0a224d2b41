// SPDX-License-Identifier: Apache-2.0
import EngineKit
import NetworkAddresses
import STUN
import TURNRelay
import Testing

@Suite("Payload")
struct MediaTests {
    static let peer = "203.0.114.1:7"

    static func verdict(_ client: Client, to peer: String, _ payload: Range<Int>, df: Bool = false)
        -> ClientVerdict
    {
        .relay(client.relay, to: SocketAddress(peer)!, payload: payload, dontFragment: df)
    }

    @Test("goes both ways on a channel")
    func channel() {
        let client = Client(Site())
        client.allocate()
        #expect(client.bind(0x4FFF, Self.peer)?.messageClass == .success)
        #expect(client.channelData(0x4FFF, [1, 2, 3]) == Self.verdict(client, to: Self.peer, 4..<7))
        let verdict = client.site.receive(1_000, fromPeer: Self.peer, on: client.relay)
        #expect(verdict == .channel(client.address, number: 0x4FFF))
        let counters = client.site.server.counters[.udp]
        #expect([counters.packetsToPeers, counters.bytesToPeers] == [1, 3])
        #expect([counters.packetsToClients, counters.bytesToClients] == [1, 1_000])
    }

    @Test("goes both ways in indications")
    func indications() {
        let client = Client(Site())
        client.allocate()
        client.permit("203.0.114.1:1")
        #expect(client.sendIndication(to: Self.peer) == Self.verdict(client, to: Self.peer, 36..<39))
        #expect(client.sendIndication(to: Self.peer, []) == Self.verdict(client, to: Self.peer, 36..<36))
        let marked = client.sendIndication(to: Self.peer) { $0.append(.dontFragment) }
        #expect(marked == Self.verdict(client, to: Self.peer, 36..<39, df: true))
        let verdict = client.site.receive(5, fromPeer: Self.peer, on: client.relay)
        #expect(verdict == .indication(client.address, headerBytes: 36))
    }

    @Test(
        "that is too large for an indication is dropped, as its length would be another's",
        arguments: [("203.0.114.1:7", 65_516), ("[2001:4860::1]:7", 65_504)])
    func oversized(peer: String, largest: Int) {
        let client = Client(Site(both: true))
        client.allocate { $0.append(.additionalAddressFamily, firstByte: 2) }
        client.permit(peer)
        let headerBytes = RelayIndication.headerSize(SocketAddress(peer)!.ip)
        #expect(
            client.site.receive(largest, fromPeer: peer, on: client.relay)
                == .indication(client.address, headerBytes: headerBytes))
        #expect(client.site.receive(largest + 1, fromPeer: peer, on: client.relay) == .drop)
        #expect(client.site.server.counters[.oversized] == 1)
        // ChannelData has room for whatever comes.
        #expect(client.bind(0x4FFF, peer)?.messageClass == .success)
        #expect(
            client.site.receive(65_535, fromPeer: peer, on: client.relay)
                == .channel(client.address, number: 0x4FFF))
    }

    @Test(
        "from a peer wears a header that a client can read, of either family",
        arguments: ["203.0.114.1:7", "[2001:4860::1]:7"])
    func header(peer: String) throws {
        let client = Client(Site(both: true))
        client.allocate { $0.append(.additionalAddressFamily, firstByte: 2) }
        client.permit(peer)
        let verdict = client.site.receive(3, fromPeer: peer, on: client.relay)
        guard case .indication(_, let count) = verdict else {
            Issue.record("no indication")
            return
        }
        var bytes = [UInt8](repeating: 0, count: count)
        unsafe bytes.withUnsafeMutableBytes {
            unsafe client.site.server.writeIndicationHeader(into: $0, peer: SocketAddress(peer)!, count: 3)
        }
        bytes += [9, 8, 7, 0]
        let data = unsafe bytes.withUnsafeBytes { unsafe RelayIndication($0, type: RelayIndication.data) }
        #expect(data?.peer == SocketAddress(peer))
        #expect(data.map { Array(bytes[$0.payload]) } == [9, 8, 7])
    }

    @Test(
        "on a channel is dropped when its length is wrong, and taken with up to three bytes of padding",
        arguments: [
            (0, 0, true), (0, 3, true), (0, 4, false), (5, 5, true), (5, 8, true), (5, 9, false),
            (6, 5, false), (65_535, 5, false),
        ])
    func lengths(length: Int, bytes: Int, isTaken: Bool) {
        let client = Client(Site())
        client.allocate()
        client.bind(0x4000, Self.peer)
        let verdict = client.channelData(0x4000, Array(repeating: 1, count: bytes), length: length)
        #expect(verdict == (isTaken ? Self.verdict(client, to: Self.peer, 4..<4 + length) : .done))
    }

    @Test("on a channel that is not bound, or by a client without allocation, is dropped")
    func strangers() {
        let client = Client(Site())
        #expect(client.channelData(0x4000, [1]) == .done)
        client.allocate()
        client.site.sent = []
        #expect(client.channelData(0x4000, [1]) == .done)
        #expect(client.sendIndication(to: Self.peer) == .done)
        let counters = client.site.server.counters
        #expect([counters[.noAllocation], counters[.noChannel], counters[.noPermission]] == [1, 1, 1])
        #expect(client.site.sent.isEmpty)
    }

    @Test("of a client whose address changes needs a new allocation")
    func addressChange() {
        let client = Client(Site())
        client.allocate()
        client.bind(0x4000, Self.peer)
        client.address.remote.port += 1
        #expect(client.channelData(0x4000, [1]) == .done)
        #expect(client.refresh()?.error == 438)
        client.takeNonce()
        #expect(client.refresh()?.error == 437)
        #expect(client.allocate()?.error == nil)
    }

    @Test("from a peer to an allocation that has ended is dropped, also when its slot is used again")
    func generations() {
        let client = Client(Site())
        client.allocate()
        client.permit(Self.peer)
        let old = client.relay
        client.refresh(0)
        client.allocate()
        client.permit(Self.peer)
        #expect(client.relay.index == old.index)
        #expect(client.site.receive(1, fromPeer: Self.peer, on: old) == .drop)
        #expect(client.site.receive(1, fromPeer: Self.peer, on: client.relay) != .drop)
        #expect(
            client.site.receive(1, fromPeer: Self.peer, on: RelayID(index: 9_999, generation: 1)) == .drop)
    }

    @Test("above the bandwidth of an allocation is dropped, each way for itself, and flows again later")
    func bandwidth() {
        let site = Site { $0.allocationBandwidth = 1_000_000 }
        let client = Client(site)
        client.allocate()
        client.bind(0x4000, Self.peer)
        let payload = [UInt8](repeating: 0, count: 1_000)
        var taken = 0
        for _ in 0..<2_000 {
            if client.channelData(0x4000, payload) != .done { taken += 1 }
            site.now = site.now.advanced(by: .microseconds(500))
        }
        // One second at a million bytes, and a quarter of a second in advance.
        #expect((1_000 * 1_000 / 1_064...1_251 * 1_000 / 1_064).contains(taken))
        #expect(site.receive(1_000, fromPeer: Self.peer, on: client.relay) != .drop)
        #expect(site.server.counters[.bandwidth] == UInt64(2_000 - taken))
    }

    @Test("without payload costs bandwidth too, each way")
    func emptyPackets() {
        let site = Site { $0.allocationBandwidth = 1_000_000 }
        let client = Client(site)
        client.allocate()
        client.bind(0x4000, Self.peer)
        // A quarter of a second at 64 bytes each.
        #expect((0..<10_000).count { _ in client.channelData(0x4000, []) != .done } == 3_906)
        #expect(
            (0..<10_000).count { _ in site.receive(0, fromPeer: Self.peer, on: client.relay) != .drop }
                == 3_906)
        // And the largest packet passes at the lowest rate.
        let slow = Client(Site { $0.allocationBandwidth = 1 })
        slow.allocate()
        slow.bind(0x4000, Self.peer)
        #expect(slow.channelData(0x4000, [UInt8](repeating: 0, count: 65_500)) != .done)
    }

    @Test("of all allocations of one user shares the user's bandwidth")
    func userBandwidth() {
        let site = Site { $0.userBandwidth = 100_000 }
        let clients = (1...2).map { Client(site, from: "192.0.2.1:\($0)") }
        for client in clients {
            client.allocate()
            client.bind(0x4000, Self.peer)
        }
        let payload = [UInt8](repeating: 0, count: 1_000)
        let taken = (0..<200).count { clients[$0 % 2].channelData(0x4000, payload) != .done }
        #expect((60...70).contains(taken))
    }

    @Test("finds each of many channels and permissions, in whatever order they are used")
    func manyPeers() {
        let client = Client(Site())
        client.allocate()
        for index in 1...60 {
            #expect(client.bind(UInt16(0x4000 + index), "203.0.114.\(index):7")?.error == nil)
        }
        // Steps of 7 and 11 come by all of 60.
        for step in 0..<600 {
            let index = step * (step < 300 ? 7 : 11) % 60 + 1
            let peer = "203.0.114.\(index):7"
            #expect(client.channelData(UInt16(0x4000 + index), [1]) != .done)
            #expect(client.sendIndication(to: peer) != .done)
            let verdict = client.site.receive(1, fromPeer: peer, on: client.relay)
            #expect(verdict == .channel(client.address, number: UInt16(0x4000 + index)))
            #expect(client.site.receive(1, fromPeer: "203.0.115.1:1", on: client.relay) == .drop)
        }
        let report = client.site.server.allocations(at: client.site.now)[0]
        #expect((report.permissions, report.channels) == (60, 60))
    }

    @Test("of one user shares the user's bandwidth, whatever credential each allocation was made with")
    func accountBandwidth() {
        let site = Site { $0.userBandwidth = 100_000 }
        let clients = (1...3).map {
            Client.limited(site, "m/ann", expires: Int64($0 * 100), from: "192.0.2.1:\($0)")
        }
        for client in clients {
            client.allocate()
            client.bind(0x4000, Self.peer)
        }
        let payload = [UInt8](repeating: 0, count: 1_000)
        let taken = (0..<300).count { clients[$0 % 3].channelData(0x4000, payload) != .done }
        #expect((55...65).contains(taken))
    }

    @Test("that the user's bandwidth refuses does not cost the allocation's")
    func bothBandwidths() {
        let site = Site {
            $0.userBandwidth = 100_000
            $0.allocationBandwidth = 50_000
        }
        let clients = (1...2).map { Client(site, from: "192.0.2.1:\($0)") }
        for client in clients {
            client.allocate()
            client.bind(0x4000, Self.peer)
        }
        let payload = [UInt8](repeating: 0, count: 1_000)
        // One uses up what both have; the other tries in vain for a second, and has as much as before after it.
        while clients[0].channelData(0x4000, payload) != .done {}
        for _ in 0..<1_000 { #expect(clients[1].channelData(0x4000, payload) == .done) }
        site.now = site.now.advanced(by: .seconds(1))
        let taken = (0..<200).count { _ in clients[1].channelData(0x4000, payload) != .done }
        #expect((55...65).contains(taken))
    }

    // MARK: Hand-over

    @Test("to another relayed address of the same group is handed over in memory")
    func handOver() throws {
        let site = Site()
        let ann = Client.limited(site, "m1/ann")
        let ben = Client.limited(site, "m1/ben", from: "192.0.2.2:2")
        let from = try #require(ann.allocate()?.relayed.first)
        let to = try #require(ben.allocate()?.relayed.first)
        #expect(ann.bind(0x4000, "\(to)")?.error == nil)
        let verdict = ann.channelData(0x4000, [1, 2])
        guard case .handOver(let route, let source, let payload) = verdict else {
            Issue.record("not handed over")
            return
        }
        #expect(route.relay == ben.relay)
        #expect(source == from)
        #expect(payload == 4..<6)
        #expect(site.receive(2, fromPeer: "\(source)", on: route.relay) == .drop)
        ben.permit("\(from)")
        #expect(
            site.receive(2, fromPeer: "\(source)", on: route.relay)
                == .indication(ben.address, headerBytes: 36))
    }

    @Test("to relayed addresses of other groups, of nobody, and to other ports of our own is dropped")
    func otherGroups() throws {
        let site = Site()
        let ann = Client.limited(site, "m1/ann")
        let mallory = Client.limited(site, "m2/mallory", from: "192.0.2.3:3")
        let plain = Client(site, from: "192.0.2.4:4")
        ann.allocate()
        let others = try [mallory, plain].map { try #require($0.allocate()?.relayed.first) }
        for peer in others.map(\.description) + ["198.51.100.7:22", "198.51.100.7:3478"] {
            #expect(ann.permit(peer)?.error == nil)
            #expect(ann.sendIndication(to: peer) == .done)
        }
        #expect(site.server.counters[.notReachable] == 4)
        let gone = "\(others[0])"
        mallory.refresh(0)
        #expect(ann.sendIndication(to: gone) == .done)
    }

    @Test("of a listed own address goes through the kernel, but to relays of the group in memory")
    func listedOwn() throws {
        let site = Site { $0.peers.allowed = [AddressRange("198.51.100.7")!] }
        let first = Client(site)
        let second = Client(site, from: "192.0.2.2:2")
        first.allocate()
        let relayed = try #require(second.allocate()?.relayed.first)
        first.permit("198.51.100.7:1")
        #expect(
            first.sendIndication(to: "198.51.100.7:22") == Self.verdict(first, to: "198.51.100.7:22", 36..<39)
        )
        guard case .handOver = first.sendIndication(to: "\(relayed)") else {
            Issue.record("not handed over")
            return
        }
    }

    @Test(
        "to media of this server is handed over in memory, at their own addresses and at no other port",
        arguments: [true, false])
    func serverMedia(hasSockets: Bool) throws {
        let site = Site({ $0.hasRelaySockets = hasSockets }, ports: hasSockets ? 49_152...65_535 : nil)
        // Behind 1:1 NAT media are known by the public address, and nearby by the private one.
        let relays = [Site.relayAddress]
        let places = ["198.51.100.7:3478", "192.168.1.2:3478"].map { SocketAddress($0)! }
        site.handle(
            .addresses(OwnAddresses(relays: relays, all: relays + [places[1].ip], media: places)))
        let client = Client.limited(site, "m1/ann")
        let from = try #require(client.allocate()?.relayed.first)
        for (index, place) in places.enumerated() {
            #expect(client.sendIndication(to: "\(place)") == .done)
            #expect(client.bind(0x4000 + UInt16(index), "\(place)")?.error == nil)
            #expect(
                client.channelData(0x4000 + UInt16(index), [1, 2])
                    == .media(client.relay, to: place, from: from, payload: 4..<6))
            #expect(
                site.receive(2, fromPeer: "\(place)", on: client.relay)
                    == .channel(client.address, number: 0x4000 + UInt16(index)))
        }
        for other in ["198.51.100.7:22", "192.168.1.2:5349"] {
            #expect(client.sendIndication(to: other) == .done)
        }
        #expect(site.server.counters[.notReachable] == 2)
        #expect(client.permit("192.168.1.3:3478")?.error == 403)
        // Media go elsewhere: what was permitted leads nowhere now.
        site.handle(.addresses(OwnAddresses(relays: relays, all: relays + [places[1].ip])))
        #expect(client.channelData(0x4001, [1]) == .done)
    }

    @Test("cannot leave a server without relay sockets")
    func single() throws {
        let site = Site({ $0.hasRelaySockets = false }, ports: nil)
        let client = Client(site)
        let other = Client(site, from: "192.0.2.2:2")
        client.allocate()
        let relayed = try #require(other.allocate()?.relayed.first)
        #expect(client.permit(Self.peer)?.error == 403)
        #expect(client.permit("\(relayed)")?.error == nil)
        guard case .handOver = client.sendIndication(to: "\(relayed)") else {
            Issue.record("not handed over")
            return
        }
    }

    @Test("to an address that becomes ours while it is permitted no longer leaves")
    func addressesChange() {
        let site = Site()
        let client = Client(site)
        client.allocate()
        client.bind(0x4000, Self.peer)
        #expect(client.channelData(0x4000, [1]) != .done)
        let relays = [Site.relayAddress]
        site.handle(.addresses(OwnAddresses(relays: relays, all: relays + [IPAddress("203.0.114.1")!])))
        #expect(client.channelData(0x4000, [1]) == .done)
        #expect(client.sendIndication(to: Self.peer) == .done)
        #expect(site.server.counters[.forbiddenPeer] == 2)
    }

    // MARK: ICMP

    @Test("that does not arrive is reported to the client as ICMP says, at most ten times a second")
    func icmp() throws {
        let site = Site()
        let client = Client(site)
        client.allocate()
        let peer = SocketAddress(Self.peer)!
        let error = ICMPError(type: 3, code: 4, data: 1_280)
        site.handle(.peerUnreachable(client.relay, peer, error))
        client.permit(Self.peer)
        site.sent = []
        site.handle(.peerUnreachable(client.relay, peer, ICMPError(type: 8, code: 0)))
        for _ in 0..<3 { site.handle(.peerUnreachable(client.relay, peer, error)) }
        #expect(site.sent.count == 1)
        let reply = try #require(Reply(site.sent[0].bytes))
        #expect(reply.method == .data)
        #expect(reply.messageClass == .indication)
        #expect(reply.peer == peer)
        #expect(reply.icmp == 0x0604_0000_0500)
    }
}
