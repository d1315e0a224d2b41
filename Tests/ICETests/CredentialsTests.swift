// SPDX-License-Identifier: Apache-2.0
import EngineKit
import ICE
import NetworkAddresses
import STUN
import Testing

@Suite("IC2: names and passwords of agents")
struct CredentialsTests {
    @Test("Ours have eight and thirty-two characters and are never the same twice")
    func areFresh() {
        var random = SeededRandomSource(seed: 1)
        let all = (0..<1_000).map { _ in ICECredentials(using: &random) }
        #expect(all.allSatisfy { $0.ufrag.utf8.count == 8 && $0.password.utf8.count == 32 })
        #expect(Set(all.map(\.ufrag)).count == 1_000)
        #expect(Set(all.compactMap(\.key)).count == 1_000)
        #expect(all.allSatisfy { ICECredentials(ufrag: $0.ufrag, password: $0.password) == $0 })
    }

    @Test(
        "What RFC 8839 does not allow is refused",
        arguments: [
            ("abc", String(repeating: "p", count: 22)), ("abcd", String(repeating: "p", count: 21)),
            (String(repeating: "u", count: 257), String(repeating: "p", count: 22)),
            ("abcd", String(repeating: "p", count: 257)), ("ab:d", String(repeating: "p", count: 22)),
            ("abcd", String(repeating: "ü", count: 11)), ("ab d", String(repeating: "p", count: 22)),
        ])
    func refuses(ufrag: String, password: String) {
        #expect(ICECredentials(ufrag: ufrag, password: password) == nil)
    }

    @Test("The shortest and the longest are accepted")
    func accepts() {
        #expect(ICECredentials(ufrag: "ab+/", password: String(repeating: "p", count: 22)) != nil)
        let (ufrag, password) = (String(repeating: "u", count: 256), String(repeating: "p", count: 256))
        #expect(ICECredentials(ufrag: ufrag, password: password) != nil)
    }

    @Test(
        "The key is read from the first half of USERNAME, and only where the half is as long as ours",
        arguments: [
            ("abcdefgh:peer", true), ("abcdefgh:", true), ("abcdefgh", false), ("abcdefg:peer", false),
            ("abcdefghi:peer", false), ("", false), (":", false),
        ])
    func keyOfUsername(name: String, isOurs: Bool) {
        var writer = STUNWriter(.binding, .request, id: STUNTransactionID(high: 1, low: 2))
        writer.append(.username, name)
        let bytes = writer.finish()
        let key: UInt64? = unsafe bytes.withUnsafeBytes { bytes in
            guard let message = try? unsafe STUNMessage(bytes) else { return nil }
            return ICECredentials.key(in: message)
        }
        #expect(key == (isOurs ? 0x6162_6364_6566_6768 : nil))
    }
}

@Suite("IC6: priorities")
struct PriorityTests {
    @Test("Candidates have the priorities of RFC 8445 §5.1.2.1")
    func candidates() {
        #expect(ICEPriority.candidate(.host) == 2_130_706_431)
        #expect(ICEPriority.candidate(.host, component: 2) == 2_130_706_430)
        #expect(ICEPriority.candidate(.serverReflexive) == 1_694_498_815)
        #expect(ICEPriority.candidate(.relayed) == 16_777_215)
        #expect(ICEPriority.candidate(.peerReflexive) == 1_862_270_975)
        #expect(ICEPriority.candidate(.host, localPreference: .max, component: .max) <= 2_130_706_431)
    }

    @Test("TCP is below UDP, and an active candidate above a passive one")
    func tcp() {
        let active = ICEPriority.candidate(.host, localPreference: ICEPriority.localPreference(.active))
        let passive = ICEPriority.candidate(.host, localPreference: ICEPriority.localPreference(.passive))
        let both = ICEPriority.candidate(
            .host, localPreference: ICEPriority.localPreference(.simultaneousOpen))
        #expect(ICEPriority.localPreference(.active, other: 0) == 6 << 13)
        #expect(ICEPriority.candidate(.host) > active)
        #expect(active > passive)
        #expect(passive > both)
        #expect(both > ICEPriority.candidate(.peerReflexive))
    }

    @Test("A pair's priority is made of both, and no priority of a peer breaks it")
    func pairs() {
        // 2^32 × min + 2 × max + 1 where the controlling agent's is the higher.
        #expect(ICEPriority.pair(controlling: 2, controlled: 1) == 1 << 32 + 5)
        #expect(ICEPriority.pair(controlling: 1, controlled: 2) == 1 << 32 + 4)
        #expect(ICEPriority.pair(controlling: 3, controlled: 3) == 3 << 32 + 6)
        _ = ICEPriority.pair(controlling: .max, controlled: .max)
    }
}
