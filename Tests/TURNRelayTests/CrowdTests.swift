// SPDX-License-Identifier: Apache-2.0
import EngineKit
import NetworkAddresses
import STUN
import TURNRelay
import Testing

@Suite("Crowds behind one address")
struct CrowdTests {
    /// A site with the limits that servers start with.
    static func site() -> Site { Site { $0.unauthenticatedRate = TURNSettings().unauthenticatedRate } }

    /// The clients of one person: one for each of three connections, which Chrome opens at once.
    static func person(_ site: Site, _ number: Int) -> [Client] {
        (0..<3).map { Client(site, from: "192.0.2.1:\(1_024 + number * 3 + $0)") }
    }

    static func binds(_ client: Client) -> Bool { client.ask(client.bare(.binding))?.mapped != nil }

    @Test("500 people ask for their address and allocate three times in the same second")
    func school() {
        let site = Self.site()
        for number in 0..<500 {
            let clients = Self.person(site, number)
            #expect(Self.binds(clients[0]))
            for client in clients {
                client.name = Array("\(Site.wall + 60):school/\(number)".utf8)
                client.password = TURNCredential.password(of: client.name, secret: Site.secret, digests)
                #expect(client.allocate()?.relayed.count == 1)
            }
        }
        #expect(site.server.allocationCount == 1_500)
        #expect(site.server.counters[.rateLimited] == 0)
    }

    @Test("the keepalives of 500 people are answered, and leave challenges to others")
    func keepalives() {
        let site = Self.site()
        for second in 0..<60 {
            for number in 0..<1_500 where number % 10 == second % 10 {
                #expect(Self.binds(Client(site, from: "192.0.2.1:\(1_024 + number)")))
            }
            site.now = site.now.advanced(by: .seconds(1))
        }
        for _ in 0..<5_000 { _ = Self.binds(Client(site)) }
        #expect(!Self.binds(Client(site)))
        #expect(Client(site).allocate()?.relayed.count == 1)
    }

    @Test("one who asks without end, also with a wrong password, keeps nobody out who comes by a connection")
    func connections() {
        let site = Self.site()
        let flood = Client(site, "alice", "guess", from: "192.0.2.1:9")
        flood.takeNonce()
        for _ in 0..<5_000 {
            flood.ask(flood.bare(.allocate) { $0.append(.requestedTransport, firstByte: 17) })
            flood.ask(flood.bare(.binding))
            flood.allocate()
        }
        #expect(flood.ask(flood.bare(.binding)) == nil)
        for (index, transport) in [ClientTransport.tcp, .tls, .dtls].enumerated() {
            let client = Client(
                site, from: "192.0.2.1:\(100 + index)", transport, stream: UInt32(index + 1))
            #expect(Self.binds(client))
            #expect(client.allocate()?.relayed.count == 1)
        }
    }

    @Test("who has a nonce for their address is answered although the others have used everything up")
    func knownNonce() throws {
        let site = Self.site()
        let client = Client(site, from: "192.0.2.1:9")
        client.takeNonce()
        let flood = Client(site)
        for _ in 0..<5_000 {
            flood.ask(flood.bare(.allocate) { $0.append(.requestedTransport, firstByte: 17) })
        }
        client.password = "mistyped"
        #expect(client.allocate()?.error == 401)
        client.password = "secret"
        #expect(client.allocate()?.relayed.count == 1)
        site.pass(.seconds(500))
        client.refresh(3_600)
        site.pass(.seconds(3_200))
        #expect(client.refresh()?.error == 438)
    }

    @Test("a nonce that is more than a day older than it may be shows nothing")
    func oldNonce() {
        let site = Self.site()
        let (clients, flood) = (
            [Client(site, from: "192.0.2.1:9"), Client(site, from: "192.0.2.1:10")], Client(site)
        )
        for client in clients { client.takeNonce() }
        for (client, error) in zip(clients, [438, nil]) {
            site.now = site.now.advanced(by: .seconds(86_400))
            for _ in 0..<5_000 { flood.takeNonce() }
            #expect(client.allocate()?.error == error)
        }
    }
}
