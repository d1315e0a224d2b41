// SPDX-License-Identifier: Apache-2.0
import EngineKit
import NetworkAddresses
import STUN
import TURNRelay

extension ProbeTests {
    static let turnProbes: [Probe] = [
        Probe("T01 401 says realm and nonce and nothing else, without protection") {
            let client = Client(Site())
            let reply = client.ask(client.bare(.allocate) { $0.append(.requestedTransport, firstByte: 17) })
            return reply?.error == 401 && reply?.bytes.count == 64 && reply?.isProtected == false
        },
        Probe("T02 wrong password") { Client(Site(), "alice", "guess").allocate()?.error == 401 },
        Probe("T03 unknown user gets the same answer as a wrong password") {
            let known = Client(Site(), "alice", "guess").allocate()
            let unknown = Client(Site(), "mallo", "guess").allocate()
            return known?.error == unknown?.error && known?.bytes.count == unknown?.bytes.count
        },
        Probe("T04 another client's nonce") {
            let client = allocated()
            let thief = Client(client.site, from: "192.0.2.66:1")
            thief.nonce = client.nonce
            return thief.allocate()?.error == 438
        },
        Probe("T05 a nonce of our form that we never made") {
            let client = Client(Site())
            client.nonce = Array("AAAAAAAAAAAAAAAAAAAA".utf8)
            return client.allocate()?.error == 438
        },
        Probe("T06 one address and port guesses ten passwords and then one a second, others may go on") {
            let site = Site { $0.unauthenticatedRate = 10 }
            let client = Client(site, "alice", "guess")
            client.takeNonce()
            let burst = (0..<1_000).count { _ in client.allocate() != nil }
            site.now = site.now.advanced(by: .seconds(1))
            let later = (0..<1_000).count { _ in client.allocate() != nil }
            // Behind the same address, and with the right password behind the same port, later.
            let other = Client(site, from: "192.0.2.1:1001").allocate()?.error
            site.now = site.now.advanced(by: .seconds(1))
            client.password = "secret"
            return burst == 10 && later == 1 && other == nil && client.allocate()?.relayed.count == 1
        },
        Probe("T07 attributes behind MESSAGE-INTEGRITY are not obeyed") {
            let client = allocated()
            let bytes = client.signed(
                .createPermission, { $0.append(.xorPeerAddress, SocketAddress("8.8.8.8:1")!) },
                after: { $0.append(.xorPeerAddress, SocketAddress("8.8.4.4:1")!) })
            let lifetime = client.signed(.refresh, after: { $0.append(.lifetime, number: 0) })
            return client.ask(bytes)?.messageClass == .success
                && client.sendIndication(to: "8.8.4.4:1") == .done
                && client.ask(lifetime)?.lifetime == 600
        },
        Probe("T08 a name with NUL is not the shorter name") {
            Client(Site(), "alice\0", "secret").allocate()?.error == 401
                && Client(Site(), "alice\0x", "secret").allocate()?.error == 401
        },
        Probe("T09 the first of two equal attributes counts") {
            let client = allocated()
            let bytes = client.signed(.refresh) {
                $0.append(.lifetime, number: 700)
                $0.append(.lifetime, number: 0)
            }
            return client.ask(bytes)?.lifetime == 700
        },
        Probe("T10 a message whose code covers less than it says") {
            let client = allocated()
            var bytes = client.signed(.refresh) { $0.append(.lifetime, number: 700) }
            bytes[bytes.count - 1] ^= 1
            return client.ask(bytes)?.error == 401
        },
        Probe("T11 REQUESTED-TRANSPORT of TCP, and of nothing") {
            let client = Client(Site())
            client.takeNonce()
            return ([6, 0, 1, 255] as [UInt8]).allSatisfy { transport in
                client.ask(client.signed(.allocate) { $0.append(.requestedTransport, firstByte: transport) })?
                    .error
                    == 442
            }
        },
        Probe("T12 a second allocation of the same client") { allocated().allocate()?.error == 437 },
        Probe("T13 another user at a client's address") {
            let client = allocated()
            client.name = Array("bob".utf8)
            return client.refresh(0)?.error == 441 && client.site.server.allocationCount == 1
        },
        Probe("T14 data from a peer without permission") {
            let client = allocated()
            return client.site.receive(10, fromPeer: "8.8.8.8:1", on: client.relay) == .drop
        },
        Probe("T15 ports of 2,000 allocations in a row follow no order") {
            let site = Site(limits: RelayLimits(perUser: 5_000, perAddress: 5_000))
            let ports: [Int] = (1...2_000).compactMap { index in
                Client(site, from: "192.0.2.1:\(index)").allocate()?.relayed.first.map { Int($0.port) }
            }
            let steps = zip(ports, ports.dropFirst()).count { before, after in abs(after - before) == 1 }
            let upper = ports.count { $0 >= 57_344 }
            return ports.count == 2_000 && steps < 10 && (900...1_100).contains(upper)
        },
        Probe("T16 a time-limited name that is over, or too far ahead") {
            let site = Site()
            return Client.limited(site, "a", expires: -61).allocate()?.error == 401
                && Client.limited(site, "a", expires: 90_000, from: "192.0.2.1:2").allocate()?.error == 401
        },
        Probe("T17 a Send indication with an attribute that must be understood") {
            let client = allocated()
            client.permit("8.8.8.8:1")
            return client.sendIndication(to: "8.8.8.8:1") { $0.append(STUNAttributeType(rawValue: 0x7001)) }
                == .done
                && client.sendIndication(to: "8.8.8.8:0") == .done
        },
        Probe("T18 RFC 8016 and RFC 7635 are not there: 420") {
            let types = [0x0030, 0x001B].map { STUNAttributeType(rawValue: $0) }
            return types.allSatisfy { type in
                Client(Site()).allocate { $0.append(type, [1, 2, 3, 4]) }?.error == 420
            }
        },
        Probe("T19 one user asks for a thousand allocations and gets twelve, and none of them leaks") {
            let site = Site()
            let clients = (1...1_000).map { Client(site, from: "192.0.2.1:\($0)") }
            let made = clients.count { $0.allocate()?.error == nil }
            for client in clients where client.refresh(0)?.error == nil {}
            return made == 12 && site.ledger.count == 0
                && Client(site, from: "192.0.2.9:1").allocate()?.error == nil
        },
    ]
}
