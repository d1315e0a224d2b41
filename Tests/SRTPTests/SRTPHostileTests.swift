// SPDX-License-Identifier: Apache-2.0
import PacketCiphers
import TestKit
import Testing

@testable import SRTP

/// What comes from strangers, from the network's troubles, and from peers that break rules.
@Suite("SRTP under attack") struct SRTPHostileTests {
    /// Both ends of a direction.
    struct Pair: ~Copyable {
        var sealer: SRTPSealer<FastestCiphers>
        var opener: SRTPOpener<FastestCiphers>

        init(_ profile: SRTPProfile = .aes128GCM, sources: Int = 64) throws {
            let exported = (0..<profile.keyingMaterialCount).map { UInt8($0) }
            let keys = try #require(SRTPKeys(profile, exported: exported, isClient: true))
            let sealer = try SRTPSealer(keys.sending, ciphers: FastestCiphers())
            let opener = try SRTPOpener(keys.sending, ciphers: FastestCiphers(), sources: sources)
            self.sealer = sealer
            self.opener = opener
        }

        func packet(_ index: Int, ssrc: UInt32 = 1) -> [UInt8] {
            sealer.seal(
                RTP.packet(ssrc: ssrc, sequence: UInt16(truncatingIfNeeded: index), payload: 40),
                rollover: UInt32(index >> 16))
        }

        mutating func failure(_ packet: [UInt8], headerCount: Int = 12) -> SRTPFailure? {
            do throws(SRTPFailure) {
                _ = try opener.open(packet, headerCount: headerCount)
                return nil
            } catch { return error }
        }

        mutating func controlFailure(_ packet: [UInt8]) -> SRTPFailure? {
            do throws(SRTPFailure) {
                _ = try opener.openControl(packet)
                return nil
            } catch { return error }
        }
    }

    @Test("opens every packet once, in any order within 1024, over a rollover")
    func order() throws {
        var pair = try Pair()
        var indices = Array(64_000..<67_000)
        // Blocks of 200 from back to front.
        for start in stride(from: 0, to: indices.count, by: 200) {
            indices[start..<start + 200].reverse()
        }
        let first = pair.failure(pair.packet(63_999))
        #expect(first == nil)
        for index in indices {
            let fresh = pair.failure(pair.packet(index))
            #expect(fresh == nil, "\(index)")
            let again = pair.failure(pair.packet(index))
            #expect(again == .replayed, "\(index)")
        }
    }

    @Test("remembers exactly the newest 1024 numbers")
    func window() throws {
        var pair = try Pair()
        for index in [10, 2000, 2000 - 1023, 2000 - 500] {
            let failure = pair.failure(pair.packet(index))
            #expect(failure == nil)
        }
        for (index, expected) in [
            (2000, SRTPFailure.replayed), (977, .replayed), (1500, .replayed), (976, .tooOld), (10, .tooOld),
        ] {
            let failure = pair.failure(pair.packet(index))
            #expect(failure == expected, "\(index)")
        }
        // A jump over the whole window leaves nothing of it behind.
        for index in [2000 + 1024 + 1024, 2000 + 1024 + 1, 2000 + 1024 + 1023] {
            let failure = pair.failure(pair.packet(index))
            #expect(failure == nil, "\(index)")
        }
    }

    @Test("counts rollovers of a stream that skips numbers up to half of them")
    func rollovers() throws {
        var pair = try Pair()
        for index in stride(from: 20, to: 500_000, by: 32_000) {
            let failure = pair.failure(pair.packet(index))
            #expect(failure == nil, "\(index)")
        }
    }

    @Test("takes no packet with one bit changed, and learns nothing from it", arguments: SRTPProfile.allCases)
    func damaged(profile: SRTPProfile) throws {
        var pair = try Pair(profile)
        let sealed = pair.packet(5)
        for bit in 0..<sealed.count * 8 {
            var changed = sealed
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let failure = pair.failure(changed)
            #expect(failure == .forged)
        }
        let report = pair.sealer.sealControl(RTP.report(count: 40))
        for bit in 0..<report.count * 8 {
            var changed = report
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let failure = pair.controlFailure(changed)
            #expect(failure == .forged || failure == .unencrypted)
        }
        #expect(pair.opener.sourceCount == 0)
        let genuine = pair.failure(sealed)
        #expect(genuine == nil)
    }

    @Test("takes no truncated packet", arguments: SRTPProfile.allCases)
    func truncated(profile: SRTPProfile) throws {
        var pair = try Pair(profile)
        for prefix in pair.packet(5).prefixes {
            let failure = pair.failure(prefix)
            #expect(failure != nil)
        }
        for prefix in pair.sealer.sealControl(RTP.report(count: 40)).prefixes {
            let failure = pair.controlFailure(prefix)
            #expect(failure != nil)
        }
        for headerCount in [-1, 0, 11, 60, 5000, Int.max] {
            let failure = pair.failure(pair.packet(5), headerCount: headerCount)
            #expect(failure == .malformed, "\(headerCount)")
        }
    }

    @Test("knows no more sources than it may, and makes room when one is forgotten")
    func sources() throws {
        var pair = try Pair(sources: 3)
        for ssrc in [1, 2, 3] as [UInt32] {
            let failure = pair.failure(pair.packet(1, ssrc: ssrc))
            #expect(failure == nil)
        }
        let refused = pair.failure(pair.packet(1, ssrc: 4))
        #expect(refused == .tooManySources)
        let known = pair.failure(pair.packet(2, ssrc: 2))
        #expect(known == nil)
        pair.opener.forget(1)
        pair.opener.forget(99)
        let taken = pair.failure(pair.packet(1, ssrc: 4))
        #expect(taken == nil)
        for ssrc in [2, 3, 4] as [UInt32] {
            let replayed = pair.failure(pair.packet(1, ssrc: ssrc))
            #expect(replayed == .replayed)
        }
    }

    @Test("opens every report once")
    func reports() throws {
        var pair = try Pair()
        let reports = (0..<300).map { _ in pair.sealer.sealControl(RTP.report(count: 28)) }
        for index in [3, 1, 0, 2, 130] {
            let failure = pair.controlFailure(reports[index])
            #expect(failure == nil)
        }
        for (index, expected) in [(130, SRTPFailure.replayed), (3, .replayed), (2, .tooOld)] {
            let failure = pair.controlFailure(reports[index])
            #expect(failure == expected)
        }
        let newest = pair.controlFailure(reports[299])
        #expect(newest == nil)
        let forgotten = pair.controlFailure(reports[10])
        #expect(forgotten == .tooOld)
    }

    @Test("seals no report that is too short, and none when the index is used up")
    func exhausted() throws {
        let keys = try #require(
            SRTPKeys(.aes128GCM, exported: [UInt8](repeating: 1, count: 56), isClient: true))
        var sealer = try SRTPSealer(keys.sending, ciphers: FastestCiphers())
        let short = sealer.sealControl([0x80, 200, 0, 0, 1, 2, 3])
        #expect(short == [])
        sealer.controlIndex = 1 << 31 - 1
        let last = sealer.sealControl(RTP.report(count: 28))
        #expect(last.count == 48)
        let none = sealer.sealControl(RTP.report(count: 28))
        #expect(none == [])
    }
}
