// SPDX-License-Identifier: Apache-2.0
import EngineKit
import NetworkAddresses
import STUN
import TURNRelay
import Testing

@Suite("Lifetimes")
struct LifetimeTests {
    @Test("an allocation that is refreshed lives, one that is not ends with a few seconds of grace")
    func expiry() {
        let site = Site()
        let client = Client(site)
        client.allocate()
        site.pass(.seconds(590))
        #expect(client.refresh()?.lifetime == 600)
        site.pass(.seconds(602))
        #expect(site.server.allocationCount == 1)
        site.pass(.seconds(4))
        #expect(site.server.allocationCount == 0)
        #expect(site.closed == [site.opened[0].relay])
        #expect(site.ledger.count == 0)
        #expect(client.refresh()?.error == 437)
        #expect(site.server.counters[.udp].live == 0)
    }

    @Test("Refresh to zero ends an allocation at once, and the same client may allocate again at once")
    func release() {
        let site = Site(limits: RelayLimits(perUser: 250))
        let client = Client(site)
        for _ in 0..<1_000 {
            #expect(client.allocate()?.error == nil)
            #expect(client.refresh(0)?.lifetime == 0)
            #expect(client.refresh(0)?.error == 437)
        }
        #expect(site.ledger.count == 0)
        #expect(site.server.deadline == nil)
    }

    @Test("a port rests for thirty seconds before it is given again")
    func quarantine() {
        let site = Site(ports: 50_000...50_001)
        let client = Client(site)
        let first = client.allocate()?.relayed.first?.port
        client.refresh(0)
        site.pass(.seconds(29))
        #expect(client.allocate()?.relayed.first?.port != first)
        site.pass(.seconds(2))
        #expect(Client(site, from: "192.0.2.9:9").allocate()?.relayed.first?.port == first)
    }

    @Test("permissions end after five minutes, and data does not prolong them")
    func permissions() {
        let site = Site()
        let client = Client(site)
        client.allocate { $0.append(.lifetime, number: 3_600) }
        client.permit("203.0.114.1:1")
        for _ in 0..<10 {
            site.pass(.seconds(29))
            #expect(client.sendIndication(to: "203.0.114.1:7") != .done)
            #expect(site.receive(10, fromPeer: "203.0.114.1:7", on: client.relay) != .drop)
        }
        site.pass(.seconds(11))
        #expect(client.sendIndication(to: "203.0.114.1:7") == .done)
        #expect(site.receive(10, fromPeer: "203.0.114.1:7", on: client.relay) == .drop)
        #expect(site.server.counters[.noPermission] == 1)
        #expect(site.server.counters[.peerWithoutPermission] == 1)
        client.permit("203.0.114.1:1")
        #expect(client.sendIndication(to: "203.0.114.1:7") != .done)
    }

    @Test("a channel ends after ten minutes, and its permission after five unless either is prolonged")
    func channels() {
        let site = Site()
        let client = Client(site)
        client.allocate { $0.append(.lifetime, number: 3_600) }
        client.bind(0x4000, "203.0.114.1:7")
        site.pass(.seconds(301))
        #expect(client.channelData(0x4000, [1]) == .done)
        #expect(site.receive(1, fromPeer: "203.0.114.1:7", on: client.relay) == .drop)
        client.permit("203.0.114.1:1")
        #expect(client.channelData(0x4000, [1]) != .done)
        #expect(
            site.receive(1, fromPeer: "203.0.114.1:7", on: client.relay)
                == .channel(client.address, number: 0x4000))
        client.bind(0x4000, "203.0.114.1:7")
        site.pass(.seconds(240))
        client.permit("203.0.114.1:1")
        site.pass(.seconds(240))
        client.permit("203.0.114.1:1")
        site.pass(.seconds(121))
        #expect(client.channelData(0x4000, [1]) == .done)
        // The permission is still there, so the peer's data comes in indications.
        #expect(
            site.receive(1, fromPeer: "203.0.114.1:7", on: client.relay)
                == .indication(client.address, headerBytes: 36))
        #expect(client.bind(0x4000, "203.0.114.2:7")?.error == 400)
        site.pass(.seconds(300))
        #expect(client.bind(0x4000, "203.0.114.2:7")?.error == nil)
    }

    @Test("time-limited credentials let nobody refresh who is over, and the allocation ends soon after")
    func credentials() {
        let site = Site()
        let client = Client.limited(site, "ann", expires: 1_000)
        #expect(client.allocate { $0.append(.lifetime, number: 3_600) }?.lifetime == 1_000)
        site.pass(.seconds(990))
        #expect(client.refresh(3_600)?.lifetime == 600)
        site.pass(.seconds(100))
        #expect(client.refresh()?.error == 401)
        #expect(site.server.counters[.expiredCredentials] == 1)
        #expect(client.permit("203.0.114.1:1")?.error == nil)
        #expect(client.refresh(0)?.lifetime == 0)
        #expect(client.allocate()?.error == 401)
    }

    @Test("a wall clock that jumps ends no allocation", arguments: [3_600, -3_600])
    func clockJump(seconds: Int64) {
        let site = Site()
        let client = Client.limited(site, "ann", expires: 40_000)
        client.allocate()
        site.pass(.seconds(60))
        site.handle(.clock(WallClock(milliseconds: (Site.wall + 60 + seconds) * 1_000)))
        site.pass(.seconds(500))
        #expect(client.refresh()?.error == nil)
    }

    @Test("a driver that slept for a day ends everything in one tick")
    func sleep() {
        let site = Site()
        for index in 1...200 { Client(site, from: "192.0.2.1:\(index)").allocate() }
        #expect(site.server.allocationCount == 12)
        site.now = site.now.advanced(by: .seconds(86_400))
        site.handle(.tick)
        #expect(site.server.allocationCount == 0)
        #expect(site.server.deadline == nil)
    }

    @Test("a relay that the driver does not open is given up, and closed if it opens after all")
    func patience() {
        let site = Site()
        site.holdsRelays = true
        let client = Client(site)
        client.allocate()
        site.pass(.seconds(11))
        #expect(site.server.allocationCount == 0)
        let relay = site.opened[0].relay
        site.closed = []
        site.handle(.relayOpened(relay, RelayGrant(relayed: SocketAddress("198.51.100.7:50000")!)))
        #expect(site.closed == [relay])
        #expect(site.server.allocationCount == 0)
    }

    @Test("a connection that ends takes its allocation with it, and one that is over is closed")
    func streams() {
        let site = Site()
        let client = Client(site, from: "192.0.2.1:5", .tls, stream: 3)
        client.allocate()
        #expect(site.hasAllocation(client))
        site.handle(.streamClosed(client.address))
        #expect(!site.hasAllocation(client))
        #expect(site.closed.count == 1)
        #expect(site.closedStreams.isEmpty)
        client.allocate()
        site.pass(.seconds(700))
        #expect(site.closedStreams == [client.address])
    }

    @Test("draining refuses new allocations, keeps the old until they end, and says when none is left")
    func drain() {
        let site = Site()
        let client = Client(site)
        client.allocate()
        site.handle(.drain(deadline: site.now.advanced(by: .seconds(2_000))))
        #expect(Client(site, from: "192.0.2.2:2").allocate()?.error == 508)
        #expect(client.refresh()?.error == nil)
        site.pass(.seconds(500))
        #expect(client.refresh()?.error == nil)
        client.refresh(0)
        #expect(site.isDrained)
    }

    @Test("draining ends the last allocations at its deadline, and may name another server")
    func drainDeadline() {
        let site = Site { $0.alternate = SocketAddress("192.0.2.200:3478") }
        let client = Client(site)
        client.allocate()
        site.handle(.drain(deadline: site.now.advanced(by: .seconds(60))))
        let reply = Client(site, from: "192.0.2.2:2").allocate()
        #expect(reply?.error == 300)
        #expect(reply?.alternate == SocketAddress("192.0.2.200:3478"))
        #expect(!site.isDrained)
        site.pass(.seconds(61))
        #expect(site.isDrained)
        #expect(site.ledger.count == 0)
    }

    @Test(
        "revoking ends a user's allocations at once and refuses their credentials", arguments: [true, false])
    func revoke(byWholeName: Bool) {
        let site = Site()
        let client = Client.limited(site, "m1/ann")
        let other = Client.limited(site, "m1/ben", from: "192.0.2.2:2")
        client.allocate()
        other.allocate()
        site.handle(.revoke(byWholeName ? String(decoding: client.name, as: UTF8.self) : "m1/ann"))
        #expect(site.closed.count == 1)
        #expect(client.channelData(0x4000, [1]) == .done)
        #expect(client.allocate()?.error == 401)
        #expect(site.server.counters[.revokedCredentials] == 1)
        #expect(other.refresh()?.error == nil)
        let again = Client.limited(site, "m1/ann", expires: 3_601)
        #expect(again.allocate()?.error == (byWholeName ? nil : 401))
    }

    @Test("revoking ends all allocations of an account, or those of one of its names, and nobody else's")
    func revokeOneName() {
        let site = Site()
        let clients = (0..<12).map {
            Client.limited(site, "m/\($0 % 3)", expires: $0 < 6 ? 100 : 200, from: "192.0.2.1:\($0 + 1)")
        }
        for client in clients { client.allocate() }
        site.handle(.revoke("\(Site.wall + 100):m/1"))
        #expect(clients.indices.filter { !site.hasAllocation(clients[$0]) } == [1, 4])
        site.handle(.revoke("m/2"))
        #expect(clients.indices.filter { !site.hasAllocation(clients[$0]) } == [1, 2, 4, 5, 8, 11])
        clients[3].refresh(0)
        site.handle(.revoke("m/1"))
        site.handle(.revoke("m/0"))
        #expect(site.server.allocationCount == 0)
        #expect(site.ledger.count == 0)
        // Slots and numbers are used again.
        for number in 0..<4 {
            #expect(Client(site, from: "192.0.2.2:\(number + 1)").allocate()?.error == nil)
        }
        site.handle(.revoke("alice"))
        #expect(site.server.allocationCount == 0)
    }

    @Test("when too many names are revoked, those are forgotten that end first, and it is counted")
    func tooManyRevoked() {
        let site = Site { $0.revokedNames = 3 }
        let ends = [50_000, 2_000, 80_000, 600, 4_000] as [Int64]
        let clients = ends.indices.map {
            Client.limited(site, "\($0)", expires: ends[$0], from: "192.0.2.1:\($0 + 1)")
        }
        for client in clients { site.handle(.revoke(String(decoding: client.name, as: UTF8.self))) }
        #expect(clients.map { $0.allocate()?.error } == [401, nil, 401, nil, 401])
        #expect(site.server.counters.forgottenRevocations == 2)
        // What has ended makes room.
        site.handle(.clock(WallClock(milliseconds: (Site.wall + 5_000) * 1_000)))
        site.pass(.seconds(5_000))
        site.handle(.revoke("\(Site.wall + 9_000):x"))
        #expect(site.server.counters.forgottenRevocations == 2)
        #expect(
            clients[0].ask(clients[0].bare(.allocate) { $0.append(.requestedTransport, firstByte: 17) })?
                .error == 401)
    }

    @Test("a name that is revoked is refused until it has ended, however long that is")
    func revokedUntilTheEnd() {
        let site = Site()
        let client = Client.limited(site, "ann", expires: 86_400)
        site.handle(.revoke("ann"))
        for _ in 0..<24 {
            site.now = site.now.advanced(by: .seconds(3_590))
            site.handle(.revoke("somebody"))
            client.nonce = nil
            client.allocate()
        }
        #expect(site.server.counters[.revokedCredentials] == 24)
    }

    @Test("the wheel visits at the right second wherever it stands")
    func wheel() {
        for start in [0, 1, 63, 64, 65, 1_000_003] as [Int64] {
            let site = Site()
            site.now = site.now.advanced(by: .seconds(start))
            let client = Client(site)
            client.allocate()
            site.pass(.seconds(604))
            #expect(site.server.allocationCount == 1)
            site.pass(.seconds(2))
            #expect(site.server.allocationCount == 0)
        }
    }
}
