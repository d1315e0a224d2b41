// SPDX-License-Identifier: Apache-2.0
import RTP
import TestKit
import Testing

@Suite("Repeated packets")
struct RTXTests {
    @Test("the first packet's number and payload come back")
    func roundTrip() throws {
        let bytes = [UInt8](hex: "A0611234 89ABCDEF 00112233 BEEF 010203 00 00 03")
        let packet = try #require(
            unsafe lend(bytes) { bytes in
                guard let header = unsafe RTPHeader(bytes) else { return nil as RTXPacket? }
                return unsafe RTXPacket(bytes, header)
            })
        #expect(packet.originalSequence == 0xBEEF)
        #expect(Array(bytes[packet.payload]) == [1, 2, 3])
        var front: [UInt8] = [0, 0, 9]
        unsafe front.withUnsafeMutableBytes { unsafe RTXPacket.write(0xBEEF, into: $0) }
        #expect(front == [0xBE, 0xEF, 9])
    }

    @Test("without a payload nothing is repeated", arguments: ["", "BE", "BEEF"])
    func probes(_ payload: String) {
        let bytes = [UInt8](hex: "80611234 89ABCDEF 00112233" + payload)
        let packet = unsafe lend(bytes) { bytes in
            guard let header = unsafe RTPHeader(bytes) else { return nil as RTXPacket? }
            return unsafe RTXPacket(bytes, header)
        }
        #expect(packet == nil)
    }
}
