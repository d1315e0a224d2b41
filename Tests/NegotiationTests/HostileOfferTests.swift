// SPDX-License-Identifier: Apache-2.0

import MediaPlans
import Negotiation
import SDP
import Testing

@Suite("Munged and hostile offers") struct HostileOfferTests {
    static let vp8 = ["a=mid:0", "a=rtpmap:96 VP8/90000"]

    private func refusal(_ offer: SDPDescription) -> NegotiationError? {
        var negotiation = ServerNegotiation(.both)
        do throws(NegotiationError) {
            _ = try negotiation.answer(offer)
            return nil
        } catch {
            return error
        }
    }

    @Test("The least offer there can be is answered")
    func least() throws {
        #expect(try refusal(MinimalOffer.parsed(Self.vp8)) == nil)
        // Nobody else could be meant.
        var negotiation = ServerNegotiation(.publish)
        let unnamed = try negotiation.answer(MinimalOffer.parsed(["a=rtpmap:96 VP8/90000"]))
        #expect(!unnamed.answer.formatted.contains("a=mid"))
        #expect(!unnamed.answer.formatted.contains("a=group"))
    }

    @Test("An offer without what a connection needs is refused with the reason")
    func missing() throws {
        func without(_ part: String) throws -> SDPDescription {
            var offer = try MinimalOffer.parsed(Self.vp8)
            offer.media[0].attributes.removeAll { attribute in
                switch attribute {
                case .iceUfrag: part == "ice"
                case .fingerprint: part == "fingerprint"
                case .rtcpMux: part == "mux"
                default: false
                }
            }
            return offer
        }
        #expect(try refusal(without("ice")) == .noICECredentials)
        #expect(try refusal(without("fingerprint")) == .noFingerprint)
        #expect(try refusal(without("mux")) == .nothingInCommon)
        var empty = try MinimalOffer.parsed(Self.vp8)
        empty.media = []
        #expect(refusal(empty) == .noSections)
    }

    @Test("A hash that is too weak is no fingerprint")
    func weakFingerprint() throws {
        let offer = try MinimalOffer.parsed(Self.vp8).changed { media in
            media.attributes = media.attributes.map { attribute in
                if case .fingerprint = attribute {
                    .fingerprint(SDPFingerprint("sha-1", Array(repeating: 1, count: 20)))
                } else {
                    attribute
                }
            }
        }
        #expect(refusal(offer) == .noFingerprint)
    }

    @Test("Too many sections, names that are too long and names that are there twice are refused")
    func names() throws {
        var many = try MinimalOffer.parsed(Self.vp8)
        many.media = Array(repeating: many.media[0], count: 65)
        #expect(refusal(many) == .tooManySections(limit: 64))
        #expect(try refusal(MinimalOffer.parsed(["a=mid:abcdefghijklmnopq"])) == .mid(index: 0))
        var twice = try MinimalOffer.parsed(Self.vp8, session: ["a=group:BUNDLE 0"])
        twice.media.append(twice.media[0])
        #expect(refusal(twice) == .mid(index: 1))
    }

    @Test("Sections with transports of their own are refused")
    func notBundled() throws {
        var offer = try MinimalOffer.parsed(Self.vp8, session: ["a=group:BUNDLE 0"])
        var second = offer.media[0]
        second.attributes[0] = .mid("1")
        offer.media.append(second)
        #expect(refusal(offer) == .notBundled(index: 1))
    }

    @Test("An identifier of an extension means one thing")
    func extensions() throws {
        let offer = try MinimalOffer.parsed(
            Self.vp8 + [
                "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid", "a=extmap:3 urn:3gpp:video-orientation",
            ])
        #expect(refusal(offer) == .extensionConflict(id: 3))
    }

    @Test("Identifiers that packets cannot have are not agreed on")
    func identifiers() throws {
        let lines = [
            "a=extmap:15 urn:ietf:params:rtp-hdrext:sdes:mid", "a=extmap:200 urn:3gpp:video-orientation",
            "a=extmap:4096 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
        ]
        var negotiation = ServerNegotiation(.publish)
        let short = try negotiation.answer(MinimalOffer.parsed(Self.vp8 + lines))
        #expect(short.plan.tracks[0].extensions.isEmpty)
        var mixed = ServerNegotiation(.publish)
        let long = try mixed.answer(MinimalOffer.parsed(Self.vp8 + lines + ["a=extmap-allow-mixed"]))
        #expect(long.plan.tracks[0].extensions.map(\.id) == [200])
    }

    @Test("Layers that are not described, doubled or too many are left out")
    func layers() throws {
        let rids = (0..<9).map { "a=rid:r\($0) send" }
        var negotiation = ServerNegotiation(.publish)
        let result = try negotiation.answer(
            MinimalOffer.parsed(
                Self.vp8 + rids + ["a=simulcast:send nope;r0;r0;r1;r2;r3;r4;r5"]))
        #expect(result.plan.tracks[0].encodings.map { $0.rid?.description } == ["r0", "r1", "r2", "r3"])
    }

    @Test("SSRCs of nonsense are not believed")
    func sources() throws {
        var negotiation = ServerNegotiation(.publish)
        let result = try negotiation.answer(
            MinimalOffer.parsed(Self.vp8 + ["a=ssrc:0 cname:x", "a=ssrc-group:FID 5 5", "a=ssrc:5 cname:x"]))
        #expect(result.plan.tracks[0].encodings == [EncodingPlan()])
    }

    @Test("Payload types that stand in no line of formats, or are said to repeat nothing, do not count")
    func payloadTypes() throws {
        var negotiation = ServerNegotiation(.publish)
        let result = try negotiation.answer(
            MinimalOffer.parsed(
                Self.vp8 + ["a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96", "a=rtpmap:98 VP9/90000"]))
        #expect(result.plan.tracks[0].codecs.map(\.payloadType) == [96])
        #expect(result.plan.tracks[0].codecs[0].rtxPayloadType == nil)
    }

    @Test("A slot is never given an SSRC that the other end names", arguments: 0..<20)
    func collisions(seed: Int) throws {
        var numbers = Numbers(state: UInt64(seed))
        let probe = Numbers(state: UInt64(seed))
        var same = probe
        let taken = same.next(upperBound: UInt32.max)
        var negotiation = ServerNegotiation(.both)
        let offer = try MinimalOffer.parsed(Self.vp8 + ["a=ssrc:\(taken) cname:x"])
        let slot = try #require(
            try negotiation.answer(offer, fresh: .first, random: &numbers).plan.slots.first)
        #expect(slot.ssrc != taken)
    }

    @Test("Offers with any one attribute taken away or doubled are answered or refused, never more")
    func mutations() throws {
        for name in ForeignOfferTests.names {
            let whole = try offer(name)
            for media in whole.media.indices {
                for index in whole.media[media].attributes.indices {
                    var less = whole
                    less.media[media].attributes.remove(at: index)
                    _ = refusal(less)
                    var more = whole
                    more.media[media].attributes.append(more.media[media].attributes[index])
                    _ = refusal(more)
                }
            }
        }
    }
}
