// SPDX-License-Identifier: Apache-2.0

import ByteCoding
import SDP
import Testing

@Suite("Attributes of session descriptions") struct AttributeTests {
    /// The attributes of a description with one media section, which has `line`.
    static func attribute(_ line: String) throws -> SDPAttribute? {
        let text =
            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n\(line)\r\n"
        return try SDPDescription(parsing: text).media.first?.attributes.first
    }

    static let values: [(String, SDPAttribute)] = [
        ("a=mid:video0", .mid("video0")),
        ("a=group:BUNDLE 0 1", .group(SDPGroup("BUNDLE", ["0", "1"]))),
        ("a=sendonly", .direction(.sendOnly)),
        (
            "a=rtpmap:111 opus/48000/2",
            .rtpMap(SDPRTPMap(payloadType: 111, encoding: "opus", clockRate: 48_000, channels: 2))
        ),
        (
            "a=fmtp:111 minptime=10;useinbandfec=1",
            .formatParameters(SDPFormatParameters(format: "111", parameters: "minptime=10;useinbandfec=1"))
        ),
        ("a=rtcp-fb:96 ccm fir", .feedback(SDPFeedback(payloadType: 96, kind: "ccm fir"))),
        ("a=rtcp-fb:* nack", .feedback(SDPFeedback(payloadType: nil, kind: "nack"))),
        (
            "a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level vad=on",
            .extensionMap(
                SDPExtensionMap(
                    id: 2, direction: .receiveOnly, uri: "urn:ietf:params:rtp-hdrext:csrc-audio-level",
                    attributes: "vad=on"))
        ),
        ("a=ssrc:4294967295 cname:a b", .source(SDPSource(.max, "cname", "a b"))),
        ("a=ssrc:1 flag", .source(SDPSource(1, "flag"))),
        ("a=ssrc-group:FID 1 2", .sourceGroup(SDPSourceGroup("FID", [1, 2]))),
        ("a=rid:hi send pt=96;max-width=640", .rid(SDPRID("hi", .send, restrictions: "pt=96;max-width=640"))),
        (
            "a=simulcast:send 1,~4;2 recv 6",
            .simulcast(
                SDPSimulcast(
                    send: [[.init("1"), .init("4", isPaused: true)], [.init("2")]], receive: [[.init("6")]]))
        ),
        ("a=msid:- track", .mediaStream(SDPMediaStream("-", track: "track"))),
        ("a=ice-ufrag:8hhY", .iceUfrag("8hhY")),
        ("a=ice-pwd:asd88fgpdd777uzjYhagZg", .icePassword("asd88fgpdd777uzjYhagZg")),
        ("a=ice-options:trickle ice2", .iceOptions(["trickle", "ice2"])),
        ("a=ice-lite", .iceLite),
        (
            "a=candidate:1 1 udp 2130706431 203.0.113.141 8998 typ host",
            .candidate(
                SDPCandidate(foundation: "1", priority: 2_130_706_431, address: "203.0.113.141", port: 8998))
        ),
        (
            "a=candidate:2 1 tcp 1694498815 192.0.2.3 9 typ srflx raddr 203.0.113.77 rport 8998 tcptype active",
            .candidate(
                SDPCandidate(
                    foundation: "2", transport: "tcp", priority: 1_694_498_815, address: "192.0.2.3", port: 9,
                    type: "srflx", extensions: "raddr 203.0.113.77 rport 8998 tcptype active"))
        ),
        ("a=end-of-candidates", .endOfCandidates),
        ("a=fingerprint:sha-1 4A:AD:0F", .fingerprint(SDPFingerprint("sha-1", [0x4A, 0xAD, 0x0F]))),
        ("a=setup:actpass", .setup(.actpass)),
        ("a=rtcp-mux", .rtcpMux),
        ("a=rtcp-rsize", .rtcpReducedSize),
        ("a=bundle-only", .bundleOnly),
        ("a=extmap-allow-mixed", .extensionMapAllowMixed),
        ("a=sctp-port:5000", .sctpPort(5000)),
        ("a=max-message-size:0", .maxMessageSize(0)),
        ("a=rtcp:9 IN IP4 0.0.0.0", .other("rtcp", "9 IN IP4 0.0.0.0")),
        ("a=recvonly:strange", .other("recvonly", "strange")),
        ("a=x:", .other("x", "")),
    ]

    @Test("An attribute is read as a value and written as it was", arguments: values.indices)
    func roundTrip(index: Int) throws {
        let (line, value) = Self.values[index]
        #expect(try Self.attribute(line) == value)
        let description = SDPDescription(
            origin: .init(session: 1, version: 1),
            media: [SDPMedia(kind: "video", port: 9, transport: "x", formats: ["96"], attributes: [value])])
        #expect(description.formatted.hasSuffix("\r\n\(line)\r\n"))
    }

    @Test("Candidates of capitals are the same", arguments: ["UDP", "udp"])
    func transports(name: String) throws {
        guard
            case .candidate(let candidate) = try Self.attribute(
                "a=candidate:0 1 \(name) 1 a.local 9 typ host")
        else {
            Issue.record("no candidate")
            return
        }
        #expect(candidate.transport == "udp")
        #expect(candidate.address == "a.local")
    }

    @Test("The older form of simulcast is read too")
    func draftSimulcast() throws {
        let value = try Self.attribute("a=simulcast: send rid=h;l")
        #expect(value == .simulcast(SDPSimulcast(send: [[.init("h")], [.init("l")]])))
    }

    @Test("Parameters of a format are found in capitals and small letters, with spaces around")
    func parameters() {
        let format = SDPFormatParameters(
            format: "96", parameters: "Profile-Level-Id=42e01f; packetization-mode = 1;flag")
        #expect(format.payloadType == 96)
        #expect(format["profile-level-id"] == "42e01f")
        #expect(format["packetization-mode"] == nil)
        #expect(format["flag"] == "")
        #expect(format["nothing"] == nil)
    }

    @Test(
        "A known attribute with a value that is none is refused, and its line named",
        arguments: [
            "mid:", "mid:a b", "rtpmap:128 VP8/90000", "rtpmap:96", "rtpmap:96 VP8", "rtpmap:96 VP8/0",
            "rtpmap:96 VP8/90000/300", "fmtp:", "rtcp-fb:96", "rtcp-fb:200 nack", "extmap:0 urn:x",
            "extmap:9999 urn:x", "extmap:1/sometimes urn:x", "extmap:1", "ssrc:4294967296 cname:x", "ssrc:1",
            "ssrc:-1 cname:x", "ssrc-group:FID 1 x", "rid:a b", "rid:a", "rid:ä send", "simulcast:send",
            "simulcast:both a", "simulcast:send a send b", "simulcast:send ;", "ice-ufrag:abc",
            "ice-pwd:short",
            "ice-pwd:asd88fgpdd777uzjYhagZ\u{22}", "candidate:1 1 udp", "candidate:1 0 udp 1 a 9 typ host",
            "candidate:1 1 udp 4294967296 a 9 typ host", "candidate:1 1 udp 1 a 65536 typ host",
            "candidate:1 1 udp 1 a 9 type host", "fingerprint:sha-256", "fingerprint:sha-256 4",
            "fingerprint:sha-256 4A:", "fingerprint:sha-256 4A:G0", "fingerprint:sha-256 4AAD", "setup:maybe",
            "sctp-port:65536", "max-message-size:x", "max-message-size:99999999999999999999", "mid", "group",
            "candidate", "setup",
        ])
    func refuses(attribute: String) throws {
        let error = #expect(throws: DecodeError.self) { try Self.attribute("a=" + attribute) }
        let name = attribute.prefix { $0 != ":" }
        #expect(error?.field == "SDP line 6 a=\(name)")
    }
}
