// SPDX-License-Identifier: Apache-2.0

import FuzzKit
import JSON
import JWT

fuzz { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    guard let token = accepted({ try CompactJWS(parsing: text) }) else { return }
    promise(token.formatted == text, "a token has one spelling only")
    promise(token.header["alg"] == .string(token.algorithmName), "a token names its algorithm")
    let again = CompactJWS(header: token.header, payload: token.payload, signature: token.signature)
    let second = accepted { try CompactJWS(parsing: again.formatted) }
    promise(second == again, "what we write can be read again")
    guard let claims = accepted({ try JWTClaims(of: token) }) else { return }
    let isGood = accepted { try claims.check(now: 1_700_000_000_000) } != nil
    promise(!isGood || claims.expiry.map { $0 > 1_700_000_000 } == true, "a good token has an end to come")
}
