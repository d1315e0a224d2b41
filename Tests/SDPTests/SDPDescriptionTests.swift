// SPDX-License-Identifier: Apache-2.0

import ByteCoding
import SDP
import Testing

@Suite("Session descriptions") struct SDPDescriptionTests {
    static let text = """
        v=0\r
        o=- 4611731400430051336 2 IN IP4 127.0.0.1\r
        s=-\r
        t=0 0\r
        a=group:BUNDLE 0\r
        a=ice-lite\r
        m=video 9 UDP/TLS/RTP/SAVPF 96 97\r
        c=IN IP4 0.0.0.0\r
        a=mid:0\r
        a=sendonly\r
        a=rtpmap:96 VP8/90000\r
        a=rtcp-fb:96 nack pli\r
        a=fmtp:97 apt=96\r
        a=x-unknown:some thing\r
        a=x-flag\r

        """

    @Test("A description is read into values, and written as it was")
    func roundTrip() throws {
        let description = try SDPDescription(parsing: Self.text)
        #expect(description.origin.session == 4_611_731_400_430_051_336)
        #expect(description.attributes == [.group(SDPGroup("BUNDLE", ["0"])), .iceLite])
        let video = try #require(description.media.first)
        #expect(video.formats == ["96", "97"])
        #expect(
            video.attributes.contains(.rtpMap(SDPRTPMap(payloadType: 96, encoding: "VP8", clockRate: 90_000)))
        )
        #expect(video.attributes.contains(.other("x-unknown", "some thing")))
        #expect(video.attributes.contains(.other("x-flag", nil)))
        #expect(description.formatted == Self.text)
    }

    @Test("Lines may end with a line feed alone")
    func lineFeeds() throws {
        let text = Self.text.replacing("\r\n", with: "\n")
        #expect(try SDPDescription(parsing: text) == SDPDescription(parsing: Self.text))
    }
}
