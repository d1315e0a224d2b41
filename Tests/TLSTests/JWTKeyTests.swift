// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import EngineKit
import Foundation
import JSON
import JWT
import Testing

@testable import TLS

@Suite("Keys of tokens")
struct JWTKeyTests {
    private static let now = WallClock(milliseconds: 1_300_819_379_000)
    private static let later = WallClock(milliseconds: 1_300_819_380_000)
    private static let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    /// RFC 7515 appendix A.1.
    private static let secret = Base64.decodeURL(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow".utf8)!
    private static let hmac =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(payload).dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    /// RFC 7515 appendix A.3.
    private static let ecJWK: JSONObject = [
        "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    ]
    private static let ecdsa =
        "eyJhbGciOiJFUzI1NiJ9.\(payload).DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQx"
        + "fKTUJqPP3-Kg6NU1Q"
    /// RFC 8037 appendix A.1, as PKCS #8, and A.2.
    private static let edPEM = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
        -----END PRIVATE KEY-----
        """
    private static let edJWK: JSONObject = [
        "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    ]
    private static let ecPEM = String(decoding: (try? PrivateKey.generate())?.pem ?? [], as: UTF8.self)

    private func failure(_ body: () throws(JWTError) -> JSONObject) -> JWTError? {
        do throws(JWTError) {
            _ = try body()
            return nil
        } catch { return error }
    }

    @Test("check the HS256 example of RFC 7515")
    func hmac() throws {
        let key = JWTKey(secret: Self.secret)
        #expect(try key.verify(Self.hmac, now: Self.now)["iss"] == "joe")
        #expect(failure { () throws(JWTError) in try key.verify(Self.hmac, now: Self.later) } == .expired)
    }

    @Test("check the ES256 example of RFC 7515")
    func ecdsa() throws {
        let key = try #require(JWTKey(jwk: Self.ecJWK))
        #expect(key.algorithm == .es256)
        #expect(!key.canSign)
        #expect(try key.verify(Self.ecdsa, now: Self.now)["iss"] == "joe")
    }

    @Test("make and check the Ed25519 example of RFC 8037")
    func edDSA() throws {
        let signature =
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        let input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
        let key = try #require(SignatureKey(pem: Array(Self.edPEM.utf8)))
        #expect(key.sign(Array(input.utf8)).map { Base64.urlText($0) } == signature)
        let half = try #require(JWTKey(jwk: Self.edJWK))
        #expect(half.algorithm == .edDSA)
        #expect(try half.accepts(CompactJWS(parsing: "\(input).\(signature)")))
    }

    @Test("check what they sign, for every algorithm", arguments: JWTAlgorithm.allCases)
    func roundTrip(_ algorithm: JWTAlgorithm) throws {
        let key = try #require(Self.key(of: algorithm))
        let token = key.sign(["sub": "someone", "exp": 2000])
        #expect(try key.verify(token, now: WallClock(milliseconds: 0))["sub"] == "someone")
        #expect(try CompactJWS(parsing: token).header["alg"] == .string(algorithm.rawValue))
    }

    private static func key(of algorithm: JWTAlgorithm) -> JWTKey? {
        switch algorithm {
        case .hs256: JWTKey(secret: secret)
        case .es256: JWTKey(pem: ecPEM)
        case .edDSA: JWTKey(pem: edPEM)
        }
    }

    @Test("refuse a token of which any byte has changed", arguments: JWTAlgorithm.allCases)
    func changed(_ algorithm: JWTAlgorithm) throws {
        let key = try #require(Self.key(of: algorithm))
        let token = Array(key.sign(["exp": 2000]).utf8)
        for index in token.indices {
            var other = token
            other[index] = other[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let text = String(decoding: other, as: UTF8.self)
            #expect(throws: JWTError.self) { try key.verify(text, now: WallClock(milliseconds: 0)) }
        }
    }

    @Test("do not let a token choose its algorithm")
    func confusion() throws {
        let unsecured = "eyJhbGciOiJub25lIn0.\(Self.payload)."
        let secret = JWTKey(secret: Self.secret)
        let pair = try #require(JWTKey(jwk: Self.ecJWK))
        for key in [secret, pair] {
            #expect(
                failure { () throws(JWTError) in try key.verify(unsecured, now: Self.now) } == .wrongAlgorithm
            )
        }
        // The known public key, used as if it were a secret.
        let x = try #require(Base64.decodeURL(Self.ecJWK["x"]!.string!.utf8))
        let y = try #require(Base64.decodeURL(Self.ecJWK["y"]!.string!.utf8))
        let forged = JWTKey(secret: x + y).sign(["exp": 2_000_000_000])
        #expect(failure { () throws(JWTError) in try pair.verify(forged, now: Self.now) } == .wrongAlgorithm)
        #expect(
            failure { () throws(JWTError) in
                try JWTKeySet([pair, secret]).verify(forged, now: Self.now).object
            }
                == .wrongSignature)
    }

    @Test("refuse a signature of zeros and one of another length")
    func zeros() throws {
        let pair = try #require(JWTKey(jwk: Self.ecJWK))
        for count in [0, 1, 32, 63, 64, 65, 128] {
            let zeros = Base64.urlText([UInt8](repeating: 0, count: count))
            let text = "eyJhbGciOiJFUzI1NiJ9.\(Self.payload).\(zeros)"
            #expect(
                failure { () throws(JWTError) in try pair.verify(text, now: Self.now) } == .wrongSignature)
        }
    }

    @Test("tell one purpose from another")
    func purposes() {
        let token = JWTKey.derived(from: Self.secret, purpose: "a").sign(["exp": 2000])
        let other = JWTKey.derived(from: Self.secret, purpose: "b")
        let reason = failure { () throws(JWTError) in
            try other.verify(token, now: WallClock(milliseconds: 0))
        }
        #expect(reason == .wrongSignature)
    }

    @Test("are found by the name that the token gives, and not by another's")
    func names() throws {
        let now = WallClock(milliseconds: 0)
        let first = try #require(JWTKey(pem: Self.edPEM, id: "first"))
        let second = try #require(JWTKey(pem: Self.ecPEM, id: "second"))
        let set = JWTKeySet([first, second])
        #expect(try set.verify(first.sign(["exp": 1]), now: now).expiry == 1)
        #expect(try set.verify(second.sign(["exp": 2]), now: now).expiry == 2)
        let misnamed = try #require(JWTKey(pem: Self.edPEM, id: "second")).sign(["exp": 3])
        #expect(
            failure { () throws(JWTError) in try set.verify(misnamed, now: now).object } == .wrongAlgorithm)
    }

    @Test("are not made from keys of other kinds, uses and algorithms")
    func foreign() {
        var key = Self.ecJWK
        key["use"] = "enc"
        #expect(JWTKey(jwk: key) == nil)
        key = Self.ecJWK
        key["alg"] = "ES384"
        #expect(JWTKey(jwk: key) == nil)
        key = Self.ecJWK
        // Not a point of the curve.
        key["y"] = key["x"]
        #expect(JWTKey(jwk: key) == nil)
        #expect(JWTKey(jwk: ["kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"]) == nil)
        #expect(JWTKey(pem: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n") == nil)
        #expect(JWTKey(pem: "") == nil)
    }

    @Test("of an issuer come from a file of PEM, a JWK or a JWK set")
    func files() throws {
        let folder = try DataFolder()
        let file = folder.path + "/keys"
        for (text, algorithms) in [
            (Self.edPEM, [.edDSA]), (JSONValue.object(Self.ecJWK).formatted, [.es256]),
            (
                JSONValue.object(["keys": [.object(Self.edJWK), ["kty": "RSA"], .object(Self.ecJWK)]])
                    .formatted,
                [.edDSA, .es256]
            ),
        ] as [(String, [JWTAlgorithm])] {
            try text.write(toFile: file, atomically: false, encoding: .utf8)
            #expect(try JWTKeySet(file: file).keys.map(\.algorithm) == algorithms)
        }
        for text in ["", "{}", #"{"keys":[]}"#, "hello"] {
            try text.write(toFile: file, atomically: false, encoding: .utf8)
            #expect(throws: TLSError.self) { try JWTKeySet(file: file) }
        }
    }
}
