// SPDX-License-Identifier: Apache-2.0
import EngineKit
import NetworkAddresses
import STUN
import TURNRelay
import Testing

/// Clients as browsers are, over networks that lose what a seed says.
@Suite("Simulation")
struct SimulationTests {
    /// A client that keeps an allocation and a channel: refreshes a minute before the end, binds again every four
    /// minutes, sends requests again each second, and starts over when one fails.
    final class Browser {
        let client: Client
        var isAllocated = false
        var restarts = -1
        private var waiting: (bytes: [UInt8], sends: Int, then: (Browser) -> Void)?
        private var refreshAt = Instant.origin
        private var bindAt = Instant.origin

        init(_ client: Client) { self.client = client }

        /// One second.
        func step(_ loses: () -> Bool) {
            let now = client.site.now
            if waiting == nil {
                if !isAllocated {
                    start()
                } else if refreshAt <= now {
                    ask(client.signed(.refresh)) { $0.refreshAt = now.advanced(by: .seconds(540)) }
                } else if bindAt <= now {
                    ask(
                        client.signed(.channelBind) {
                            $0.append(channel: 0x4000)
                            $0.append(.xorPeerAddress, SocketAddress("8.8.8.8:9")!)
                        }
                    ) { $0.bindAt = now.advanced(by: .seconds(240)) }
                }
            }
            guard var request = waiting else { return }
            request.sends += 1
            waiting = request
            if request.sends > 30 { return startOver() }
            guard !loses(), let reply = client.ask(request.bytes), !loses() else { return }
            waiting = nil
            switch reply.error {
            case nil: request.then(self)
            case 401, 438: client.nonce = reply.nonce
            default: startOver()
            }
        }

        private func start() {
            restarts += 1
            ask(client.signed(.allocate) { $0.append(.requestedTransport, firstByte: 17) }) { browser in
                browser.isAllocated = true
                browser.refreshAt = browser.client.site.now.advanced(by: .seconds(540))
                browser.bindAt = .origin
            }
            restarts -= client.nonce == nil ? 1 : 0
        }

        func startOver() {
            waiting = nil
            isAllocated = false
        }

        /// The network gives the client another port, and nobody tells it.
        func move() { client.address.remote.port += 1 }

        private func ask(_ bytes: [UInt8], then: @escaping (Browser) -> Void) { waiting = (bytes, 0, then) }
    }

    static func losses(_ seed: UInt64, percent: Int) -> () -> Bool {
        var random = SeededRandomSource(seed: seed)
        return { Int(random.nextBytes(1)[0]) * 100 < percent * 256 }
    }

    @Test(
        "keeps all allocations for three hours although a third of all requests and answers are lost",
        arguments: 1...5)
    func lossy(seed: UInt64) {
        let site = Site { $0.unauthenticatedRate = 10 }
        let browsers = (1...8).map { Browser(Client(site, from: "192.0.2.1:\($0 * 100)")) }
        let loses = Self.losses(seed, percent: 33)
        var silent = 0
        for second in 0..<10_800 {
            for browser in browsers { browser.step(loses) }
            site.pass(.seconds(1))
            if second > 60 { silent += browsers.count { $0.client.channelData(0x4000, [1]) == .done } }
        }
        #expect(browsers.map(\.restarts) == Array(repeating: 0, count: 8))
        #expect(silent == 0)
        #expect(site.ledger.count == 8)
    }

    @Test("lets clients whose address changed allocate again, and forgets what they left")
    func moving() {
        let site = Site()
        let browsers = (1...4).map { Browser(Client(site, from: "192.0.2.1:\($0 * 1_000)")) }
        let loses = Self.losses(3, percent: 10)
        for second in 0..<7_200 {
            if second % 1_800 == 1_000 { browsers[second / 1_800].move() }
            for browser in browsers { browser.step(loses) }
            site.pass(.seconds(1))
        }
        #expect(browsers.allSatisfy { $0.restarts == 1 && $0.isAllocated })
        #expect(site.ledger.count == 4)
        #expect(site.server.allocationCount == 4)
    }

    @Test(
        "gives everything back after storms of clients that come, ask for too much and vanish",
        arguments: 1...5)
    func storms(seed: UInt64) {
        let site = Site(
            { $0.permissionsPerAllocation = 4 }, limits: RelayLimits(perUser: 7, perAddress: 11, total: 20),
            ports: 50_000...50_017)
        var random = SeededRandomSource(seed: seed)
        func draw(_ bound: Int) -> Int { Int(random.nextBytes(1)[0]) % bound }
        let clients = (0..<40).map { index in
            Client.limited(
                site, "m\(index % 3)/\(index % 5)", expires: 50_000,
                from: "192.0.2.\(index % 4 + 1):\(index + 1)")
        }
        for _ in 0..<3_000 {
            let client = clients[draw(40)]
            switch draw(12) {
            case 0...3: client.allocate { if draw(3) == 0 { $0.append(evenPort: draw(2) == 0) } }
            case 4: client.refresh(0)
            case 5: client.refresh()
            case 6: client.permit("8.8.8.\(draw(9)):1")
            case 7: client.bind(0x4000 + UInt16(draw(4)), "8.8.8.\(draw(9)):1")
            case 8: _ = client.sendIndication(to: "8.8.8.\(draw(9)):1")
            case 9: site.handle(.streamClosed(client.address))
            case 10: site.pass(.seconds(draw(60)))
            default: site.pass(.milliseconds(draw(900)))
            }
            Self.expectBalance(site)
        }
        site.pass(.seconds(1_300))
        #expect(site.server.allocationCount == 0)
        #expect(site.ledger.count == 0)
        #expect(site.server.deadline == nil)
        site.ledger.limits = RelayLimits()
        let again = (1...18).count { Client(site, "bob", from: "192.0.3.1:\($0)").allocate()?.error == nil }
        #expect(again == 12)
    }

    /// What the engine, the ledger and the counters say about allocations agrees.
    static func expectBalance(_ site: Site) {
        let list = site.server.allocations(at: site.now)
        let live = ClientTransport.allCases.reduce(0) { $0 + site.server.counters[$1].live }
        #expect(list.count == site.server.allocationCount)
        #expect(list.count == Int(live))
        #expect(list.count == site.ledger.count)
        #expect(list.count == site.leases.count)
        #expect(list.allSatisfy { $0.permissions <= 4 })
        #expect(Set(list.map(\.grant.relayed)).count == list.count)
    }
}
