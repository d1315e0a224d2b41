// SPDX-License-Identifier: Apache-2.0
internal import ICE
internal import MediaPlans
internal import NetworkAddresses
internal import RTP

/// What a participant offers the server: one connection with sections to send, or to receive in.
struct ClientOffer: Sendable {
    /// A media section.
    struct Section: Sendable {
        var mid: String
        var isVideo: Bool
        /// Receives where it does not.
        var sends: Bool
        /// Media and RTX, for a section that sends without layers.
        var ssrc: UInt32 = 0
        var rtxSSRC: UInt32 = 0
        /// Names of layers, smallest first.
        var layers: [String] = []
    }

    static let opus: UInt8 = 111
    static let vp8: UInt8 = 96
    static let rtx: UInt8 = 97
    /// What is offered as extensions, in audio and in video.
    static let extensions: [(id: UInt8, kind: ExtensionKind, inAudio: Bool, inVideo: Bool)] = [
        (1, .audioLevel, true, false), (2, .absoluteSendTime, true, true),
        (3, .transportSequence, true, true),
        (4, .mid, true, true), (10, .rid, false, true), (11, .repairedRID, false, true),
    ]

    var credentials: ICECredentials
    var fingerprint: CertificateFingerprint
    /// Where we receive.
    var address: SocketAddress
    var sections: [Section]
    /// Names the participant's streams.
    var name: String

    var text: String {
        var lines = [
            "v=0", "o=- \(UInt32(address.port) + 1) 1 IN IP4 127.0.0.1", "s=-", "t=0 0",
            "a=group:BUNDLE " + sections.map(\.mid).joined(separator: " "), "a=extmap-allow-mixed",
        ]
        for (index, section) in sections.enumerated() { lines += self.lines(section, isFirst: index == 0) }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    private func lines(_ section: Section, isFirst: Bool) -> [String] {
        let types = section.isVideo ? "\(Self.vp8) \(Self.rtx)" : "\(Self.opus)"
        let hash = fingerprint.bytes.map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return digits.count == 1 ? "0" + digits : digits
        }
        var lines = [
            "m=\(section.isVideo ? "video" : "audio") 9 UDP/TLS/RTP/SAVPF \(types)", "c=IN IP4 0.0.0.0",
        ]
        if isFirst {
            let kind = ICEPriority.candidate(.host)
            lines += [
                "a=candidate:1 1 udp \(kind) \(address.ip) \(address.port) typ host", "a=end-of-candidates",
            ]
        }
        lines += [
            "a=ice-ufrag:\(credentials.ufrag)", "a=ice-pwd:\(credentials.password)",
            "a=fingerprint:\(fingerprint.algorithm.rawValue) \(hash.joined(separator: ":"))",
            "a=setup:actpass", "a=mid:\(section.mid)",
        ]
        for entry in Self.extensions where section.isVideo ? entry.inVideo : entry.inAudio {
            lines.append("a=extmap:\(entry.id) \(entry.kind.uri)")
        }
        lines += [section.sends ? "a=sendonly" : "a=recvonly", "a=rtcp-mux", "a=rtcp-rsize"]
        lines += section.isVideo ? Self.video : Self.audio
        if section.sends { lines += sending(section) }
        return lines
    }

    private static let audio = [
        "a=rtpmap:\(opus) opus/48000/2", "a=rtcp-fb:\(opus) transport-cc",
        "a=fmtp:\(opus) minptime=10;useinbandfec=1",
    ]
    private static let video = [
        "a=rtpmap:\(vp8) VP8/90000", "a=rtcp-fb:\(vp8) goog-remb", "a=rtcp-fb:\(vp8) transport-cc",
        "a=rtcp-fb:\(vp8) ccm fir", "a=rtcp-fb:\(vp8) nack", "a=rtcp-fb:\(vp8) nack pli",
        "a=rtpmap:\(rtx) rtx/90000", "a=fmtp:\(rtx) apt=\(vp8)",
    ]

    private func sending(_ section: Section) -> [String] {
        var lines = ["a=msid:\(name) \(name)-\(section.mid)"]
        guard section.layers.isEmpty else {
            lines += section.layers.map { "a=rid:\($0) send" }
            return lines + ["a=simulcast:send " + section.layers.joined(separator: ";")]
        }
        if section.isVideo {
            lines.append("a=ssrc-group:FID \(section.ssrc) \(section.rtxSSRC)")
            lines.append("a=ssrc:\(section.rtxSSRC) cname:\(name)")
        }
        return lines + ["a=ssrc:\(section.ssrc) cname:\(name)"]
    }
}
