// SPDX-License-Identifier: Apache-2.0
import RTP
import TestKit
import Testing

@Suite("RTP headers")
struct RTPHeaderTests {
    /// Version 2, marker, payload type 96, two contributing sources, two elements in the short form, padding.
    static let full = [UInt8](
        hex: """
            B2 E0 1234 89ABCDEF 00112233
            AAAAAAAA BBBBBBBB
            BEDE 0002 10 7F 22 010203 00 00
            DEADBEEF 00 00 03
            """)

    @Test("all fields are read")
    func fields() throws {
        let header = try #require(readHeader(Self.full))
        #expect(header.marker)
        #expect(header.payloadType == 96)
        #expect(header.sequence == 0x1234)
        #expect(header.timestamp == 0x89AB_CDEF)
        #expect(header.ssrc == 0x0011_2233)
        #expect(header.extensionProfile == 0xBEDE)
        #expect(header.extensionStart == 24)
        #expect(header.extensionCount == 8)
        #expect(header.headerCount == 32)
        #expect(header.paddingCount == 3)
        #expect(header.payload(of: Self.full.count) == 32..<36)
        #expect(readKind(Self.full) == .rtp)
    }

    @Test("no prefix that cuts the header is a packet")
    func prefixes() {
        for prefix in Self.full.prefixes where prefix.count < 32 { #expect(readHeader(prefix) == nil) }
    }

    @Test(
        "what is not RTP is refused",
        arguments: [
            "", "80", "80E01234 89ABCDEF 001122", "40E01234 89ABCDEF 00112233", "00E01234 89ABCDEF 00112233",
            "C0E01234 89ABCDEF 00112233",
            // Contributing sources, an extension's header, and extensions behind the end.
            "8F601234 89ABCDEF 00112233 00000000", "90601234 89ABCDEF 00112233 BEDE",
            "90601234 89ABCDEF 00112233 BEDEFFFF 00000000",
            // Padding of nothing, of more than there is, and of a part of the header.
            "A0601234 89ABCDEF 00112233 00", "A0601234 89ABCDEF 00112233 FF",
            "A0601234 89ABCDEF 00112204",
        ])
    func refused(_ hex: String) {
        #expect(readHeader([UInt8](hex: hex)) == nil)
    }

    @Test("padding is not looked at before decryption when it is not wanted")
    func encrypted() throws {
        let bytes = [UInt8](hex: "A0601234 89ABCDEF 00112233 DEADBEFF")
        #expect(readHeader(bytes) == nil)
        var early = try #require(unsafe lend(bytes) { unsafe RTPHeader($0, ignoringPadding: true) })
        #expect(early.paddingCount == 0)
        let late = unsafe lend(bytes) { unsafe early.readPadding(in: $0) }
        #expect(!late)
    }

    @Test("a packet that is only padding has no payload")
    func probe() throws {
        let bytes = [UInt8](hex: "A0601234 89ABCDEF 00112233 00000004")
        #expect(try #require(readHeader(bytes)).payload(of: bytes.count).isEmpty)
    }

    @Test("control packets are told apart by their second byte")
    func control() {
        for type in 192...223 as ClosedRange<UInt8> {
            #expect(readKind([0x80, type, 0, 1, 0, 0, 0, 0]) == .rtcp)
        }
        for type in [0, 63, 96, 127, 128, 191, 224, 255] as [UInt8] {
            #expect(readKind([0x80, type] + [UInt8](repeating: 0, count: 10)) == .rtp)
        }
        #expect(readKind([0x80, 200, 0, 1, 0, 0, 0]) == nil)
        #expect(readKind([0x80, 96, 0, 1, 0, 0, 0, 0]) == nil)
        #expect(readKind([0x16, 200, 0, 1, 0, 0, 0, 0]) == nil)
    }
}
