// SPDX-License-Identifier: Apache-2.0
import EngineKit
import NetworkAddresses
import STUN
import TURNRelay
import Testing

@Suite("Allocate")
struct AllocateTests {
    @Test("gives a relayed address, the client's own, and ten minutes")
    func allocates() throws {
        let client = Client(Site())
        let reply = try #require(client.allocate())
        #expect(reply.messageClass == .success)
        #expect(reply.lifetime == 600)
        #expect(reply.mapped == SocketAddress("192.0.2.1:1000"))
        #expect(reply.relayed.map(\.ip) == [Site.relayAddress])
        #expect((49_152...65_535).contains(try #require(reply.relayed.first).port))
        #expect(reply.isProtected)
        #expect(client.site.server.counters[.udp].live == 1)
        #expect(client.site.server.counters[.udp].allocations == 1)
    }

    @Test(
        "takes lifetimes between ten minutes and an hour",
        arguments: [
            (nil, 600), (0, 600), (1, 600), (599, 600), (601, 601), (3_600, 3_600), (UInt32.max, 3_600),
        ] as [(UInt32?, UInt32)])
    func lifetimes(asked: UInt32?, given: UInt32) {
        let client = Client(Site())
        let reply = client.allocate { if let asked { $0.append(.lifetime, number: asked) } }
        #expect(reply?.lifetime == given)
    }

    @Test("is answered the same when it is sent again, and costs nothing")
    func retransmitted() throws {
        let site = Site()
        let client = Client(site)
        client.takeNonce()
        let request = client.signed(.allocate) { $0.append(.requestedTransport, firstByte: 17) }
        let first = try #require(client.ask(request))
        let second = try #require(client.ask(request))
        #expect(first.bytes == second.bytes)
        #expect(site.opened.count == 1)
        #expect(site.ledger.count == 1)
    }

    @Test("that is sent again while its relay opens is answered once")
    func retransmittedEarly() {
        let site = Site()
        site.holdsRelays = true
        let client = Client(site)
        client.takeNonce()
        let request = client.signed(.allocate) { $0.append(.requestedTransport, firstByte: 17) }
        #expect(client.ask(request) == nil)
        #expect(client.ask(request) == nil)
        site.answerRelays()
        #expect(site.sent.count == 1)
        #expect(site.opened.count == 1)
    }

    @Test("is refused with 437 for a second allocation of the same client")
    func second() {
        let client = Client(Site())
        client.allocate()
        #expect(client.allocate()?.error == 437)
        #expect(client.allocate { $0.append(STUNAttributeType(rawValue: 0x7FFF)) }?.error == 437)
        #expect(client.site.server.counters[.secondAllocation] == 2)
    }

    @Test("checks in the order of RFC 8656: 420 comes before 400 and 442")
    func order() {
        let client = Client(Site())
        client.takeNonce()
        let unknown = client.ask(client.signed(.allocate) { $0.append(STUNAttributeType(rawValue: 0x7FFF)) })
        #expect(unknown?.error == 420)
        #expect(unknown?.unknown == [STUNAttributeType(rawValue: 0x7FFF)])
        #expect(client.ask(client.signed(.allocate))?.error == 400)
        let tcp = client.ask(client.signed(.allocate) { $0.append(.requestedTransport, firstByte: 6) })
        #expect(tcp?.error == 442)
    }

    @Test("ignores attributes that need not be understood")
    func optional() {
        let client = Client(Site())
        let reply = client.allocate { $0.append(STUNAttributeType(rawValue: 0xFF05), [1, 2, 3, 4]) }
        #expect(reply?.messageClass == .success)
    }

    @Test("gives IPv6 when asked, and 440 where there is none")
    func families() {
        let both = Client(Site(both: true))
        let reply = both.allocate { $0.append(.requestedAddressFamily, firstByte: 2) }
        #expect(reply?.relayed.map(\.ip) == [Site.relayAddress6])
        let single = Client(Site())
        #expect(single.allocate { $0.append(.requestedAddressFamily, firstByte: 2) }?.error == 440)
        #expect(single.allocate { $0.append(.requestedAddressFamily, firstByte: 9) }?.error == 440)
    }

    @Test("gives IPv6 to whoever names no family where there is no IPv4, and 440 to whoever wants that")
    func withoutIPv4() {
        let client = Client(Site(families: [Site.relayAddress6]))
        #expect(client.allocate { $0.append(.requestedAddressFamily, firstByte: 1) }?.error == 440)
        #expect(client.allocate()?.relayed.map(\.ip) == [Site.relayAddress6])
        let nowhere = Client(Site(families: []))
        #expect(nowhere.allocate()?.error == 440)
    }

    @Test("gives both families when an additional one is asked for, or says which it lacks")
    func additional() {
        let both = Client(Site(both: true))
        let reply = both.allocate { $0.append(.additionalAddressFamily, firstByte: 2) }
        #expect(reply?.relayed.map(\.ip) == [Site.relayAddress, Site.relayAddress6])
        let single = Client(Site())
        let partial = single.allocate { $0.append(.additionalAddressFamily, firstByte: 2) }
        #expect(partial?.relayed.map(\.ip) == [Site.relayAddress])
        #expect(partial?.addressError == 440)
    }

    @Test("gives up one of two families when it is refreshed to zero")
    func dropsFamily() {
        let client = Client(Site(both: true))
        client.allocate { $0.append(.additionalAddressFamily, firstByte: 2) }
        #expect(client.permit("[2001:4860::1]:1", "203.0.114.1:1")?.error == nil)
        let request = client.signed(.refresh) {
            $0.append(.lifetime, number: 0)
            $0.append(.requestedAddressFamily, firstByte: 2)
        }
        // The answer is lost, and the request sent again.
        for _ in 0..<3 {
            let reply = client.ask(request)
            #expect(reply?.messageClass == .success)
            #expect(reply?.lifetime == 0)
        }
        #expect(client.permit("[2001:4860::1]:1")?.error == 443)
        #expect(client.permit("203.0.114.1:1")?.error == nil)
    }

    @Test(
        "refuses attributes that exclude each other",
        arguments: [
            [STUNAttributeType.reservationToken, .evenPort], [.reservationToken, .requestedAddressFamily],
            [.reservationToken, .additionalAddressFamily],
            [.requestedAddressFamily, .additionalAddressFamily],
            [.evenPort, .additionalAddressFamily],
        ])
    func conflicts(_ types: [STUNAttributeType]) {
        let client = Client(Site(both: true))
        let reply = client.allocate {
            for type in types {
                switch type {
                case .reservationToken: $0.append(type, longNumber: 1)
                case .evenPort: $0.append(evenPort: true)
                default: $0.append(type, firstByte: 2)
                }
            }
        }
        #expect(reply?.error == 400)
    }

    @Test("gives an even port, and the next one to whoever of the same user shows the token")
    func reservation() throws {
        let site = Site(ports: 50_000...50_003)
        let first = try #require(Client(site).allocate { $0.append(evenPort: true) })
        let port = try #require(first.relayed.first).port
        #expect(port.isMultiple(of: 2))
        let token = try #require(first.token)
        let thief = Client(site, "bob", from: "192.0.2.3:1")
        #expect(thief.allocate { $0.append(.reservationToken, longNumber: token) }?.error == 508)
        let second = Client(site, from: "192.0.2.1:1001")
        #expect(
            second.allocate { $0.append(.reservationToken, longNumber: token) }?.relayed.first?.port == port
                + 1)
        let third = Client(site, from: "192.0.2.1:1002")
        #expect(third.allocate { $0.append(.reservationToken, longNumber: token) }?.error == 508)
        #expect(site.server.counters[.badReservation] == 2)
    }

    @Test("with EVEN-PORT leaves the next port to others unless it is to be reserved")
    func evenPortOnly() {
        let site = Site(ports: 50_000...50_001)
        #expect(Client(site).allocate { $0.append(evenPort: false) }?.relayed.first?.port == 50_000)
        #expect(Client(site, from: "192.0.2.1:2").allocate()?.relayed.first?.port == 50_001)
    }

    @Test("keeps a reserved port for thirty seconds")
    func reservationEnds() throws {
        let site = Site(ports: 50_000...50_001)
        let reply = try #require(Client(site).allocate { $0.append(evenPort: true) })
        let token = try #require(reply.token)
        #expect(Client(site, from: "192.0.2.1:2").allocate()?.error == 508)
        site.pass(.seconds(30))
        let late = Client(site, from: "192.0.2.1:3").allocate {
            $0.append(.reservationToken, longNumber: token)
        }
        #expect(late?.error == 508)
        site.pass(.seconds(4))
        #expect(Client(site, from: "192.0.2.1:4").allocate()?.relayed.first?.port == 50_001)
    }

    @Test("is refused with 486 by quotas of one, and with 508 when all have too many or ports are out")
    func quotas() {
        let site = Site(limits: RelayLimits(perUser: 2, perAddress: 3, total: 4))
        let clients = (1...3).map { Client(site, from: "192.0.2.1:\($0)") }
        #expect(clients.map { $0.allocate()?.error } == [nil, nil, 486])
        let others = (4...5).map { Client(site, "bob", from: "192.0.2.1:\($0)") }
        #expect(others.map { $0.allocate()?.error } == [nil, 486])
        let far = (6...7).map { Client.limited(site, "\($0)", from: "192.0.2.\($0):1") }
        #expect(far.map { $0.allocate()?.error } == [nil, 508])
        let counters = site.server.counters
        #expect([counters[.userQuota], counters[.addressQuota], counters[.totalQuota]] == [1, 1, 1])
        clients[0].refresh(0)
        #expect(clients[2].allocate()?.error == nil)

        let small = Site(ports: 50_000...50_000)
        #expect(Client(small).allocate()?.error == nil)
        #expect(Client(small, from: "192.0.2.1:2").allocate()?.error == 508)
        #expect(small.server.counters[.noPort] == 1)
    }

    @Test("in single-port mode takes numbers that no socket has, from one range for all")
    func virtualPorts() {
        let site = Site(
            { $0.hasRelaySockets = false }, limits: RelayLimits(perUser: 100_000, perAddress: 100_000),
            ports: nil)
        let failed = (0..<5_000).count { index in
            Client(site, from: "192.0.\(index >> 15 + 2).1:\(index & 0x7FFF + 1)").allocate()?.error != nil
        }
        #expect(failed == 0)
        #expect(site.server.allocationCount == 5_000)
    }
}
