// SPDX-License-Identifier: Apache-2.0

import MediaPlans
import Negotiation
import SDP
import Testing

@Suite("Later offers") struct RenegotiationTests {
    @Test("The same offer again has the same plan, and an answer of the next edition")
    func again() throws {
        var negotiation = ServerNegotiation(.subscribe)
        let offer = try offer("chromium-subscribe")
        let first = try negotiation.answer(offer)
        let second = try negotiation.answer(offer, fresh: .second)
        #expect(second.plan == first.plan)
        #expect(!second.startsICE)
        #expect(second.answer.origin.session == first.answer.origin.session)
        #expect(second.answer.origin.version == first.answer.origin.version + 1)
        #expect(second.answer.media == first.answer.media)
    }

    @Test("New credentials restart ICE, and change nothing else")
    func restart() throws {
        var negotiation = ServerNegotiation(.subscribe)
        let offer = try offer("chromium-subscribe")
        let first = try negotiation.answer(offer)
        let second = try negotiation.answer(offer.restarted(), fresh: .second)
        #expect(second.startsICE)
        #expect(second.plan.connection.localUfrag == "otherufrag")
        #expect(second.plan.connection.remoteUfrag.hasSuffix("R"))
        #expect(second.plan.slots == first.plan.slots)
        #expect(second.answer.formatted.contains("a=ice-ufrag:otherufrag\r\n"))
    }

    @Test("Credentials of which only one half is new are refused, and the connection stays as it was")
    func halfARestart() throws {
        var negotiation = ServerNegotiation(.publish)
        let offer = try offer("chromium-publish")
        let first = try negotiation.answer(offer)
        let half = offer.changed { media in
            media.attributes = media.attributes.map { attribute in
                if case .iceUfrag(let text) = attribute { .iceUfrag(text + "R") } else { attribute }
            }
        }
        #expect(throws: NegotiationError.otherGeneration) { try negotiation.answer(half, fresh: .second) }
        #expect(try negotiation.answer(offer).plan == first.plan)
    }

    @Test("Slots keep their SSRCs while others come and go, and a reused section gets new ones")
    func slots() throws {
        var negotiation = ServerNegotiation(.subscribe)
        var offer = try offer("chromium-subscribe")
        let first = try negotiation.answer(offer).plan.slots
        offer.media[1].port = 0
        offer.attributes = offer.attributes.map { attribute in
            if case .group = attribute {
                .group(SDPGroup("BUNDLE", ["0", "2", "3", "4"]))
            } else {
                attribute
            }
        }
        let stopped = try negotiation.answer(offer)
        #expect(stopped.plan.slots == [first[0], first[2], first[3]])
        #expect(stopped.answer.media[1].port == 0)
        #expect(!stopped.answer.formatted.contains("BUNDLE 0 1"))

        offer.media[1].port = 9
        offer.media[1].attributes = offer.media[1].attributes.map { attribute in
            if case .mid = attribute { .mid("9") } else { attribute }
        }
        offer.attributes = offer.attributes.map { attribute in
            if case .group = attribute {
                .group(SDPGroup("BUNDLE", ["0", "9", "2", "3", "4"]))
            } else {
                attribute
            }
        }
        var numbers = Numbers(state: 99)
        let reused = try negotiation.answer(offer, fresh: .second, random: &numbers).plan.slots
        #expect(reused.map(\.mid.description) == ["0", "9", "2", "3"])
        #expect(reused[0] == first[0])
        #expect(reused[1].ssrc != first[1].ssrc)
    }

    @Test("A section that is inactive keeps its place and its SSRC")
    func inactive() throws {
        var negotiation = ServerNegotiation(.subscribe)
        let offer = try offer("firefox-subscribe")
        let first = try negotiation.answer(offer).plan.slots
        let paused = try negotiation.answer(
            offer.changed { media in
                media.attributes = media.attributes.map {
                    $0 == .direction(.receiveOnly) ? .direction(.inactive) : $0
                }
            })
        #expect(paused.plan.slots.allSatisfy { !$0.isActive })
        #expect(paused.plan.slots.map(\.ssrc) == first.map(\.ssrc))
        #expect(!paused.answer.formatted.contains("a=ssrc:"))
        #expect(try negotiation.answer(offer).plan.slots == first)
    }

    @Test("A publisher may add a track")
    func addedTrack() throws {
        var negotiation = ServerNegotiation(.publish)
        let whole = try offer("chromium-publish")
        var audio = whole
        audio.media.removeLast()
        #expect(try negotiation.answer(audio).plan.tracks.map(\.kind) == [.audio])
        #expect(try negotiation.answer(whole).plan.tracks.map(\.kind) == [.audio, .video])
        #expect(throws: NegotiationError.sectionsChanged(index: 1)) { try negotiation.answer(audio) }
    }

    @Test("A section in use may not become another")
    func changedSections() throws {
        var negotiation = ServerNegotiation(.publish)
        let offer = try offer("chromium-publish")
        _ = try negotiation.answer(offer)
        let renamed = offer.changed { media in
            media.attributes = media.attributes.map { $0 == .mid("1") ? .mid("7") : $0 }
        }
        #expect(throws: NegotiationError.sectionsChanged(index: 1)) { try negotiation.answer(renamed) }
        var swapped = offer
        swapped.media[1].kind = "audio"
        #expect(throws: NegotiationError.sectionsChanged(index: 1)) { try negotiation.answer(swapped) }
    }

    @Test("The certificate and the role of the handshake stay")
    func handshake() throws {
        var negotiation = ServerNegotiation(.publish)
        let offer = try offer("chromium-publish")
        _ = try negotiation.answer(offer)
        let other = offer.changed { media in
            media.attributes = media.attributes.map { attribute in
                if case .fingerprint = attribute {
                    .fingerprint(SDPFingerprint("sha-256", Array(repeating: 1, count: 32)))
                } else {
                    attribute
                }
            }
        }
        #expect(throws: NegotiationError.otherCertificate) { try negotiation.answer(other) }
        let passive = offer.changed { media in
            media.attributes = media.attributes.map { $0 == .setup(.actpass) ? .setup(.passive) : $0 }
        }
        #expect(throws: NegotiationError.otherRole) { try negotiation.answer(passive) }
    }

    @Test("A fragment with new credentials restarts ICE, one without has candidates only")
    func patches() throws {
        var negotiation = ServerNegotiation(.publish)
        let empty = SDPFragment()
        #expect(throws: NegotiationError.noConnection) { try negotiation.patch(empty, fresh: .second) }
        let first = try negotiation.answer(offer("chromium-publish")).plan.connection
        let same = SDPFragment(attributes: [.iceUfrag(first.remoteUfrag), .icePassword(first.remotePassword)])
        #expect(try negotiation.patch(same, fresh: .second) == .candidates)
        #expect(try negotiation.patch(empty, fresh: .second) == .candidates)
        let half = SDPFragment(attributes: [.iceUfrag("another"), .icePassword(first.remotePassword)])
        #expect(throws: NegotiationError.otherGeneration) { try negotiation.patch(half, fresh: .second) }

        let section = SDPMedia(
            kind: "audio", port: 9, transport: "UDP/TLS/RTP/SAVPF", formats: ["0"],
            attributes: [.mid("0"), .iceUfrag("ysXw"), .icePassword("vw5LmwG4y/e6dPP/zAP9Gp5k")])
        let patched = try negotiation.patch(SDPFragment(media: [section]), fresh: .second)
        guard case .restart(let answer, let connection) = patched else {
            Issue.record("no restart")
            return
        }
        #expect(connection.remoteUfrag == "ysXw")
        #expect(connection.localUfrag == "otherufrag")
        #expect(connection.fingerprints == first.fingerprints)
        #expect(answer.media.first?.attributes.contains(.iceUfrag("otherufrag")) == true)
        #expect(answer.media.first?.attributes.contains(.mid("0")) == true)
        #expect(answer.attributes.contains(.iceLite))
    }
}
