// SPDX-License-Identifier: Apache-2.0
import PacketCiphers
import TestKit
import Testing

@testable import SRTP

@Suite("SRTP vectors") struct SRTPVectorTests {
    static let libraries = FastestCiphers.Library.allCases.compactMap { FastestCiphers(only: $0) }

    @Test("AES in counter mode gives the keystream of RFC 3711 B.2", arguments: libraries)
    func keystream(ciphers: FastestCiphers) {
        let key = [UInt8](hex: "2B7E151628AED2A6ABF7158809CF4F3C")
        let block = SRTPBlock(high: 0xF0F1_F2F3_F4F5_F6F7, low: 0xF8F9_FAFB_FCFD_0000)
        let expected = [UInt8](
            hex: """
                E03EAD0935C95E80E166B16DD92B4EB4
                D23513162B02D0F72A43A2FE4A5F97AB
                41E95B3BB0A2E8DD477901E4FCA894C0
                """)
        #expect(ciphers.keystream(key: key, from: block, count: 48) == expected)
    }

    @Test("derives the keys of RFC 3711 B.3", arguments: libraries)
    func derivation(ciphers: FastestCiphers) throws {
        let master = try #require(
            SRTPMasterKey(
                .aes128HMACSHA1, key: .init(hex: "E1F97A0D3E018BE0D64FA32C06DE4139"),
                salt: .init(hex: "0EC675AD498AFEEBB6960B3AABE6")))
        #expect(
            master.derive(.encryption, control: false, count: 16, by: ciphers)
                == [UInt8](hex: "C61E7A93744F39EE10734AFE3FF7A087"))
        #expect(
            master.derive(.salt, control: false, count: 14, by: ciphers)
                == [UInt8](hex: "30CBBC08863D8C85D49DB34A9AE1"))
        let authentication = [UInt8](
            hex: """
                CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE
                E049646C43D9327AD175578EF7227098 6371C10C9A369AC2F94A8C5FBCDDDC25
                6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2
                """)
        #expect(master.derive(.authentication, control: false, count: 94, by: ciphers) == authentication)
    }

    /// One of RFC 7714 §16 and §17; keys and salts there are those of packets, not master keys.
    struct Example: Sendable, CustomTestStringConvertible {
        var profile: SRTPProfile
        var key: String
        var media: String
        var control: String

        var testDescription: String { "\(profile)" }
    }

    static let examples = [
        Example(
            profile: .aes128GCM, key: "00010203 04050607 08090a0b 0c0d0e0f",
            media: """
                8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f
                42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce
                """,
            control: """
                81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1
                730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4
                """),
        Example(
            profile: .aes256GCM,
            key: "00010203 04050607 08090a0b 0c0d0e0f 10111213 14151617 18191a1b 1c1d1e1f",
            media: """
                8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3
                b50b2a02 76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13
                """,
            control: """
                81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1
                110555be 8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4
                """),
    ]
    static let media = [UInt8](
        hex: """
            8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070
            61727465 73207472 6573
            """)
    static let control = [UInt8](
        hex: """
            81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
            deadbeef deadbeef deadbeef deadbeef deadbeef
            """)

    @Test("seals and opens the packets of RFC 7714", arguments: examples, libraries)
    func galoisCounterMode(example: Example, ciphers: FastestCiphers) throws {
        func sessionKey(sealing: Bool) throws -> SessionKey<FastestCiphers> {
            let key = ciphers.makeKey(
                .gcm, key: .init(hex: example.key), authenticationKey: [], sealing: sealing)
            return SessionKey(
                cipher: try #require(key), salt: SRTPBlock(.init(hex: "51756964 2070726f 2071756f")))
        }
        var sealer = try SRTPSealer(
            example.profile, media: sessionKey(sealing: true), control: sessionKey(sealing: true),
            ciphers: ciphers)
        var opener = try SRTPOpener(
            example.profile, media: sessionKey(sealing: false), control: sessionKey(sealing: false),
            ciphers: ciphers)
        let sealed = sealer.seal(Self.media, rollover: 0)
        #expect(sealed == [UInt8](hex: example.media))
        #expect(try opener.open(sealed) == Self.media)
        sealer.controlIndex = 0x5D4
        let protected = sealer.sealControl(Self.control)
        #expect(protected == [UInt8](hex: example.control))
        #expect(try opener.openControl(protected) == Self.control)
    }

    @Test("takes the keys of both directions out of a handshake's material")
    func exported() throws {
        let exported = (0..<60).map { UInt8($0) }
        let keys = try #require(SRTPKeys(.aes128HMACSHA1, exported: exported, isClient: false))
        #expect(keys.sending.key == (16..<32).map { UInt8($0) })
        #expect(keys.receiving.key == (0..<16).map { UInt8($0) })
        #expect(keys.sending.salt == (46..<60).map { UInt8($0) })
        #expect(keys.receiving.salt == (32..<46).map { UInt8($0) })
        #expect(SRTPKeys(.aes128GCM, exported: exported, isClient: false) == nil)
    }
}
