// SPDX-License-Identifier: Apache-2.0

import MediaPlans
import Negotiation
import SDP
import Testing

@Suite("Offers of others") struct ForeignOfferTests {
    static let names = [
        "chromium-publish", "chromium-whip", "chromium-subscribe", "firefox-publish", "firefox-whip",
        "firefox-subscribe", "aiortc-publish", "aiortc-subscribe",
    ]

    @Test("Every offer is answered with its sections in their order", arguments: names)
    func everySection(name: String) throws {
        let offer = try offer(name)
        var negotiation = ServerNegotiation(name.hasSuffix("subscribe") ? .subscribe : .publish)
        let result = try negotiation.answer(offer)
        #expect(result.startsICE)
        #expect(result.answer.media.map(\.kind) == offer.media.map(\.kind))
        #expect(result.answer.media.allSatisfy { $0.port == 9 })
        #expect(result.plan.connection.role == .passive)
        #expect(result.plan.connection.localUfrag == "firstufrag")
        let again = try SDPDescription(parsing: result.answer.formatted)
        #expect(again == result.answer)
    }

    @Test("The layers of Chromium and Firefox are known by their names", arguments: ["chromium", "firefox"])
    func simulcast(browser: String) throws {
        var negotiation = ServerNegotiation(.publish)
        let result = try negotiation.answer(offer(browser + "-publish"))
        let video = try #require(result.plan.tracks.first { $0.kind == .video })
        #expect(video.encodings == ["q", "h", "f"].map { EncodingPlan(rid: ShortName($0)) })
        #expect(video.codecs.first?.format == CodecFormat(.vp8))
        #expect(video.codecs.first?.rtxPayloadType != nil)
        #expect(video.codecs.first?.feedback == [.nack, .pictureLoss, .fullIntraRequest, .transportCC])
        let answer = result.answer.formatted
        #expect(answer.contains("a=simulcast:recv q;h;f\r\n"))
        #expect(answer.contains("a=rid:q recv\r\n"))
        #expect(result.plan.slots.isEmpty)
    }

    @Test("A track without layers is known by the SSRCs of the offer")
    func sources() throws {
        var negotiation = ServerNegotiation(.publish)
        let offer = try offer("aiortc-publish")
        let video = try #require(try negotiation.answer(offer).plan.tracks.first { $0.kind == .video })
        let group = try #require(
            offer.media[1].attributes.compactMap { attribute in
                if case .sourceGroup(let group) = attribute { group } else { nil }
            }.first)
        #expect(video.encodings == [EncodingPlan(ssrc: group.ssrcs[0], rtxSSRC: group.ssrcs[1])])
    }

    @Test(
        "Slots have SSRCs of their own, and the answer names them",
        arguments: ["chromium", "firefox", "aiortc"])
    func slots(client: String) throws {
        var negotiation = ServerNegotiation(.subscribe)
        let result = try negotiation.answer(offer(client + "-subscribe"))
        let slots = result.plan.slots
        #expect(result.plan.tracks.isEmpty)
        #expect(slots.allSatisfy { $0.isActive })
        let numbers = slots.map(\.ssrc) + slots.compactMap(\.rtxSSRC)
        #expect(Set(numbers).count == numbers.count)
        let answer = result.answer.formatted
        for slot in slots { #expect(answer.contains("a=ssrc:\(slot.ssrc) cname:parley\r\n")) }
        for slot in slots where slot.kind == .video {
            let rtx = try #require(slot.rtxSSRC)
            #expect(answer.contains("a=ssrc-group:FID \(slot.ssrc) \(rtx)\r\n"))
        }
        let streams = result.answer.media.flatMap(\.attributes).filter {
            if case .mediaStream = $0 { true } else { false }
        }
        #expect(Set(streams).count == slots.count)
        #expect(result.plan.connection.data != nil)
    }
}
