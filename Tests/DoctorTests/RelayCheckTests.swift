// SPDX-License-Identifier: Apache-2.0
import Glibc
import NetworkAddresses
import STUN
import ServerConfig
import TURNClient
import Testing

@testable import Doctor

@Suite("Checks of the relay")
struct RelayCheckTests {
    private static let target = SocketAddress(ip: IPAddress(v4: 0x0808_0404), port: 8443)

    /// A machine whose relay answers everywhere.
    private static func trial(_ change: (inout RelayFacts.Trial) -> Void = { _ in }) -> MachineFacts {
        var trial = RelayFacts.Trial(target: target)
        trial.discoveries = [target: nil]
        trial.legs = [.udp: .complete, .tcp: .complete, .tls: .complete]
        change(&trial)
        return .healthy.with(\.port, .parley).with(\.relay, RelayFacts.healthy.with(\.trial, trial))
    }

    @Test("a relay that works is well at every hop")
    func healthy() {
        let facts = Self.trial()
        #expect(Checks(config: ServerConfig(), facts: facts).findings.allSatisfy { $0.level == .ok })
        #expect(finding(.stun, facts)?.what == "answers over UDP at 8.8.4.4:8443")
        #expect(finding(.turnTLS, facts)?.what == "relays over TLS 8.8.4.4:8443, there and back")
    }

    @Test("nothing is asked of a relay that is off or does not run")
    func quiet() {
        #expect(finding(.relay, .healthy)?.what == "on at 0.0.0.0:8443; start Parley and ask again to try it")
        #expect(finding(.turnUDP, .healthy) == nil)
        let off = MachineFacts.healthy.with(\.relay, nil)
        #expect(finding(.relay, off)?.what.hasPrefix("off, as configured") == true)
        #expect(finding(.relayPorts, off) == nil)
    }

    @Test("a relay behind a proxy needs an address of its own")
    func behindProxy() {
        let proxied: (inout ServerConfig) -> Void = {
            $0.http.listen = ListenAddress(host: "127.0.0.1", port: 8443)
            $0.http.trustedProxies = [AddressRange(IPAddress(v4: 0x7F00_0001))]
        }
        let found = finding(.relay, .healthy, proxied)
        #expect(found?.level == .warning)
        #expect(found?.fix.contains("turn.listen=:3478") == true)
        let own = finding(.relay, .healthy) {
            proxied(&$0)
            $0.turn.listen = [ListenAddress(host: "0.0.0.0", port: 3478)]
        }
        #expect(own?.what == "on at 0.0.0.0:3478; start Parley and ask again to try it")
        let alone = finding(.relay, .healthy) { $0.http.listen = ListenAddress(host: "127.0.0.1", port: 1) }
        #expect(alone?.level == .ok)
    }

    @Test(
        "an address that means nothing outside is told, unless another one is",
        arguments: [
            ("192.168.1.20", .warning), ("100.64.1.1", .warning), ("169.254.1.1", .warning), ("9.9.9.9", .ok),
        ] as [(String, Finding.Level)])
    func publicAddress(_ source: String, _ level: Finding.Level) throws {
        let facts = MachineFacts.healthy.with(\.relay, RelayFacts.healthy.with(\.source, IPAddress(source)))
        #expect(finding(.publicAddress, facts)?.level == level)
        let told = try #require(ServerConfig.told("203.0.113.7"))
        let set = finding(.publicAddress, facts) { $0.turn.publicAddresses = [told] }
        #expect(set?.what == "others are told 203.0.113.7")
        let local = finding(.publicAddress, facts) { $0.http.listen.host = "127.0.0.1" }
        #expect(local?.level == .ok)
    }

    @Test("relay ports that are few, taken or the server's own are told")
    func ports() {
        #expect(finding(.relayPorts, .healthy)?.what == "49152-65535: 16384 ports")
        #expect(finding(.relayPorts, .healthy) { $0.turn.relayPorts = .none }?.level == .ok)
        let few = finding(.relayPorts, .healthy) { $0.turn.relayPorts = .range(50_000...50_099) }
        #expect(few?.level == .warning)
        #expect(few?.what == "50000-50099: 100 ports")
        let own = finding(.relayPorts, .healthy) { $0.turn.relayPorts = .range(8000...9000) }
        #expect(own?.what == "8000-9000 includes the server's own port 8443")
        let taken = RelayFacts.healthy.with(\.ports, RelayFacts.Ports(tried: 100, taken: 21))
        #expect(finding(.relayPorts, .healthy.with(\.relay, taken))?.level == .warning)
    }

    @Test("a small receive buffer warns, with the command that makes it larger")
    func buffers() {
        let small = MachineFacts.healthy.with(\.relay, RelayFacts.healthy.with(\.receiveBuffer, 208 << 10))
        let found = finding(.buffers, small)
        #expect(found?.level == .warning)
        #expect(found?.what == "the system grants 208 KiB for packets that wait")
        #expect(found?.fix.contains("net.core.rmem_max") == true)
    }

    @Test("an address that is silent is named; none that answers is a failure")
    func stun() throws {
        let other = try #require(SocketAddress("[2001:db8::1]:8443"))
        let half = Self.trial { $0.discoveries[other] = .some(.timedOut) }
        #expect(finding(.stun, half)?.level == .warning)
        #expect(finding(.stun, half)?.what == "no answer over UDP at [2001:db8::1]:8443")
        let none = Self.trial { $0.discoveries = [Self.target: .timedOut] }
        #expect(finding(.stun, none)?.level == .failure)
        #expect(finding(.stun, none)?.fix.contains("UDP port 8443") == true)
    }

    @Test(
        "the hop that fails is named, with what to do about it",
        arguments: [
            (.connect(ECONNREFUSED), "connecting failed: Connection refused", "TCP port 8443"),
            (.handshake, "the TLS handshake failed", "certificate"),
            (.discover(.timedOut), "no answer to STUN (nothing came within 2 seconds)", "port"),
            (.allocate(.refused(.unauthenticated)), "refuses a credential", "turn.secrets-file"),
            (.allocate(.refused(.insufficientCapacity)), "no relayed address can be had", "turn.relay-ports"),
            (.allocate(.refused(.allocationQuotaReached)), "quota", "turn.allocations"),
            (.allocate(.refused(.forbidden)), "(403 Forbidden)", "log"),
            (.permit(.refused(.forbidden)), "may not reach each other", "turn.deny-peers"),
            (.relay, "what goes in does not come out", "49152-65535 for UDP"),
        ] as [(RelayFacts.Hop, String, String)])
    func hops(_ hop: RelayFacts.Hop, _ what: String, _ fix: String) {
        for (leg, check) in [
            (RelayFacts.Leg.udp, Finding.Check.turnUDP), (.tcp, .turnTCP), (.tls, .turnTLS),
        ] {
            let facts = Self.trial { $0.legs[leg] = hop }
            let found = finding(check, facts)
            #expect(found?.level == .failure)
            #expect(found?.what.contains(what) == true, "\(found?.what ?? "")")
            #expect(found?.what.hasPrefix("\(leg.name) 8.8.4.4:8443: ") == true)
            #expect(found?.why.isEmpty == false)
            if leg == .tcp { #expect(found?.fix.contains(fix) == true, "\(found?.fix ?? "")") }
            let bad = Checks(config: ServerConfig(), facts: facts).findings.filter { $0.level != .ok }
            #expect(bad.map(\.check) == [check])
        }
    }

    @Test("without a credential the relay is not tried, and that is said")
    func noCredential() {
        let facts = Self.trial {
            $0.hasCredential = false
            $0.legs = [:]
        }
        #expect(finding(.turnUDP, facts)?.level == .warning)
        let withoutTLS = Self.trial { $0.legs[.tls] = nil }
        #expect(finding(.turnTLS, withoutTLS)?.what == "TLS is off")
    }
}

extension ServerConfig {
    fileprivate static func told(_ text: String) -> PublicAddress? { PublicAddress(setting: text) }
}
