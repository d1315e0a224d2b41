// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import NetworkAddresses
import STUN
import TestKit
import Testing

/// The examples that the RFCs print.
enum Vector {
    static let password = Array("VOkJxbRl1RmTxUk/WvJxBt".utf8)

    /// RFC 5769 §2.1.
    static let request = [UInt8](
        hex: """
            0001 0058 2112A442 B7E7A701BC34D686FA87DFAE
            8022 0010 5354554E207465737420636C69656E74
            0024 0004 6E0001FF
            8029 0008 932FF9B151263B36
            0006 0009 6576746A3A6836765920 2020
            0008 0014 9AEAA70CBFD8CB56781EF2B5B2D3F249C1B571A2
            8028 0004 E57A3BCF
            """)

    /// RFC 5769 §2.2.
    static let response4 = [UInt8](
        hex: """
            0101 003C 2112A442 B7E7A701BC34D686FA87DFAE
            8022 000B 7465737420766563746F72 20
            0020 0008 0001A147E112A643
            0008 0014 2B91F599FD9E90C38C7489F92AF9BA53F06BE7D7
            8028 0004 C07D4C96
            """)

    /// RFC 5769 §2.3.
    static let response6 = [UInt8](
        hex: """
            0101 0048 2112A442 B7E7A701BC34D686FA87DFAE
            8022 000B 7465737420766563746F72 20
            0020 0014 0002A147 0113A9FAA5D3F179BC25F4B5BED2B9D9
            0008 0014 A382954E4BE67BF11784C97C8292C275BFE3ED41
            8028 0004 C8FB0B4C
            """)

    /// RFC 5769 §2.4.
    static let longTerm = [UInt8](
        hex: """
            0001 0060 2112A442 78AD3433C6AD72C029DA412E
            0006 0012 E3839EE38388E383AAE38383E382AFE382B9 0000
            0015 001C 662F2F3439396B3935346436 4F4C33346F4C394653547679363473 41
            0014 000B 6578616D706C652E6F7267 00
            0008 0014 F67024656DD64A3E02B8E0712E85C9A28CA89666
            """)

    /// RFC 8489 appendix B.1 with erratum 6268.
    static let sha256 = [UInt8](
        hex: """
            0001 0090 2112A442 78AD3433C6AD72C029DA412E
            001E 0020 4A3CF38FEF6992BDA952C6780417DA0F24819415569E60B205C46E41407F1704
            0015 0029 6F624D61744A6F7332414141 43662F2F3439396B3935346436
            4F4C33346F4C394653547679363473 41 000000
            0014 000B 6578616D706C652E6F7267 00
            001D 0004 00020000
            001C 0020 B5C7BF005B6C52A21C51C5E892F81924136296CB927C43149309278CC6518E65
            """)

    static let all = [request, response4, response6, longTerm, sha256]
    static let username = "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}"
}

@Suite("Examples of the RFCs")
struct VectorTests {
    @Test("the request of RFC 5769 is read, and its code and checksum are right")
    func request() throws {
        try read(Vector.request) { message in
            #expect(message.method == .binding)
            #expect(message.messageClass == .request)
            #expect(message.transactionID == STUNTransactionID(high: 0xB7E7_A701, low: 0xBC34_D686_FA87_DFAE))
            #expect(message.text(.software) == "STUN test client")
            #expect(message.number(.priority) == 0x6E00_01FF)
            #expect(message.longNumber(.iceControlled) == 0x932F_F9B1_5126_3B36)
            #expect(message.text(.username) == "evtj:h6vY")
            #expect(message.malformed == nil)
            #expect(message.isIntact(.sha1, key: Vector.password, digests))
            #expect(!message.isIntact(.sha1, key: Vector.password + [0x20], digests))
            #expect(!message.isIntact(.sha256, key: Vector.password, digests))
            #expect(message.hasFingerprint)
            #expect(message.isFingerprintRight)
        }
    }

    @Test(
        "the answers of RFC 5769 are read",
        arguments: [
            (Vector.response4, "192.0.2.1:32853"),
            (Vector.response6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853"),
        ])
    func responses(_ bytes: [UInt8], _ address: String) throws {
        try read(bytes) { message in
            #expect(message.messageClass == .success)
            #expect(message.address(.xorMappedAddress) == SocketAddress(address))
            #expect(message.text(.software) == "test vector")
            #expect(message.isIntact(.sha1, key: Vector.password, digests))
            #expect(message.isFingerprintRight)
        }
    }

    @Test("the request of RFC 5769 with long-term credentials is read")
    func longTerm() throws {
        let key = STUNCredentials.key(
            .md5, username: Vector.username.utf8, realm: "example.org", password: "TheMatrIX", digests)
        try read(Vector.longTerm) { message in
            #expect(message.text(.username) == Vector.username)
            #expect(message.text(.nonce) == "f//499k954d6OL34oL9FSTvy64sA")
            #expect(message.text(.realm) == "example.org")
            #expect(message.isIntact(.sha1, key: key, digests))
            #expect(!message.hasFingerprint)
        }
    }

    @Test("the examples are written byte for byte, but for padding that the RFC fills with spaces")
    func written() throws {
        let id = try #require(header(Vector.longTerm)).transactionID
        let key = STUNCredentials.key(
            .md5, username: Vector.username.utf8, realm: "example.org", password: "TheMatrIX", digests)
        var writer = STUNWriter(.binding, .request, id: id)
        writer.append(.username, Vector.username)
        writer.append(.nonce, "f//499k954d6OL34oL9FSTvy64sA")
        writer.append(.realm, "example.org")
        writer.append(.sha1, key: key, digests)
        #expect(writer.finish() == Vector.longTerm)
    }

    @Test("the request of RFC 8489 with a hashed name and SHA-256 is read, and written byte for byte")
    func sha256() throws {
        let hash = STUNCredentials.userhash(username: Vector.username, realm: "example.org", digests)
        let key = STUNCredentials.key(
            .sha256, username: Vector.username.utf8, realm: "example.org", password: "TheMatrIX", digests)
        let nonce = "obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA"
        let id = try read(Vector.sha256) { message in
            #expect(message.value(.userhash) == hash)
            #expect(message.text(.nonce) == nonce)
            #expect(message.passwordAlgorithm == .sha256)
            #expect(message.malformed == nil)
            #expect(message.isIntact(.sha256, key: key, digests))
            #expect(!message.isIntact(.sha1, key: key, digests))
            return message.transactionID
        }
        #expect(STUNSecurityFeatures(nonce: nonce.utf8) == .usernameAnonymity)
        var writer = STUNWriter(.binding, .request, id: id)
        writer.append(.userhash, hash)
        writer.append(.nonce, nonce)
        writer.append(.realm, "example.org")
        writer.append(.sha256 as STUNPasswordAlgorithm)
        writer.append(.sha256, key: key, digests)
        #expect(writer.finish() == Vector.sha256)
    }

    @Test("one bit that differs anywhere makes codes and checksums wrong")
    func everyBit() throws {
        for bit in 0..<Vector.request.count * 8 {
            var changed = Vector.request
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let isAccepted = try? read(changed) { message in
                message.isIntact(.sha1, key: Vector.password, digests) && message.hasFingerprint
                    && message.isFingerprintRight
            }
            #expect(isAccepted != true, "bit \(bit)")
        }
    }
}
