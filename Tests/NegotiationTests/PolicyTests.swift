// SPDX-License-Identifier: Apache-2.0

import MediaPlans
import Negotiation
import SDP
import Testing

@Suite("What a server agrees to") struct PolicyTests {
    @Test("The order of codecs is the server's")
    func order() throws {
        var policy = NegotiationPolicy()
        policy.codecs = [.opus, .h264, .vp8]
        var negotiation = ServerNegotiation(.publish, policy: policy)
        let result = try negotiation.answer(offer("chromium-publish"))
        let codecs = try #require(result.plan.tracks.last?.codecs)
        #expect(codecs.first?.format.codec == .h264)
        #expect(codecs.last?.format.codec == .vp8)
        #expect(Set(codecs.map(\.format.codec)) == [.h264, .vp8])
        let first = try #require(codecs.first)
        #expect(result.answer.media[1].formats.first == "\(first.payloadType)")
    }

    @Test("A section without a codec in common is rejected, and the others are not")
    func noCodec() throws {
        var policy = NegotiationPolicy()
        policy.codecs = [.opus]
        var negotiation = ServerNegotiation(.publish, policy: policy)
        let offer = try offer("chromium-publish")
        let result = try negotiation.answer(offer)
        #expect(result.answer.media.map(\.port) == [9, 0])
        #expect(result.answer.media[1].formats == offer.media[1].formats)
        #expect(result.answer.attributes.contains(.group(SDPGroup("BUNDLE", ["0"]))))
        policy.codecs = [.av1]
        var nothing = ServerNegotiation(.publish, policy: policy)
        #expect(throws: NegotiationError.nothingInCommon) {
            try nothing.answer(self.audioOnly(offer))
        }
    }

    private func audioOnly(_ offer: SDPDescription) -> SDPDescription {
        var copy = offer
        copy.media.removeLast()
        return copy
    }

    @Test("Data channels are taken where the server takes them")
    func data() throws {
        var policy = NegotiationPolicy()
        var open = ServerNegotiation(.subscribe, policy: policy)
        let accepted = try open.answer(offer("chromium-subscribe"))
        #expect(accepted.plan.connection.data?.remotePort == 5000)
        #expect(accepted.answer.formatted.contains("a=sctp-port:5000\r\n"))
        policy.allowsData = false
        var closed = ServerNegotiation(.subscribe, policy: policy)
        let rejected = try closed.answer(offer("chromium-subscribe"))
        #expect(rejected.plan.connection.data == nil)
        #expect(rejected.answer.media.last?.port == 0)
    }

    @Test("Only as many slots as there is something for are active")
    func limits() throws {
        var negotiation = ServerNegotiation(.subscribe, streams: .paired)
        let result = try negotiation.answer(
            offer("chromium-subscribe"), limits: SlotLimits(audio: 1, video: 1))
        #expect(result.plan.slots.map(\.isActive) == [true, false, true, false])
        let answer = result.answer.formatted
        #expect(answer.contains("a=msid:stream-0 track-0\r\n"))
        #expect(answer.contains("a=msid:stream-0 track-2\r\n"))
        #expect(!answer.contains("a=msid:slot"))
    }

    @Test("Sequence numbers of the transport make send times and receivers' estimates superfluous")
    func feedback() throws {
        var negotiation = ServerNegotiation(.subscribe)
        let modern = try negotiation.answer(offer("chromium-subscribe")).plan.slots
        for slot in modern {
            let uris = slot.extensions.map(\.uri)
            #expect(uris.contains { $0.contains("transport-wide-cc") })
            #expect(!uris.contains { $0.contains("abs-send-time") })
            #expect(slot.codecs.allSatisfy { !$0.feedback.contains(.maximumBitrate) })
        }
        var other = ServerNegotiation(.subscribe)
        let older = try other.answer(offer("aiortc-subscribe")).plan.slots
        #expect(older[1].extensions.contains { $0.uri.contains("abs-send-time") })
        #expect(older[1].codecs.allSatisfy { $0.feedback.contains(.maximumBitrate) })
    }

    @Test("Stereo is asked for from those who offer it")
    func stereo() throws {
        var plain = ServerNegotiation(.publish)
        #expect(try !plain.answer(offer("chromium-publish")).answer.formatted.contains("stereo=1"))
        var music = ServerNegotiation(.publish)
        let offer = try offer("chromium-publish").changed { media in
            media.attributes = media.attributes.map { attribute in
                guard case .formatParameters(var value) = attribute, value.payloadType == 111 else {
                    return attribute
                }
                value.parameters += ";stereo=1"
                return .formatParameters(value)
            }
        }
        #expect(try music.answer(offer).answer.formatted.contains("useinbandfec=1;stereo=1;sprop-stereo=1"))
    }

    @Test("Every codec of a browser finds a place", arguments: ["chromium", "firefox"])
    func places(browser: String) throws {
        for (name, role) in [("whip", ServerNegotiation.Role.publish), ("subscribe", .subscribe)] {
            var negotiation = ServerNegotiation(role)
            let plan = try negotiation.answer(offer("\(browser)-\(name)")).plan
            let codecs = plan.tracks.last?.codecs ?? plan.slots.last?.codecs ?? []
            #expect(codecs.count <= 8)
            #expect(Set(codecs.map(\.format)).count == codecs.count)
            #expect(Set(codecs.map(\.format.codec)).isSuperset(of: [.vp8, .vp9, .av1]))
        }
    }

    @Test(
        "The profiles of H.264 are the same however they are written",
        arguments: [
            ("42e01f", 0x42E0), ("42c00d", 0x42E0), ("4D801f", 0x42E0), ("42001f", 0x4200),
            ("4d001f", 0x4D00),
            ("64001f", 0x6400), ("640c1f", 0x640C),
        ])
    func profiles(text: String, profile: UInt16) throws {
        var negotiation = ServerNegotiation(.publish)
        let description = try SDPDescription(
            parsing: MinimalOffer.text(
                "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
                ["a=mid:0", "a=rtpmap:96 H264/90000", "a=fmtp:96 profile-level-id=\(text)"]))
        let codec = try #require(try negotiation.answer(description).plan.tracks.first?.codecs.first)
        #expect(codec.format == CodecFormat(.h264, profile: profile))
    }
}

/// The least that a section of an offer needs.
enum MinimalOffer {
    static func text(_ media: String, _ attributes: [String], session: [String] = []) -> String {
        let transport = [
            "a=ice-ufrag:ufrag", "a=ice-pwd:passwordpasswordpassword", "a=setup:actpass", "a=rtcp-mux",
            "a=fingerprint:sha-256 " + Array(repeating: "AB", count: 32).joined(separator: ":"),
        ]
        return "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" + session.map { $0 + "\r\n" }.joined()
            + media
            + (attributes + transport).map { $0 + "\r\n" }.joined()
    }

    static func parsed(
        _ attributes: [String], session: [String] = [], media: String = "m=video 9 UDP/TLS/RTP/SAVPF 96"
    ) throws -> SDPDescription {
        try SDPDescription(parsing: text(media + "\r\n", attributes, session: session))
    }
}
