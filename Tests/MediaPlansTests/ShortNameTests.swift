// SPDX-License-Identifier: Apache-2.0

import MediaPlans
import Testing

@Suite("Names of media sections") struct ShortNameTests {
    @Test(
        "A name of one to sixteen characters comes back as it was",
        arguments: ["0", "video0", "abcdefgh", "abcdefghi", "abcdefghijklmnop"])
    func survives(text: String) throws {
        let name = try #require(ShortName(text))
        #expect(name.description == text)
        #expect(name.count == text.utf8.count)
        #expect(name == ShortName(bytes: Array(text.utf8)))
    }

    @Test(
        "Names that are empty, too long, or not printable are none",
        arguments: ["", "abcdefghijklmnopq", "a b", "a\0", "ü", "\u{7F}"])
    func refuses(text: String) { #expect(ShortName(text) == nil) }

    @Test("Names that differ only behind the eighth byte are different")
    func differs() { #expect(ShortName("abcdefgh1") != ShortName("abcdefgh2")) }

    @Test("A fingerprint must be as long as its algorithm's hashes")
    func fingerprints() {
        #expect(CertificateFingerprint(.sha256, Array(repeating: 1, count: 32)) != nil)
        #expect(CertificateFingerprint(.sha256, Array(repeating: 1, count: 31)) == nil)
        #expect(CertificateFingerprint(.sha512, Array(repeating: 1, count: 32)) == nil)
    }
}
