// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import Testing

@Suite("Base 64")
struct Base64Tests {
    @Test(
        "encodes and decodes the vectors of RFC 4648 section 10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(_ plain: String, _ text: String) {
        #expect(Base64.encode(plain.utf8) == Array(text.utf8))
        #expect(Base64.decode(text.utf8) == Array(plain.utf8))
    }

    @Test(
        "refuses anything but the canonical form",
        arguments: ["Z", "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm 9", "Zm-_"])
    func refuses(_ text: String) {
        #expect(Base64.decode(text.utf8) == nil)
    }

    @Test("the URL alphabet needs no escaping")
    func url() {
        #expect(Base64.urlText([0xFB, 0xFF, 0xBF]) == "-_-_")
        #expect(Base64.decodeURL("-_-_".utf8) == [0xFB, 0xFF, 0xBF])
        #expect(Base64.decodeURL("Zm8".utf8) == Array("fo".utf8))
        #expect(Base64.decodeURL("".utf8) == [])
    }

    @Test(
        "the URL alphabet has one spelling of a value too",
        arguments: ["Z", "Zg==", "Zm8=", "Zh", "Zm9", "+/+/", "Zm 9", "Zg\n"])
    func refusesInURL(_ text: String) {
        #expect(Base64.decodeURL(text.utf8) == nil)
    }
}
