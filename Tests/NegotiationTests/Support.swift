// SPDX-License-Identifier: Apache-2.0

import Foundation
import MediaPlans
import Negotiation
import NetworkAddresses
import SDP

/// One file of `Fixtures/sdp`.
func offer(_ name: String) throws -> SDPDescription {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    return try SDPDescription(
        parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent("Fixtures/sdp/\(name).sdp"))))
}

/// SplitMix64.
struct Numbers: RandomNumberGenerator {
    var state: UInt64 = 7

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension LocalCredentials {
    static let first = LocalCredentials(ufrag: "firstufrag", password: "firstpassword0123456789abcdefghi")
    static let second = LocalCredentials(ufrag: "otherufrag", password: "otherpassword0123456789abcdefghi")
}

extension ServerNegotiation {
    init(_ role: Role, policy: NegotiationPolicy = NegotiationPolicy(), streams: Streams = .separate) {
        let endpoint = ServerEndpoint(
            fingerprint: CertificateFingerprint(.sha256, Array(repeating: 0xAB, count: 32))!,
            candidates: SDPCandidate.hosts(udp: ["192.0.2.1:3478"].compactMap { .init($0) }))
        self.init(
            role: role, policy: policy, endpoint: endpoint, streams: streams, session: 42, cname: "parley")
    }

    /// Answers with credentials and numbers that are the same in every run.
    mutating func answer(
        _ offer: SDPDescription, fresh: LocalCredentials = .first, limits: SlotLimits = SlotLimits()
    ) throws(NegotiationError) -> Negotiated {
        var numbers = Numbers(state: UInt64(offer.media.count))
        return try answer(offer, fresh: fresh, limits: limits, random: &numbers)
    }
}

extension SDPDescription {
    /// The offer with each media section changed.
    func changed(_ change: (inout SDPMedia) -> Void) -> SDPDescription {
        var copy = self
        for index in copy.media.indices { change(&copy.media[index]) }
        return copy
    }

    /// The offer with other ICE credentials.
    func restarted() -> SDPDescription {
        changed { media in
            media.attributes = media.attributes.map { attribute in
                switch attribute {
                case .iceUfrag(let text): .iceUfrag(text + "R")
                case .icePassword(let text): .icePassword(text + "R")
                default: attribute
                }
            }
        }
    }
}
