// SPDX-License-Identifier: Apache-2.0

import FuzzKit
import MediaPlans
import Negotiation
import SDP

/// Counts, so that every run is the same.
struct Numbers: RandomNumberGenerator {
    var state: UInt64 = 0

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return state
    }
}

/// Offers, one after the other, with NUL between them. Their length chooses the role.
fuzz { bytes in
    let roles = ServerNegotiation.Role.allCases
    guard let fingerprint = CertificateFingerprint(.sha256, Array(repeating: 7, count: 32))
    else { return }
    let endpoint = ServerEndpoint(fingerprint: fingerprint, candidates: [])
    var negotiation = ServerNegotiation(
        role: roles[bytes.count % roles.count], endpoint: endpoint, session: 1, cname: "fuzz")
    var numbers = Numbers()
    var known: [ShortName: UInt32] = [:]
    for part in bytes.split(separator: 0).prefix(4) {
        guard let offer = try? SDPDescription(parsing: Array(part)) else { continue }
        let fresh = LocalCredentials(ufrag: "ufrag", password: "passwordpasswordpassword")
        guard let result = try? negotiation.answer(offer, fresh: fresh, random: &numbers) else { continue }
        check(result, offer)
        // As long as a section keeps its name and is not away in between, so does its slot.
        for slot in result.plan.slots {
            if let ssrc = known[slot.mid] { promise(ssrc == slot.ssrc, "slots keep their SSRCs") }
        }
        known = Dictionary(uniqueKeysWithValues: result.plan.slots.map { ($0.mid, $0.ssrc) })
    }
}

func check(_ result: ServerNegotiation.Negotiated, _ offer: SDPDescription) {
    promise(result.answer.media.count == offer.media.count, "every section is answered")
    let text = result.answer.formatted
    promise((try? SDPDescription(parsing: text)) == result.answer, "an answer can be read")
    let plan = result.plan
    promise(!plan.connection.fingerprints.isEmpty, "a connection has a certificate to expect")
    let ssrcs = plan.slots.map(\.ssrc) + plan.slots.compactMap(\.rtxSSRC)
    promise(Set(ssrcs).count == ssrcs.count && !ssrcs.contains(0), "SSRCs are different")
    for codecs in plan.tracks.map(\.codecs) + plan.slots.map(\.codecs) {
        promise(!codecs.isEmpty && codecs.count <= 8, "a section has codecs, and not too many")
    }
    for track in plan.tracks {
        promise((1...16).contains(track.encodings.count), "a track has encodings")
    }
}
