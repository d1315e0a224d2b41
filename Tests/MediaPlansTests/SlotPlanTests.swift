// SPDX-License-Identifier: Apache-2.0

import MediaPlans
import Testing

@Suite("Slots") struct SlotPlanTests {
    private func slot(_ formats: [CodecFormat]) throws -> SlotPlan {
        let codecs = formats.enumerated().map {
            CodecPlan(payloadType: UInt8(96 + $0.offset), format: $0.element)
        }
        return SlotPlan(mid: try #require(ShortName("0")), kind: .video, ssrc: 1, codecs: codecs, cname: "x")
    }

    @Test("A format goes out under the payload type of the same format")
    func same() throws {
        let slot = try slot([CodecFormat(.vp8), CodecFormat(.vp9), CodecFormat(.vp9, profile: 2)])
        #expect(slot.codec(for: CodecFormat(.vp9, profile: 2))?.payloadType == 98)
        #expect(slot.codec(for: CodecFormat(.vp9, profile: 1)) == nil)
        #expect(slot.codec(for: CodecFormat(.av1)) == nil)
    }

    @Test("H.264 of another profile goes out where packets of its kind are taken, then anywhere")
    func similar() throws {
        let baseline = CodecFormat(.h264, profile: 0x42E0, packetization: 0)
        let high = CodecFormat(.h264, profile: 0x6400, packetization: 1)
        let main = CodecFormat(.h264, profile: 0x4D00, packetization: 1)
        #expect(try slot([baseline, high]).codec(for: main)?.payloadType == 97)
        #expect(try slot([baseline, main, high]).codec(for: high)?.payloadType == 98)
        #expect(try slot([baseline]).codec(for: high)?.payloadType == 96)
        #expect(try slot([CodecFormat(.vp8)]).codec(for: high) == nil)
    }
}
