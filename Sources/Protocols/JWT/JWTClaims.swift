// SPDX-License-Identifier: Apache-2.0
public import JSON

/// What a token claims, and between which times. RFC 7519 §4.
public struct JWTClaims: Hashable, Sendable {
    /// The claims set as it is written.
    public var object: JSONObject

    public init(_ object: JSONObject) { self.object = object }

    /// The claims of a token whose signature has been checked.
    public init(of token: CompactJWS) throws(JWTError) {
        guard let object = (try? JSONValue(parsing: token.payload, maxDepth: 16))?.object,
            !object.repeatsAMember
        else { throw .malformed("JWT claims") }
        for name in ["exp", "nbf", "iat"] where object[name] != nil && object[name]?.number == nil {
            throw .malformed("JWT \(name)")
        }
        self.object = object
    }

    public subscript(_ name: String) -> JSONValue? { object[name] }

    public var subject: String? { object["sub"]?.string }
    public var issuer: String? { object["iss"]?.string }

    /// Whom the token is for; empty when it does not say. One name may stand without its array. §4.1.3
    public var audiences: [String] {
        if let one = object["aud"]?.string { return [one] }
        return (object["aud"]?.array ?? []).compactMap(\.string)
    }

    /// Seconds since 1970, perhaps with a fraction: when the token stops being valid.
    public var expiry: Double? { object["exp"]?.number?.double }

    /// Refuses a token outside its times.
    ///
    /// - Parameters:
    ///   - now: Milliseconds since 1970.
    ///   - leeway: By how many milliseconds the issuer's clock may differ from ours.
    ///   - requiresExpiry: Whether a token without an end is refused.
    public func check(now: Int64, leeway: Int64 = 0, requiresExpiry: Bool = true) throws(JWTError) {
        let (now, leeway) = (Double(now) / 1000, Double(leeway) / 1000)
        if let expiry {
            // "on or after which the token must not be accepted", §4.1.4
            guard now < expiry + leeway else { throw .expired }
        } else if requiresExpiry {
            throw .noExpiry
        }
        if let start = object["nbf"]?.number?.double, now < start - leeway { throw .notYetValid }
    }
}
