// SPDX-License-Identifier: Apache-2.0
import STUN
import TLS
import TestKit
import Testing

@Suite("STUN and TURN credentials")
struct CredentialTests {
    @Test("the hashes are those of their standards, over both pieces of a message")
    func hashes() {
        let digests = OpenSSLDigests()
        // RFC 2202 §3 case 2, RFC 4231 §4.3, RFC 1321 A.5, FIPS 180-4.
        let key = Array("Jefe".utf8)
        let text = Array("what do ya want for nothing?".utf8)
        let sha1 = [UInt8](hex: "EFFCDF6AE5EB2FA2D27416D5F184DF9C259A7C79")
        let sha256 = [UInt8](hex: "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843")
        for split in 0...text.count {
            unsafe text.withUnsafeBytes { bytes in
                let first = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<split])
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[split...])
                unsafe #expect(digests.hmacSHA1(key: key, first, rest).bytes == sha1)
                unsafe #expect(digests.hmacSHA256(key: key, first, rest).bytes == sha256)
            }
        }
        #expect(digests.md5(Array("abc".utf8)).bytes == [UInt8](hex: "900150983CD24FB0D6963F7D28E17F72"))
        #expect(
            digests.sha256(Array("abc".utf8)).bytes
                == [UInt8](hex: "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"))
        #expect(digests.md5([]).bytes == [UInt8](hex: "D41D8CD98F00B204E9800998ECF8427E"))
        #expect(
            digests.hmacSHA1(key: [], []).bytes == [UInt8](hex: "FBDB1D1B18AA6C08324B7D64B71FB76370690E1D"))
    }

    @Test("keys that are longer than a block are hashed first")
    func longKeys() {
        // RFC 2202 §3 case 6, RFC 4231 §4.7.
        let text = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
        #expect(
            digests.hmacSHA1(key: [UInt8](repeating: 0xAA, count: 80), text).bytes
                == [UInt8](hex: "AA4AE5E15272D00E95705637CE8A3B55ED402112"))
        #expect(
            digests.hmacSHA256(key: [UInt8](repeating: 0xAA, count: 131), text).bytes
                == [UInt8](hex: "60E431591EE0B67F0D8A26AACBF5B77F8E0BC6213728C5140546040F0EE37F54"))
    }

    @Test("digests are equal only when every byte is")
    func comparison() {
        let digest = digests.sha256([1])
        #expect(digest.equals(digest.bytes))
        #expect(!digest.equals(Array(digest.bytes.dropLast())))
        #expect(!digest.equals([]))
        for index in 0..<32 {
            var other = digest.bytes
            other[index] ^= 0x80
            #expect(!digest.equals(other))
        }
    }

    @Test("a server announces its features in front of the nonce")
    func cookies() {
        #expect(STUNSecurityFeatures([]).cookie == "obMatJos2AAAA")
        #expect(STUNSecurityFeatures.passwordAlgorithms.cookie == "obMatJos2AAAB")
        #expect(STUNSecurityFeatures([.passwordAlgorithms, .usernameAnonymity]).cookie == "obMatJos2AAAD")
        #expect(
            STUNSecurityFeatures(nonce: "obMatJos2AAADxyz".utf8) == [.passwordAlgorithms, .usernameAnonymity])
        for nonce in [
            "", "obMatJos2", "obMatJos2AAA", "obMatJos2AA==", "obMatJos2*AAA", "obmatjos2AAAA", "abc",
        ] {
            #expect(STUNSecurityFeatures(nonce: nonce.utf8) == nil)
        }
    }

    @Test("a credential is the code of its name, as other servers make it")
    func minted() throws {
        // `printf 1700000000:alice | openssl dgst -sha1 -hmac north -binary | base64`
        let credential = TURNCredential(
            expiry: 1_700_000_000, name: "alice", secret: Array("north".utf8), digests)
        #expect(credential.username == "1700000000:alice")
        #expect(credential.password == "Cd/49soE35ICqcJF/bCTn8Z4OyE=")
        #expect(
            TURNCredential.password(of: credential.username.utf8, secret: Array("north".utf8), digests)
                == credential.password)
        #expect(
            TURNCredential.password(of: credential.username.utf8, secret: Array("south".utf8), digests)
                != credential.password)
        #expect(TURNCredential(expiry: 7, name: "", secret: [], digests).username == "7")
        #expect(TURNCredential(expiry: -7, name: "a", secret: [], digests).username == "0:a")
    }

    @Test("the name of a credential says until when it is good and whose it is")
    func names() {
        typealias Name = TURNCredential.Name
        let name = Name(username: "1700000000:group/someone".utf8)
        #expect(name?.expiry == 1_700_000_000)
        #expect(name?.name == "group/someone")
        #expect(Name(username: "1700000000".utf8)?.name == "")
        #expect(Name(username: "1:a:b".utf8)?.name == "a:b")
        #expect(Name(username: "999999999999999999:a".utf8)?.expiry == 999_999_999_999_999_999)
    }

    @Test(
        "what does not begin with a time is no such name",
        arguments: [
            "", ":", ":a", "a", "alice", "-1:a", "+1:a", " 1:a", "1 :a", "1.5:a", "0x10:a", "1a:b",
            "1000000000000000000:a", "99999999999999999999999999:a", "\u{661}:a",
        ])
    func notNames(_ text: String) {
        #expect(TURNCredential.Name(username: text.utf8) == nil)
        #expect(TURNCredential.Name(username: [0x31, 0x3A, 0xFF]) == nil)
    }
}
