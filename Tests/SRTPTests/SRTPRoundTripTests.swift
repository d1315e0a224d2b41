// SPDX-License-Identifier: Apache-2.0
import PacketCiphers
import SRTP
import Testing

@Suite("SRTP") struct SRTPRoundTripTests {
    @Test("opens what it sealed, with every profile and every library", arguments: SRTPProfile.allCases)
    func roundTrip(profile: SRTPProfile) throws {
        for library in FastestCiphers.Library.allCases {
            guard let ciphers = FastestCiphers(only: library) else { continue }
            let exported = (0..<profile.keyingMaterialCount).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let ours = try #require(SRTPKeys(profile, exported: exported, isClient: true))
            let theirs = try #require(SRTPKeys(profile, exported: exported, isClient: false))
            var sealer = try SRTPSealer(ours.sending, ciphers: ciphers)
            var opener = try SRTPOpener(theirs.receiving, ciphers: ciphers)
            for count in [0, 1, 15, 16, 17, 100, 1200] {
                let packet = RTP.packet(sequence: UInt16(count), payload: count)
                let sealed = sealer.seal(packet, rollover: 0)
                #expect(sealed.count == packet.count + profile.tagCount)
                #expect(try opener.open(sealed) == packet)
                let report = RTP.report(count: 28 + count)
                let protected = sealer.sealControl(report)
                #expect(protected.count == report.count + profile.controlOverhead)
                #expect(try opener.openControl(protected) == report)
            }
        }
    }
}
