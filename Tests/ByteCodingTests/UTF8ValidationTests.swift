// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import TestKit
import Testing

@Suite("UTF-8 validation")
struct UTF8ValidationTests {
    @Test("accepts every length of sequence", arguments: ["", "abcdefghi", "é", "日本語", "😀", "12345678é"])
    func accepts(_ text: String) {
        #expect(Array(text.utf8).isValidUTF8)
    }

    @Test(
        "refuses malformed sequences",
        arguments: [
            "80", "C0 AF", "C1 BF", "E0 80 AF", "ED A0 80", "F0 80 80 AF", "F4 90 80 80", "F5 80 80 80", "FF",
            "C3", "E2 82", "F0 9F 98", "61 61 61 61 61 61 61 61 C3",
        ])
    func refuses(_ hex: String) {
        #expect([UInt8](hex: hex).isValidUTF8 == false)
    }

    @Test("agrees with the standard library on every two-byte input")
    func agrees() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let bytes = [first, second]
                #expect(bytes.isValidUTF8 == (String(validating: bytes, as: UTF8.self) != nil))
            }
        }
    }
}
