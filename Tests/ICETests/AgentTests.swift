// SPDX-License-Identifier: Apache-2.0
import EngineKit
import ICE
import NetworkAddresses
import SDP
import STUN
import TLS
import Testing

/// A caller with one UDP socket and one for TCP, and a server or another agent.
private struct Call {
    let network: VirtualNetwork
    var random: SeededRandomSource
    static let host = SocketAddress("192.0.2.1:5000")!
    static let streamHost = SocketAddress("192.0.2.1:5001")!
    static let second = SocketAddress("192.0.2.77:6000")!

    init(
        seed: UInt64 = 1, _ faults: VirtualNetwork.Faults = .init(), isLite: Bool = true, udp: Bool = true,
        tcp: Bool = false, bothControl: Bool? = nil
    ) {
        random = SeededRandomSource(seed: seed)
        let (ours, theirs) = (ICECredentials(using: &random), ICECredentials(using: &random))
        let caller = Agent(
            own: ours, isControlling: bothControl ?? true, digests: OpenSSLDigests(), random: random)
        _ = random.nextBytes(64)
        var called = Agent(
            own: theirs, isControlling: bothControl ?? false, digests: OpenSSLDigests(), random: random)
        let address = SocketAddress("198.51.100.1:3478")!
        called.handle(.local(ICECandidate(host: address), socket: 0), at: .origin)
        called.handle(.remote(ours), at: .origin)
        network = VirtualNetwork(
            seed: seed, faults, caller: caller,
            answerer: isLite ? .lite(ICELite(own: theirs, at: .origin)) : .full(called))
        network.addresses = [0: Self.host, 1: Self.streamHost]
        network.input(.local(ICECandidate(host: Self.host), socket: 0))
        network.input(.local(ICECandidate(host: Self.streamHost, .tcp(.active)), socket: 1))
        network.input(.remote(theirs))
        if udp { network.input(.candidate(ICECandidate(host: address))) }
        if tcp { network.input(.candidate(ICECandidate(host: address, .tcp(.passive)))) }
        network.input(.endOfCandidates)
    }

    var server: ICELite? {
        if case .lite(let server) = network.answerer { server } else { nil }
    }

    var other: Agent? {
        if case .full(let agent) = network.answerer { agent } else { nil }
    }
}

@Suite("A full agent calls a server")
struct AgentTests {
    @Test("Two round trips bring a path that both ends have selected")
    func connects() {
        let call = Call()
        let time = call.network.run(for: .seconds(2)) { $0.caller.selected != nil }
        #expect(time == .milliseconds(80))
        #expect(call.server?.isNominated == true)
        #expect(call.server?.selected?.remote == Call.host)
        #expect(call.network.caller.state == .connected)
    }

    @Test("It connects whatever the network does to datagrams", arguments: 1...20 as ClosedRange<UInt64>)
    func connectsOverBadNetworks(seed: UInt64) {
        let faults = VirtualNetwork.Faults(
            loss: 30, duplicates: 20, delay: .milliseconds(50), jitter: .milliseconds(100))
        for isLite in [true, false] {
            let call = Call(seed: seed, faults, isLite: isLite)
            #expect(call.network.run(for: .seconds(20)) { $0.caller.selected != nil } != nil)
            call.network.run(for: .seconds(5))
            #expect(!call.network.answererSelected.isEmpty)
        }
    }

    @Test("Where UDP is blocked, it connects over TCP")
    func tcp() {
        var faults = VirtualNetwork.Faults()
        faults.isUDPBlocked = true
        let call = Call(faults, tcp: true)
        let time = call.network.run(for: .seconds(5)) { $0.caller.selected != nil }
        #expect((time ?? .seconds(9)) < .milliseconds(600))
        #expect(call.network.caller.selected?.isStream == true)
        #expect(call.server?.selected?.isStream == true)
    }

    @Test("Where both work, UDP is taken")
    func udpFirst() {
        let call = Call(tcp: true)
        call.network.run(for: .seconds(3))
        #expect(call.network.caller.selected?.isStream == false)
        #expect(call.server?.selected?.isStream == false)
    }

    @Test("It keeps consent for hours, over a network that loses a tenth")
    func consent() {
        let call = Call(VirtualNetwork.Faults(loss: 10))
        call.network.run(for: .seconds(7_200))
        #expect(call.network.caller.state == .connected)
        #expect(call.network.answererLoss == nil)
        #expect(call.server?.selected != nil)
    }

    @Test("When the network is gone, nothing is sent after 30 seconds, and the agent gives up after 30 more")
    func consentExpires() {
        let call = Call()
        call.network.run(for: .seconds(10))
        call.network.faults.isUDPBlocked = true
        call.network.run(for: .seconds(36))
        #expect(call.network.caller.selected == nil)
        #expect(call.network.caller.state == .disconnected)
        #expect(call.network.answererLoss == .consentExpired)
        call.network.run(for: .seconds(35))
        #expect(call.network.caller.state == .failed)
        #expect(call.network.caller.deadline == nil)
    }

    @Test("A network that comes back before that is taken up again")
    func comesBack() {
        let call = Call()
        call.network.run(for: .seconds(10))
        call.network.faults.isUDPBlocked = true
        call.network.run(for: .seconds(24))
        call.network.faults.isUDPBlocked = false
        call.network.run(for: .seconds(10))
        #expect(call.network.caller.state == .connected)
        #expect(call.server?.selected != nil)
    }

    @Test("An agent that moves to another network is followed within a round trip and a half")
    func moves() {
        let call = Call()
        call.network.run(for: .seconds(10))
        call.network.addresses[2] = Call.second
        call.network.input(.local(ICECandidate(host: Call.second, index: 1), socket: 2))
        call.network.run(for: .seconds(1))
        #expect(call.server?.selected?.remote == Call.host)
        call.network.addresses[0] = nil
        call.network.input(.removeLocal(socket: 0))
        let time = call.network.run(for: .seconds(2)) { _ in
            call.server?.selected?.remote == Call.second && call.network.caller.selected != nil
        }
        #expect((time ?? .seconds(9)) <= .milliseconds(60))
    }

    @Test("A router that gives the agent a new address is noticed with the next check of consent")
    func translation() {
        let call = Call()
        call.network.run(for: .seconds(10))
        call.network.translations[Call.host] = SocketAddress("203.0.113.9:777")!
        let time = call.network.run(for: .seconds(20)) { _ in
            call.server?.selected?.remote == SocketAddress("203.0.113.9:777")
        }
        #expect((time ?? .seconds(99)) < .seconds(6.5))
        #expect(call.network.caller.state == .connected)
    }

    @Test("A restart keeps media where they are until the new credentials have led somewhere")
    func restart() {
        var call = Call()
        call.network.run(for: .seconds(10))
        let (ours, theirs) = (ICECredentials(using: &call.random), ICECredentials(using: &call.random))
        guard case .lite(var server) = call.network.answerer else { return }
        _ = server.restart(theirs)
        call.network.answerer = .lite(server)
        call.network.input(.restart(ours))
        #expect(call.network.caller.selected != nil)
        call.network.input(.remote(theirs))
        call.network.input(.candidate(ICECandidate(host: call.network.answererAddress)))
        #expect(call.network.caller.selected != nil)
        call.network.run(for: .seconds(1))
        #expect(call.server?.former == nil)
        #expect(call.server?.selected?.remote == Call.host)
        call.network.run(for: .seconds(60))
        #expect(call.network.caller.state == .connected)
    }
}

@Suite("Two full agents")
struct AgentPairTests {
    @Test("They agree on a path, and only one controls", arguments: [nil, true, false])
    func roles(bothControl: Bool?) {
        for seed in 1...20 as ClosedRange<UInt64> {
            let call = Call(seed: seed, isLite: false, bothControl: bothControl)
            call.network.run(for: .seconds(5))
            #expect(call.network.caller.state == .connected)
            #expect(call.other?.state == .connected)
            #expect(call.network.caller.isControlling != call.other?.isControlling)
            #expect(call.other?.selected?.remote == Call.host)
        }
    }

    @Test("An agent behind a router is found by its own checks")
    func peerReflexive() {
        let call = Call(isLite: false)
        call.network.translations[Call.host] = SocketAddress("203.0.113.9:777")!
        call.network.run(for: .seconds(5))
        #expect(call.other?.selected?.remote == SocketAddress("203.0.113.9:777"))
        #expect(call.network.caller.state == .connected)
    }
}

@Suite("Hostile candidates and messages")
struct HostileAgentTests {
    @Test(
        "Names, groups, nobody's addresses and unknown kinds are ignored",
        arguments: [
            SDPCandidate(foundation: "1", priority: 1, address: "4f3a.local", port: 5000),
            SDPCandidate(foundation: "1", priority: 1, address: "example.org", port: 5000),
            SDPCandidate(foundation: "1", priority: 1, address: "224.0.0.1", port: 5000),
            SDPCandidate(foundation: "1", priority: 1, address: "255.255.255.255", port: 5000),
            SDPCandidate(foundation: "1", priority: 1, address: "0.0.0.0", port: 5000),
            SDPCandidate(foundation: "1", priority: 1, address: "ff02::1", port: 5000),
            SDPCandidate(foundation: "1", priority: 1, address: "192.0.2.1", port: 0),
            SDPCandidate(foundation: "1", component: 2, priority: 1, address: "192.0.2.1", port: 5000),
            SDPCandidate(foundation: "1", transport: "sctp", priority: 1, address: "192.0.2.1", port: 5000),
            SDPCandidate(foundation: "1", transport: "tcp", priority: 1, address: "192.0.2.1", port: 5000),
            SDPCandidate(foundation: "1", priority: 1, address: "192.0.2.1", port: 5000, type: "magic"),
        ])
    func ignored(line: SDPCandidate) {
        #expect(ICECandidate(line) == nil)
    }

    @Test("Ordinary ones are read")
    func read() {
        let passive = SDPCandidate(
            foundation: "1", transport: "tcp", priority: 7, address: "2001:db8::1", port: 443,
            extensions: "tcptype passive generation 0")
        #expect(ICECandidate(passive)?.transport == .tcp(.passive))
        let relayed = SDPCandidate(
            foundation: "1", priority: .max, address: "192.0.2.1", port: 1, type: "relay",
            extensions: "raddr 0.0.0.0 rport 0")
        #expect(ICECandidate(relayed)?.kind == .relayed)
    }

    @Test("A thousand candidates cost no more than fifty, twenty checks a second at most, and an end")
    func flood() {
        let call = Call(udp: false)
        for index in 0..<1_000 {
            let address = SocketAddress(ip: IPAddress(v4: 0xCB00_7100 + UInt32(index)), port: 9)
            call.network.input(.candidate(ICECandidate(.host, .udp, address, priority: .max)))
        }
        call.network.run(for: .seconds(1))
        let early = call.network.callerLog.count
        #expect(early <= 21 + 20 * 2)
        call.network.run(for: .seconds(100))
        #expect(call.network.caller.state == .failed)
        #expect(call.network.wasted < 50 * 7 * 130)
    }

    @Test("Answers that nobody asked for, forged ones and garbage change nothing")
    func forgery() {
        let call = Call()
        call.network.run(for: .seconds(10))
        let path = call.network.caller.selected ?? MediaPath(local: 0, remote: Call.host)
        var random = SeededRandomSource(seed: 5)
        for count in 0..<200 {
            call.network.input(.received(random.nextBytes(count), from: path))
            var writer = STUNWriter(
                .binding, count & 1 == 0 ? .success : .error,
                id: STUNTransactionID(high: 0, low: UInt64(count)))
            writer.append(.roleConflict)
            writer.append(.sha1, key: random.nextBytes(20), OpenSSLDigests())
            writer.appendFingerprint()
            call.network.input(.received(writer.finish(), from: path))
        }
        call.network.run(for: .seconds(60))
        #expect(call.network.caller.selected == path)
        #expect(call.network.caller.isControlling)
    }
}
