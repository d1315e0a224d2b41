// SPDX-License-Identifier: Apache-2.0
public import ByteCoding
public import JSON

/// A signed text in its compact form, `header.payload.signature`, each part in URL-safe base 64 without
/// padding. RFC 7515 §3.1.
///
/// Nothing here is checked against a key: a value of this type says only what somebody wrote.
public struct CompactJWS: Hashable, Sendable {
    /// The longest text that is looked at. A cookie of ours has some 200 bytes, a token of a large issuer 2 kB.
    public static let maxBytes = 8192

    /// The JOSE header.
    public let header: JSONObject
    public let payload: [UInt8]
    public let signature: [UInt8]
    /// What the signature is made over: the first two parts as they are written. RFC 7515 §5.2.
    public let signingInput: [UInt8]

    /// Puts the parts together; `signature` has been made over ``signingInput(header:payload:)`` of them.
    public init(header: JSONObject, payload: [UInt8], signature: [UInt8]) {
        self.header = header
        self.payload = payload
        self.signature = signature
        signingInput = Self.signingInput(header: header, payload: payload)
    }

    /// Refuses what is not canonical, so that a text has one spelling only; header members that stand there
    /// twice; and extensions that must be understood (`crit`), because none is. RFC 7515 §4.1.11.
    public init(parsing text: some StringProtocol) throws(DecodeError) {
        let bytes = Array(text.utf8.prefix(Self.maxBytes + 1))
        guard bytes.count <= Self.maxBytes else { throw DecodeError(.tooLarge, "JWS", at: Self.maxBytes) }
        let dots = bytes.indices.filter { bytes[$0] == UInt8(ascii: ".") }
        guard dots.count == 2 else {
            throw DecodeError(dots.count < 2 ? .truncated : .invalid, "JWS parts", at: bytes.count)
        }
        guard let headerBytes = Base64.decodeURL(bytes[..<dots[0]]),
            let header = (try? JSONValue(parsing: headerBytes, maxDepth: 4))?.object, !header.repeatsAMember
        else { throw DecodeError(.invalid, "JWS header", at: 0) }
        guard header["alg"]?.string != nil else { throw DecodeError(.invalid, "JWS alg", at: 0) }
        guard header["crit"] == nil else { throw DecodeError(.unsupported, "JWS crit", at: 0) }
        guard let payload = Base64.decodeURL(bytes[(dots[0] + 1)..<dots[1]]) else {
            throw DecodeError(.invalid, "JWS payload", at: dots[0] + 1)
        }
        guard let signature = Base64.decodeURL(bytes[(dots[1] + 1)...]) else {
            throw DecodeError(.invalid, "JWS signature", at: dots[1] + 1)
        }
        self.header = header
        self.payload = payload
        self.signature = signature
        signingInput = Array(bytes[..<dots[1]])
    }

    /// The text to put into a header, a link or a cookie.
    public var formatted: String {
        String(decoding: signingInput, as: UTF8.self) + "." + Base64.urlText(signature)
    }

    /// What has to be signed.
    public static func signingInput(header: JSONObject, payload: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        header.format(into: &text)
        return Array("\(Base64.urlText(text)).\(Base64.urlText(payload))".utf8)
    }

    /// What the text says it was signed with; for comparing, never for choosing.
    public var algorithmName: String { header["alg"]?.string ?? "" }

    /// Which of its keys the issuer used, when it says so. RFC 7515 §4.1.4.
    public var keyID: String? { header["kid"]?.string }
}

extension JSONObject {
    /// Readers differ about which of two members counts, so that a text could mean two things.
    var repeatsAMember: Bool { Set(members.map(\.key)).count != members.count }
}
