// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import TLS
import TestKit
import Testing

@Suite("Digests")
struct DigestTests {
    @Test("SHA-1 answers the WebSocket handshake of RFC 6455 §1.3")
    func webSocketAccept() {
        let input = Array("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
        #expect(Base64.text(Digest.sha1(input)) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test("HMAC-SHA-256 gives the values of RFC 4231 §4.3 and §4.7")
    func hmac() {
        #expect(
            Digest.hmacSHA256(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
                == [UInt8](hex: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"))
        #expect(
            Digest.hmacSHA256(
                key: [UInt8](repeating: 0xAA, count: 131),
                Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
                == [UInt8](hex: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"))
    }

    @Test("an empty key and an empty message have an HMAC")
    func emptyHMAC() {
        #expect(
            Digest.hmacSHA256(key: [], [])
                == [UInt8](hex: "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"))
    }

    @Test("secrets are equal only byte for byte")
    func constantTime() {
        #expect(Digest.constantTimeEqual([], []))
        #expect(Digest.constantTimeEqual([1, 2, 3], [1, 2, 3]))
        #expect(!Digest.constantTimeEqual([1, 2, 3], [1, 2, 4]))
        #expect(!Digest.constantTimeEqual([1, 2, 3], [1, 2]))
    }
}

@Suite("Random bytes of the system")
struct SystemRandomSourceTests {
    @Test("come in the number asked for and differ each time")
    func differ() {
        var source = SystemRandomSource()
        let first = source.nextBytes(32)
        #expect(first.count == 32)
        #expect(first != source.nextBytes(32))
        #expect(source.nextBytes(0).isEmpty)
    }
}
