// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import JSON
import JWT
import TestKit
import Testing

@Suite("Compact JWS")
struct CompactJWSTests {
    /// RFC 7515 appendix A.1.
    static let example =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9"
        + "leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    /// A token whose header is `header`, and whose payload and signature mean nothing.
    static func token(header: String) -> String { "\(Base64.urlText(Array(header.utf8))).e30.AAAA" }

    static func reason(of text: String) -> DecodeError.Reason? {
        do throws(DecodeError) {
            _ = try CompactJWS(parsing: text)
            return nil
        } catch { return error.reason }
    }

    @Test("reads the example of RFC 7515 and writes it again as it was")
    func example() throws {
        let token = try CompactJWS(parsing: Self.example)
        #expect(token.algorithmName == "HS256")
        #expect(token.header["typ"] == "JWT")
        #expect(token.signature.count == 32)
        #expect(token.signingInput == Array(Self.example.prefix { $0 != "." }.utf8) + Self.payloadText)
        #expect(token.formatted == Self.example)
        let claims = try JWTClaims(of: token)
        #expect(claims.issuer == "joe")
        #expect(claims.expiry == 1_300_819_380)
        #expect(claims["http://example.com/is_root"] == true)
    }

    private static var payloadText: [UInt8] { Array(".\(example.split(separator: ".")[1])".utf8) }

    @Test("refuses every prefix of a token that ends before its signature")
    func truncated() {
        let text = Array(Self.example.utf8)
        let signatureStart = text.lastIndex(of: UInt8(ascii: "."))! + 1
        for prefix in text.prefixes where prefix.count < signatureStart {
            #expect(Self.reason(of: String(decoding: prefix, as: UTF8.self)) == .truncated)
        }
    }

    @Test("reads a prefix within the signature as another signature or not at all")
    func shortSignature() throws {
        let whole = try CompactJWS(parsing: Self.example)
        let text = Array(Self.example.utf8)
        let signatureStart = text.lastIndex(of: UInt8(ascii: "."))! + 1
        for prefix in text.prefixes where prefix.count >= signatureStart && prefix.count < text.count {
            let shorter = try? CompactJWS(parsing: String(decoding: prefix, as: UTF8.self))
            #expect(shorter?.signature != whole.signature)
        }
    }

    @Test(
        "refuses texts that break the format",
        arguments: [
            "", ".", "..", "...", "a.b.c.d", "{}.e30.AAAA", "e30.e30.AAAA", "eyJhbGciOjF9.e30.AAAA",
            // Padding, the other alphabet, unused bits that are not zero, white space.
            "eyJhbGciOiJIUzI1NiJ9.e30=.AAAA", "eyJhbGciOiJIUzI1NiJ9.e30.+/AA",
            "eyJhbGciOiJIUzI1NiJ9.e31.AAAA",
            " eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA\n",
            "eyJhbGciOiJIUzI1NiJ9.e30.A",
        ])
    func malformed(_ text: String) { #expect(Self.reason(of: text) != nil) }

    @Test("refuses a header that says something twice, or that must be understood")
    func header() {
        #expect(Self.reason(of: Self.token(header: #"{"alg":"HS256","alg":"none"}"#)) == .invalid)
        #expect(
            Self.reason(of: Self.token(header: #"{"alg":"HS256","crit":["b64"],"b64":false}"#))
                == .unsupported)
        #expect(Self.reason(of: Self.token(header: #"{"alg":"HS256","x":[[[[[0]]]]]}"#)) == .invalid)
        #expect(Self.reason(of: Self.token(header: #"{"alg":"HS256","cty":"JWT"}"#)) == nil)
    }

    @Test("looks at 8192 bytes at most")
    func size() {
        let room = CompactJWS.maxBytes - "eyJhbGciOiJIUzI1NiJ9..".utf8.count
        let payload = String(repeating: "A", count: room / 4 * 4)
        #expect(Self.reason(of: "eyJhbGciOiJIUzI1NiJ9.\(payload).") == nil)
        #expect(Self.reason(of: "eyJhbGciOiJIUzI1NiJ9.\(payload)AAAA.") == .tooLarge)
    }
}
