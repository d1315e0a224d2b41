// SPDX-License-Identifier: Apache-2.0
import ICE
import MediaPlans
import NetworkAddresses
import SDP
import Testing

@testable import LoadGenerator

@Suite("Offers of headless people") struct ClientOfferTests {
    func offer(_ sections: [ClientOffer.Section]) throws -> SDPDescription {
        let credentials = try #require(
            ICECredentials(ufrag: "abcd", password: "0123456789012345678901"))
        let fingerprint = try #require(CertificateFingerprint(.sha256, [UInt8](repeating: 7, count: 32)))
        let address = try #require(SocketAddress("127.0.0.1:32001"))
        let offer = ClientOffer(
            credentials: credentials, fingerprint: fingerprint, address: address, sections: sections,
            name: "x")
        return try SDPDescription(parsing: offer.text)
    }

    @Test("are session descriptions with what was asked for")
    func sections() throws {
        let description = try offer([
            .init(mid: "0", isVideo: false, sends: true, ssrc: 1, rtxSSRC: 2),
            .init(mid: "1", isVideo: true, sends: true, ssrc: 3, rtxSSRC: 4),
            .init(mid: "2", isVideo: true, sends: true, layers: ["q", "h", "f"]),
            .init(mid: "3", isVideo: true, sends: false),
        ])
        #expect(description.media.map(\.kind) == ["audio", "video", "video", "video"])
        #expect(description.media[1].attributes.contains(.sourceGroup(SDPSourceGroup("FID", [3, 4]))))
        #expect(description.media[2].attributes.contains(.rid(SDPRID("h", .send))))
        #expect(description.media[3].attributes.contains(.direction(.receiveOnly)))
    }

    @Test("are answered with what is needed to begin")
    func answer() throws {
        let hash = (0..<32).map { _ in "AB" }.joined(separator: ":")
        let lines = [
            "v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=ice-lite", "a=fingerprint:sha-256 \(hash)",
            "m=video 9 UDP/TLS/RTP/SAVPF 96 97", "c=IN IP4 0.0.0.0", "a=mid:1", "a=ice-ufrag:abcdefgh",
            "a=ice-pwd:0123456789012345678901", "a=setup:passive",
            "a=candidate:1 1 udp 2130706431 192.0.2.1 8443 typ host",
            "a=candidate:2 1 tcp 1671430143 192.0.2.1 8443 typ host tcptype passive", "a=sendonly",
            "a=rtpmap:96 VP8/90000", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96", "a=ssrc-group:FID 11 12",
            "a=ssrc:11 cname:x", "a=ssrc:12 cname:x", "",
        ]
        let answer = try ServerAnswer(parsing: lines.joined(separator: "\r\n"))
        #expect(answer.role == .active && answer.candidates.count == 1)
        let section = try #require(answer.sections.first)
        #expect(section.isAccepted && section.mediaType == 96 && section.rtxType == 97)
        #expect(section.sources.map(\.ssrc) == [11] && section.sources.map(\.rtx) == [12])
    }

    @Test("say what is wrong with an answer", arguments: ["", "v=0\r\n", "nonsense"])
    func broken(text: String) {
        #expect(throws: ServerAnswer.Failure.self) { try ServerAnswer(parsing: text) }
    }
}
