// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Glibc
import MediaPlans
import SRTP
import TLS
import Testing

/// Two ends of a handshake for media, with the network between them in the test's hands.
private final class Bench {
    let passive: DTLSAssociation
    let active: DTLSAssociation
    var now = Instant(nanoseconds: 1_000_000_000_000)

    static let identity = try! DTLSIdentity(at: .system)
    static let other = try! DTLSIdentity(at: .system)

    init(
        passive ours: [SRTPProfile] = [.aes128GCM, .aes256GCM, .aes128HMACSHA1],
        active theirs: [SRTPProfile] = [.aes128GCM, .aes256GCM, .aes128HMACSHA1],
        passiveExpects: CertificateFingerprint = other.fingerprint,
        activeExpects: CertificateFingerprint = identity.fingerprint
    ) throws {
        passive = try DTLSAssociation(
            media: DTLSContext(media: Self.identity, profiles: ours), .passive, expecting: [passiveExpects],
            at: now)
        active = try DTLSAssociation(
            media: DTLSContext(media: Self.other, profiles: theirs), .active, expecting: [activeExpects],
            at: now)
    }

    func sent(by end: DTLSAssociation) -> [[UInt8]] {
        var datagrams: [[UInt8]] = []
        unsafe end.drain { unsafe datagrams.append(Array($0)) }
        return datagrams
    }

    @discardableResult
    func give(_ datagram: [UInt8], to end: DTLSAssociation) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        var room = [UInt8](repeating: 0, count: 16_384)
        unsafe room.withUnsafeMutableBytes { room in
            unsafe datagram.withUnsafeBytes { datagram in
                unsafe end.receive(datagram, using: room, at: now) { unsafe messages.append(Array($0)) }
            }
        }
        return messages
    }

    /// Carries datagrams until both ends are silent.
    func settle() {
        for _ in 0..<20 {
            let up = sent(by: active)
            for datagram in up { give(datagram, to: passive) }
            let down = sent(by: passive)
            for datagram in down { give(datagram, to: active) }
            if up.isEmpty, down.isEmpty { return }
        }
    }

    func send(_ text: String, from end: DTLSAssociation) -> [[UInt8]] {
        _ = unsafe Array(text.utf8).withUnsafeBytes { unsafe end.send($0) }
        return sent(by: end)
    }
}

@Suite("IC10, IC11: DTLS-SRTP")
struct DTLSMediaTests {
    @Test(
        "Both ends get the same keys, crossed over, and messages go both ways",
        arguments: SRTPProfile.allCases)
    func handshake(profile: SRTPProfile) throws {
        let bench = try Bench(active: [profile])
        #expect(bench.active.makeKeys() == nil)
        bench.settle()
        let (passive, active) = (
            try #require(bench.passive.makeKeys()), try #require(bench.active.makeKeys())
        )
        #expect(passive.profile == profile)
        #expect(describe(passive.sending) == describe(active.receiving))
        #expect(describe(passive.receiving) == describe(active.sending))
        #expect(describe(passive.sending) != describe(passive.receiving))
        let up = bench.send("up", from: bench.active)
        #expect(up.flatMap { bench.give($0, to: bench.passive) } == [Array("up".utf8)])
        let down = bench.send("down", from: bench.passive)
        #expect(down.flatMap { bench.give($0, to: bench.active) } == [Array("down".utf8)])
    }

    @Test("The passive end's order of profiles decides")
    func order() throws {
        let bench = try Bench(
            passive: [.aes256GCM, .aes128GCM], active: [.aes128HMACSHA1, .aes128GCM, .aes256GCM])
        bench.settle()
        #expect(bench.passive.makeKeys()?.profile == .aes256GCM)
    }

    @Test("A peer with another certificate than announced gets no keys, as either end")
    func wrongFingerprint() throws {
        let strangers = try Bench(passiveExpects: Bench.identity.fingerprint)
        strangers.settle()
        #expect(strangers.passive.failure == .wrongFingerprint)
        #expect(strangers.passive.state == .closed)
        #expect(strangers.passive.makeKeys() == nil)
        #expect(strangers.active.makeKeys() == nil)
        let impostor = try Bench(activeExpects: Bench.other.fingerprint)
        impostor.settle()
        #expect(impostor.active.failure == .wrongFingerprint)
        #expect(impostor.active.makeKeys() == nil)
        #expect(impostor.passive.makeKeys() == nil)
    }

    @Test("An association that expects no certificate at all gives no keys")
    func noFingerprint() throws {
        let context = try DTLSContext(media: Bench.identity)
        let bench = try Bench()
        let naive = try DTLSAssociation(media: context, .passive, expecting: [], at: bench.now)
        for _ in 0..<10 {
            for datagram in bench.sent(by: bench.active) { bench.give(datagram, to: naive) }
            for datagram in bench.sent(by: naive) { bench.give(datagram, to: bench.active) }
        }
        #expect(naive.makeKeys() == nil)
        #expect(naive.failure == .wrongFingerprint)
    }

    @Test("Ends without a common profile get no keys")
    func noProfile() throws {
        let bench = try Bench(passive: [.aes256GCM], active: [.aes128GCM])
        bench.settle()
        #expect(bench.passive.makeKeys() == nil)
        #expect(bench.active.makeKeys() == nil)
        #expect(bench.passive.failure == .noProfile || bench.active.failure == .noProfile)
    }

    @Test("The hash may be SHA-256, SHA-384 or SHA-512")
    func algorithms() {
        #expect(Bench.identity.fingerprint.algorithm == .sha256)
        #expect(Bench.identity.fingerprint != Bench.other.fingerprint)
        #expect(Bench.identity.fingerprint.bytes.count == 32)
    }

    @Test("No alert in the clear ends a handshake, alone or behind other records")
    func forgedAlerts() throws {
        let bench = try Bench()
        let alert: [UInt8] = [21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40]
        for datagram in bench.sent(by: bench.active) {
            bench.give(alert, to: bench.passive)
            bench.give(datagram + alert, to: bench.passive)
        }
        bench.give(alert, to: bench.active)
        bench.settle()
        #expect(bench.passive.state == .open)
        bench.give(alert, to: bench.passive)
        #expect(bench.passive.state == .open)
        #expect(bench.active.makeKeys() != nil)
    }

    @Test("Hellos, garbage and cut records do nothing to an association that is open")
    func nonsenseAfterHandshake() throws {
        let stranger = try Bench()
        let hello = try #require(stranger.sent(by: stranger.active).first)
        let bench = try Bench()
        bench.settle()
        for count in 0..<hello.count { bench.give(Array(hello.prefix(count)), to: bench.passive) }
        for first in UInt8(20)...63 {
            bench.give([first] + [UInt8](repeating: 255, count: 40), to: bench.passive)
            bench.give(
                [first, 254, 253, 0, 1, 0, 0, 0, 0, 0, 9, 0, 24] + [UInt8](repeating: 7, count: 24),
                to: bench.passive)
        }
        #expect(bench.passive.state == .open)
        let up = bench.send("up", from: bench.active)
        #expect(up.flatMap { bench.give($0, to: bench.passive) } == [Array("up".utf8)])
    }

    @Test("Every lost datagram is sent again, whichever it is")
    func loss() throws {
        for lost in 0..<8 {
            let bench = try Bench()
            var count = 0
            for _ in 0..<40 where bench.passive.makeKeys() == nil || bench.active.makeKeys() == nil {
                for (from, to) in [(bench.active, bench.passive), (bench.passive, bench.active)] {
                    for datagram in bench.sent(by: from) {
                        if count != lost { bench.give(datagram, to: to) }
                        count += 1
                    }
                }
                // OpenSSL has a clock of its own.
                usleep(120_000)
                bench.now = bench.now.advanced(by: .milliseconds(120))
                bench.active.tick(at: bench.now)
                bench.passive.tick(at: bench.now)
            }
            #expect(bench.passive.makeKeys() != nil, "without datagram \(lost)")
            #expect(bench.active.makeKeys() != nil, "without datagram \(lost)")
        }
    }

    @Test("A goodbye closes the other end, without a failure")
    func goodbye() throws {
        let bench = try Bench()
        bench.settle()
        bench.active.close()
        for datagram in bench.sent(by: bench.active) { bench.give(datagram, to: bench.passive) }
        #expect(bench.passive.state == .closed)
        #expect(bench.passive.failure == nil)
        #expect(bench.passive.makeKeys() == nil)
    }

    @Test("A handshake that nobody goes on with is given up")
    func abandoned() throws {
        let bench = try Bench()
        bench.now = bench.now.advanced(by: DTLSAssociation.handshakeLimit)
        bench.passive.tick(at: bench.now)
        #expect(bench.passive.failure == .tookTooLong)
    }

    private func describe(_ key: SRTPMasterKey) -> String { String(reflecting: key) }
}
