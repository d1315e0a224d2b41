// SPDX-License-Identifier: Apache-2.0
import PasswordHashes
import Testing

@Suite("Argon2id")
struct Argon2idTests {
    private static let cheap = Argon2id.Cost(memory: 64, passes: 1, lanes: 1)
    private static let salt = [UInt8](0..<16)

    /// From the test suite of the reference implementation, version 0x13.
    static let references = [
        (
            "password", Argon2id.Cost(memory: 256, passes: 2, lanes: 1), "somesalt",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
        ),
        (
            "password", Argon2id.Cost(memory: 256, passes: 2, lanes: 2), "somesalt",
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"
        ),
        (
            "differentpassword", Argon2id.Cost(memory: 65_536, passes: 2, lanes: 1), "somesalt",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94"
        ),
    ]

    @Test("agrees with the reference implementation", arguments: references)
    func agrees(_ password: String, _ cost: Argon2id.Cost, _ salt: String, _ hash: String) {
        #expect(Argon2id.hash(password, salt: Array(salt.utf8), cost: cost) == hash)
        #expect(Argon2id.matches(password, hash))
    }

    @Test("matches its own password only", arguments: ["", "correct horse", "café \0 zero"])
    func matches(_ password: String) throws {
        let hash = try #require(Argon2id.hash(password, salt: Self.salt, cost: Self.cheap))
        #expect(Argon2id.matches(password, hash))
        for other in [password + "x", "x" + password, password + "\0"] {
            #expect(!Argon2id.matches(other, hash))
        }
    }

    @Test("spends 19 MiB and two passes on each password")
    func standard() throws {
        let hash = try #require(Argon2id.hash("secret", salt: Self.salt))
        #expect(hash.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(Argon2id.matches("secret", hash))
        #expect(Argon2id.hash("secret", salt: Self.salt.reversed()) != hash)
    }

    @Test(
        "matches nothing to what is no hash of its own",
        arguments: [
            "", "$", "$argon2id$", "plain", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$AAAA",
            "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            references[0].3 + "x", String(references[0].3.dropLast()), references[0].3 + "\0",
        ])
    func refuses(_ hash: String) { #expect(!Argon2id.matches("password", hash)) }

    @Test("makes no hash with a salt that is too short")
    func refusesSalt() { #expect(Argon2id.hash("secret", salt: [1, 2, 3], cost: Self.cheap) == nil) }
}
