// SPDX-License-Identifier: Apache-2.0
import EngineKit
import NetworkAddresses
import STUN
import TURNRelay
import Testing

@Suite("Connections to peers")
struct TCPPeerTests {
    private static let peer = "203.0.113.9:80"

    private func site(_ change: (inout TURNSettings) -> Void = { _ in }) -> Site {
        Site({ settings in
            settings.allowsTCPPeers = true
            settings.peers.allowed = [AddressRange("203.0.113.0/24")!]
            change(&settings)
        })
    }

    /// A client with an allocation for TCP.
    private func client(_ site: Site, _ name: String = "alice", stream: UInt32 = 1) -> Client {
        let client = Client(site, name, from: "192.0.2.1:\(1000 + stream)", .tcp, stream: stream)
        client.takeNonce()
        #expect(allocate(client)?.error == nil)
        return client
    }

    private func allocate(_ client: Client, _ build: (inout STUNWriter) -> Void = { _ in }) -> Reply? {
        if client.nonce == nil { client.takeNonce() }
        return client.ask(
            client.signed(.allocate) {
                $0.append(.requestedTransport, firstByte: 6)
                build(&$0)
            })
    }

    private func connect(_ client: Client, _ peer: String = peer) -> Reply? {
        client.ask(client.signed(.connect) { $0.append(.xorPeerAddress, SocketAddress(peer)!) })
    }

    private func claim(_ client: Client, _ connection: UInt32) -> Reply? {
        if client.nonce == nil { client.takeNonce() }
        return client.ask(client.signed(.connectionBind) { $0.append(.connectionID, number: connection) })
    }

    private func expectRefused(_ peer: SocketAddress, _ relay: RelayID, _ site: Site) {
        let accepted = site.server.accept(peer, on: relay, at: site.now)
        #expect(accepted == nil)
    }

    /// The answer to the client after what the driver told.
    private func told(_ site: Site, _ input: TURNInput) -> Reply? {
        site.sent.removeAll()
        site.handle(input)
        return site.sent.last.flatMap { Reply($0.bytes) }
    }

    @Test("are not to be had unless they are switched on, with sockets, over a stream")
    func offers() {
        #expect(allocate(Client(Site(), .tcp))?.error == 442)
        #expect(allocate(Client(site { $0.hasRelaySockets = false }, .tcp))?.error == 442)
        for transport in [ClientTransport.udp, .dtls] {
            #expect(allocate(Client(site(), transport))?.error == 400)
        }
        for transport in [ClientTransport.tcp, .tls] {
            #expect(allocate(Client(site(), transport))?.error == nil)
        }
    }

    @Test("go with no attribute that is about datagrams or several ports")
    func attributes() {
        let site = site()
        let misfits: [(inout STUNWriter) -> Void] = [
            { $0.append(.dontFragment) }, { $0.append(evenPort: false) },
            { $0.append(.reservationToken, longNumber: 1) },
            { $0.append(.additionalAddressFamily, firstByte: 2) },
        ]
        for misfit in misfits { #expect(allocate(Client(site, .tcp), misfit)?.error == 400) }
    }

    @Test("are made when a client asks, and are the client's once it has claimed them")
    func connects() throws {
        let site = site()
        let alice = client(site)
        #expect(connect(alice) == nil)
        let request = try #require(site.connecting.last)
        #expect(request.to == SocketAddress(Self.peer))
        let reply = try #require(told(site, .peerConnected(request.id)))
        #expect(reply.error == nil && reply.isProtected && reply.connection == request.id.number)
        let data = Client(site, from: "192.0.2.1:2000", .tcp, stream: 2)
        #expect(claim(data, request.id.number)?.error == nil)
        #expect(site.granted?.client == data.address)
        #expect(claim(Client(site, from: "192.0.2.1:2001", .tcp, stream: 3), request.id.number)?.error == 400)
        site.pass(.seconds(100))
        #expect(site.closedPeers == [])
    }

    @Test(
        "go only where the operator has listed",
        arguments: [
            "8.8.8.8:80", "127.0.0.1:80", "169.254.169.254:80", "198.51.100.7:80",
        ])
    func policy(_ peer: String) {
        let site = site()
        let alice = client(site)
        #expect(connect(alice, peer)?.error == 403)
        #expect(alice.permit(peer)?.error == 403)
        #expect(site.connecting.isEmpty)
    }

    @Test("go nowhere else by another way to write an address, and never where it is denied")
    func disguises() {
        let site = Site(
            { settings in
                settings.allowsTCPPeers = true
                settings.peers.allowed = [AddressRange("::/0")!, AddressRange("203.0.113.0/24")!]
                settings.peers.denied = [AddressRange("203.0.113.66/32")!]
            }, both: true)
        let alice = Client(site, from: "192.0.2.1:1001", .tcp, stream: 1)
        #expect(allocate(alice) { $0.append(.requestedAddressFamily, firstByte: 2) }?.error == nil)
        for peer in [
            "[64:ff9b::7f00:1]:80", "[2002:7f00:1::]:80", "[64:ff9b::cb00:7142]:80", "[::7f00:1]:80",
        ] {
            #expect(connect(alice, peer)?.error == 403)
        }
        #expect(connect(alice, Self.peer)?.error == 443)
    }

    @Test("are one for each peer")
    func twins() throws {
        let site = site()
        let alice = client(site)
        _ = connect(alice)
        #expect(connect(alice)?.error == 446)
        let id = try #require(site.connecting.last?.id)
        site.handle(.peerConnected(id))
        #expect(connect(alice)?.error == 446)
        site.handle(.peerClosed(id))
        #expect(connect(alice) == nil)
    }

    @Test("that fail, or take longer than half a minute, are told as such")
    func failures() throws {
        let site = site()
        let alice = client(site)
        _ = connect(alice)
        let first = try #require(site.connecting.last?.id)
        #expect(told(site, .peerClosed(first))?.error == 447)
        _ = connect(alice)
        site.sent.removeAll()
        site.pass(.seconds(31))
        #expect(site.sent.last.flatMap { Reply($0.bytes) }?.error == 447)
        let second = try #require(site.connecting.last?.id)
        #expect(site.closedPeers == [second])
        #expect(site.server.counters[.peerNotReached] == 2)
        // Too late.
        #expect(told(site, .peerConnected(second)) == nil)
        #expect(site.closedPeers == [second, second])
    }

    @Test("that nobody claims are closed after half a minute")
    func unclaimed() throws {
        let site = site()
        let alice = client(site)
        _ = connect(alice)
        let id = try #require(site.connecting.last?.id)
        site.pass(.seconds(20))
        site.handle(.peerConnected(id))
        site.pass(.seconds(29))
        #expect(site.closedPeers == [])
        site.pass(.seconds(2))
        #expect(site.closedPeers == [id])
        #expect(site.server.counters[.unclaimed] == 1)
        #expect(claim(Client(site, from: "192.0.2.1:2000", .tcp, stream: 2), id.number)?.error == 400)
    }

    @Test("are not to be claimed by others, nor over datagrams, nor on a connection with an allocation")
    func strangers() throws {
        let site = site()
        let alice = client(site)
        _ = connect(alice)
        let id = try #require(site.connecting.last?.id)
        #expect(claim(Client(site, from: "192.0.2.1:2000", .tcp, stream: 2), id.number)?.error == 400)
        site.handle(.peerConnected(id))
        #expect(claim(Client(site, "bob", from: "192.0.2.1:2001", .tcp, stream: 3), id.number)?.error == 400)
        #expect(claim(Client(site, from: "192.0.2.1:2002"), id.number)?.error == 400)
        #expect(claim(alice, id.number)?.error == 400)
        #expect(
            claim(Client(site, from: "192.0.2.1:2003", .tcp, stream: 4), id.number ^ 1 << 12)?.error == 400)
        #expect(claim(Client(site, from: "192.0.2.1:2004", .tcp, stream: 5), id.number)?.error == nil)
    }

    @Test("from peers are told to the client if it permitted them, and closed if not")
    func attempts() throws {
        let site = site()
        let alice = client(site)
        let peer = SocketAddress(Self.peer)!
        expectRefused(peer, alice.relay, site)
        #expect(site.server.counters[.peerWithoutPermission] == 1)
        #expect(alice.permit(Self.peer)?.error == nil)
        let accepted = site.server.accept(peer, on: alice.relay, at: site.now)
        let id = try #require(accepted)
        site.sent.removeAll()
        site.handle(.tick)
        let told = try #require(site.sent.last.flatMap { Reply($0.bytes) })
        #expect(told.method == .connectionAttempt && told.messageClass == .indication)
        #expect(told.peer == peer && told.connection == id.number)
        #expect(claim(Client(site, from: "192.0.2.1:2000", .tcp, stream: 2), id.number)?.error == nil)
        site.pass(.seconds(301))
        expectRefused(SocketAddress("203.0.113.9:81")!, alice.relay, site)
    }

    @Test("are at most so many for an allocation")
    func limit() {
        let site = site { $0.connectionsPerAllocation = 2 }
        let alice = client(site)
        #expect(connect(alice, "203.0.113.9:1") == nil)
        #expect(connect(alice, "203.0.113.9:2") == nil)
        #expect(connect(alice, "203.0.113.9:3")?.error == 508)
        _ = alice.permit(Self.peer)
        expectRefused(SocketAddress(Self.peer)!, alice.relay, site)
        #expect(site.server.counters[.tooManyConnections] == 2)
    }

    @Test("end with the allocation, however it ends", arguments: 0..<3)
    func ends(_ way: Int) {
        let site = site()
        let alice = client(site)
        _ = connect(alice, "203.0.113.9:1")
        _ = connect(alice, "203.0.113.9:2")
        let ids = site.connecting.map(\.id)
        site.handle(.peerConnected(ids[0]))
        _ = claim(Client(site, from: "192.0.2.1:2000", .tcp, stream: 2), ids[0].number)
        switch way {
        case 0: alice.refresh(0)
        case 1: site.handle(.streamClosed(alice.address))
        default: site.handle(.revoke("alice"))
        }
        #expect(site.closedPeers == ids)
        #expect(site.server.allocationCount == 0)
    }

    @Test("leave no way for datagrams, and other allocations none for connections")
    func kinds() {
        let site = site()
        let alice = client(site)
        _ = alice.permit(Self.peer)
        #expect(alice.bind(0x4000, Self.peer)?.error == 400)
        #expect(alice.sendIndication(to: Self.peer) == .done)
        #expect(site.receive(10, fromPeer: Self.peer, on: alice.relay) == .drop)
        let bob = Client(site, "bob", from: "192.0.2.1:3000", .tcp, stream: 9)
        #expect(bob.allocate()?.error == nil)
        #expect(connect(bob)?.error == 437)
        expectRefused(SocketAddress(Self.peer)!, bob.relay, site)
    }
}

extension Client {
    fileprivate convenience init(_ site: Site, _ transport: ClientTransport) {
        self.init(site, from: "192.0.2.1:\(2000 + site.opened.count)", transport, stream: 77)
        takeNonce()
    }
}
