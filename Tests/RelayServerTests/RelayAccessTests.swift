// SPDX-License-Identifier: Apache-2.0
import EngineKit
import STUN
import TLS
import Testing

@testable import RelayServer

@Suite("Secrets and users of the relay")
struct RelayAccessTests {
    private func problem(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("secrets are one a line, in order, without comments and empty lines")
    func secrets() throws {
        let text = "# first\nsixteen-bytes-ok\r\n\n  and-another-one \n"
        #expect(
            try RelayAccess.secrets(in: Array(text.utf8))
                == ["sixteen-bytes-ok", "  and-another-one "].map { Array($0.utf8) })
    }

    @Test(
        "secrets that are short, missing or there twice are told with their line",
        arguments: [
            ("", "turn.secrets-file: there is no secret in it"),
            ("# nothing\n", "turn.secrets-file: there is no secret in it"),
            ("\nshort\n", "turn.secrets-file: the secret in line 2 is shorter than 16 bytes"),
            (
                "sixteen-bytes-ok\nsixteen-bytes-ok\n",
                "turn.secrets-file: the secret in line 2 is there twice"
            ),
        ])
    func badSecrets(_ text: String, _ expected: String) {
        #expect(problem { _ = try RelayAccess.secrets(in: Array(text.utf8)) } == expected)
    }

    @Test("a password may have colons and spaces; its user may not have a colon")
    func users() throws {
        #expect(
            try RelayAccess.passwords(in: Array("ana:a b:c\nünal:ü\n".utf8)) == ["ana": "a b:c", "ünal": "ü"])
        #expect(try RelayAccess.passwords(in: []).isEmpty)
    }

    @Test(
        "users that nobody could be are told with their line",
        arguments: ["ana", ":x", "ana:", "ana:a\nana:b", "1767229200:x", "17:x", "a\tb:x", "a\u{0}:x"])
    func badUsers(_ text: String) {
        let found = problem { _ = try RelayAccess.passwords(in: Array(text.utf8)) }
        #expect(found?.hasPrefix("turn.users-file: ") == true)
        #expect(found?.contains("line \(text.contains("\n") ? 2 : 1)") == true)
    }

    @Test("bytes that are no text are told, too")
    func badText() {
        #expect(problem { _ = try RelayAccess.passwords(in: [0xFF, 0x3A, 0x61]) } != nil)
    }

    @Test("the first secret makes credentials, and without one there are none")
    func credentials() throws {
        let first = Array("sixteen-bytes-ok".utf8)
        let access = RelayAccess(secrets: [first, Array("another-sixteen!".utf8)])
        let now = WallClock(milliseconds: 1_767_225_600_000)
        let made = try #require(access.credential(for: "a/b", lifetime: .seconds(60), at: now))
        #expect(made.username == "1767225660:a/b")
        #expect(made.expires.milliseconds == 1_767_225_660_000)
        #expect(
            made.password
                == TURNCredential.password(of: made.username.utf8, secret: first, OpenSSLDigests()))
        #expect(RelayAccess().credential(for: "a/b", lifetime: .seconds(60), at: now) == nil)
    }

    @Test("the server's own secret is not what the relay signs with")
    func ownSecret() {
        let secret = [UInt8](repeating: 7, count: 32)
        #expect(RelayAccess.ownSecret(of: secret).count == 32)
        #expect(RelayAccess.ownSecret(of: secret) != secret)
        #expect(RelayAccess.ownSecret(of: secret) == RelayAccess.ownSecret(of: secret))
    }
}
