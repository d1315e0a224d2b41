// SPDX-License-Identifier: Apache-2.0
import JSON
import JWT
import Testing

@Suite("Claims of a token")
struct JWTClaimsTests {
    private func claims(_ text: String) throws -> JWTClaims {
        try JWTClaims(of: CompactJWS(header: ["alg": "HS256"], payload: Array(text.utf8), signature: []))
    }

    @Test("are refused from the second they expire")
    func expiry() throws {
        let claims = try claims(#"{"exp":1000}"#)
        try claims.check(now: 999_999)
        #expect(throws: JWTError.expired) { try claims.check(now: 1_000_000) }
        #expect(throws: JWTError.expired) { try claims.check(now: .max) }
    }

    @Test("are refused until they begin")
    func start() throws {
        let claims = try claims(#"{"exp":2000,"nbf":1000.5}"#)
        #expect(throws: JWTError.notYetValid) { try claims.check(now: 1_000_499) }
        try claims.check(now: 1_000_500)
    }

    @Test("are given the leeway that the caller allows for another clock")
    func leeway() throws {
        let claims = try claims(#"{"exp":2000,"nbf":1000}"#)
        try claims.check(now: 970_000, leeway: 30_000)
        #expect(throws: JWTError.notYetValid) { try claims.check(now: 969_999, leeway: 30_000) }
        try claims.check(now: 2_029_999, leeway: 30_000)
        #expect(throws: JWTError.expired) { try claims.check(now: 2_030_000, leeway: 30_000) }
    }

    @Test("need an end unless the caller says otherwise")
    func noExpiry() throws {
        let claims = try claims(#"{"sub":"a"}"#)
        #expect(throws: JWTError.noExpiry) { try claims.check(now: 0) }
        try claims.check(now: 0, requiresExpiry: false)
        #expect(claims.subject == "a")
    }

    @Test("may be for one or for several audiences")
    func audiences() throws {
        #expect(try claims(#"{"aud":"a"}"#).audiences == ["a"])
        #expect(try claims(#"{"aud":["a","b",1]}"#).audiences == ["a", "b"])
        #expect(try claims("{}").audiences == [])
    }

    @Test(
        "are refused when a reader could take them for something else",
        arguments: [
            "", "[]", "1", "{", #"{"exp":"1000"}"#, #"{"exp":null}"#, #"{"nbf":true}"#, #"{"iat":"now"}"#,
            #"{"exp":1000,"exp":9999}"#, #"{"sub":"a","sub":"b"}"#, "{} {}",
        ])
    func malformed(_ text: String) {
        #expect(throws: JWTError.self) { try claims(text) }
    }
}
