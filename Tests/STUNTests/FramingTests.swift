// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import STUN
import TestKit
import Testing

@Suite("STUN on streams")
struct FramingTests {
    @Test("messages are found one after the other, however they are cut into pieces", arguments: 1...40)
    func pieces(_ size: Int) throws {
        let channel = [UInt8](hex: "4000 0005 0102030405 000000")
        let frames = Vector.all + [channel, [UInt8](hex: "4001 0000"), Vector.request]
        let stream = frames.flatMap(\.self)
        var found: [[UInt8]] = []
        var waiting: [UInt8] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            waiting += stream[start..<min(start + size, stream.count)]
            while let length = try frameLength(waiting), waiting.count >= length {
                found.append(Array(waiting[..<length]))
                waiting.removeFirst(length)
            }
        }
        #expect(found == frames)
        #expect(waiting.isEmpty)
    }

    @Test(
        "too little to know a length is not yet a frame",
        arguments: ["", "00", "0001", "000100", "40", "400000"])
    func short(_ hex: String) throws {
        #expect(try frameLength([UInt8](hex: hex)) == nil)
    }

    @Test(
        "lengths near the end of 16 bits do not wrap around",
        arguments: [("0001 FFFC", 65_552), ("4000 FFFF", 65_540), ("4000 FFFC", 65_536), ("0001 0000", 20)])
    func long(_ hex: String, _ expected: Int) throws {
        #expect(try frameLength([UInt8](hex: hex)) == expected)
    }

    @Test(
        "garbage ends a stream at once",
        arguments: [
            "16", "80", "47 45 54 20", "FF", "0001 0001", "0001 FFFF", "0001 0000 2112A443",
            "0000 0000 00000000",
        ])
    func garbage(_ hex: String) {
        if hex.hasPrefix("47") {
            // "GET " could be ChannelData of 17,952 bytes; a limit ends it.
            #expect(throws: DecodeError(.tooLarge, "TURN frame", at: 2)) {
                try frameLength([UInt8](hex: hex), limit: 16_384)
            }
        } else {
            #expect(throws: DecodeError.self) { try frameLength([UInt8](hex: hex)) }
        }
    }

    @Test("a frame that is longer than the limit is refused before it has come")
    func limit() throws {
        #expect(try frameLength([UInt8](hex: "4000 0400"), limit: 1028) == 1028)
        #expect(throws: DecodeError(.tooLarge, "TURN frame", at: 2)) {
            try frameLength([UInt8](hex: "4000 0401"), limit: 1028)
        }
    }
}
