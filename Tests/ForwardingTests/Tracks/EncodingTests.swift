// SPDX-License-Identifier: Apache-2.0
import EngineKit
import RTP
import TestKit
import Testing

@testable import Forwarding

@Suite("Encodings of a publication")
struct EncodingTests {
    private func record(timestamp: UInt32) -> PacketRecord {
        var record = PacketRecord()
        record.timestamp = timestamp
        record.facts.isKeyframe = true
        record.facts.startsFrame = true
        return record
    }

    @Test("a keyframe of H.264 begins at its parameters, not at its picture")
    func parameters() {
        var encoding = Encoding()
        encoding.noteKeyframe(record(timestamp: 9_000), at: 5)
        encoding.noteKeyframe(record(timestamp: 9_000), at: 6)
        #expect(encoding.keyframePosition == 5)
        encoding.noteKeyframe(record(timestamp: 12_000), at: 40)
        #expect(encoding.keyframePosition == 40)
    }

    @Test("descriptors that refer to nothing change nothing, and what they told is given back")
    func descriptors() {
        var encoding = Encoding()
        defer { encoding.destroy() }
        var facts = FrameFacts()
        facts.temporal = 3
        let before = facts
        unsafe ([0xC6, 1, 0x73] as [UInt8]).withUnsafeBytes { unsafe encoding.readDescriptor($0, &facts) }
        #expect(facts == before)
        encoding.destroy()
        let isGone = encoding.dependencies == nil
        #expect(isGone)
    }
}
