// SPDX-License-Identifier: Apache-2.0
import RTP
import TestKit
import Testing

@Suite("Payloads")
struct PayloadTests {
    @Test("a keyframe of VP8 with all of the descriptor tells everything")
    func vp8Keyframe() throws {
        // X S PID 0; I L T K; 15 bits; TL0; TID 1 with Y, KEYIDX 3; then a key frame of 640 by 360 with scale bits.
        let bytes = [UInt8](hex: "90 F0 8123 45 63 10 02 00 9D012A 8002 6841 00")
        let facts = try #require(readFacts(.vp8, bytes, marker: true))
        #expect(facts.isKeyframe && facts.startsFrame && facts.endsFrame && facts.isSwitchPoint)
        #expect(!facts.usesEarlierPictures && !facts.isDiscardable)
        #expect(facts.pictureID == 0x123 && facts.pictureIDBits == 15 && facts.pictureIDOffset == 2)
        #expect(facts.tl0 == 0x45 && facts.tl0Offset == 4)
        #expect(facts.temporal == 1)
        #expect(facts.descriptorCount == 6)
        #expect(facts.width == 640 && facts.height == 360)
    }

    @Test(
        "descriptors of VP8 in all their forms",
        arguments: [
            // Count of the descriptor, picture id with its bits, TL0, temporal layer.
            ("10 01", 1, 0, 0, 0, 0), ("90 80 11 01", 3, 0x11, 7, 0, 0),
            ("90 80 8111 01", 4, 0x111, 15, 0, 0),
            ("90 40 07 01", 3, 0, 0, 7, 0), ("90 20 80 01", 3, 0, 0, 0, 2), ("90 10 1F 01", 3, 0, 0, 0, 0),
            ("90 E0 C321 07 C0 01", 6, 0x4321, 15, 7, 3), ("90 00 01", 2, 0, 0, 0, 0),
        ])
    func vp8Forms(_ hex: String, _ count: Int, _ id: Int, _ bits: Int, _ tl0: Int, _ temporal: Int) throws {
        let facts = try #require(readFacts(.vp8, [UInt8](hex: hex)))
        #expect(facts.descriptorCount == count)
        #expect(facts.pictureID == id && facts.pictureIDBits == bits)
        #expect(facts.tl0 == tl0 && facts.temporal == temporal)
        #expect(!facts.isKeyframe && facts.startsFrame)
    }

    @Test("a descriptor of VP8 that is cut off is none")
    func vp8Truncated() {
        for prefix in [UInt8](hex: "90 F0 8123 45 63").prefixes { #expect(readFacts(.vp8, prefix) == nil) }
    }

    @Test("only the first packet of the first partition can be a keyframe")
    func vp8Partitions() throws {
        for first in ["00", "11", "17"] {
            let facts = try #require(readFacts(.vp8, [UInt8](hex: first + "00 00 00 9D012A 8002 6801")))
            #expect(!facts.isKeyframe && !facts.startsFrame)
        }
        #expect(try #require(readFacts(.vp8, [UInt8](hex: "30 01"))).isDiscardable)
    }

    @Test("a keyframe of VP9 with two layers and its structure")
    func vp9Keyframe() throws {
        // I L B E V; 15 bits; TID 0, U, SID 0; TL0; N_S 1, Y: 320x180 and 640x360, G: one picture, one reference.
        let bytes = [UInt8](hex: "AE 8007 10 09 38 0140 00B4 0280 0168 01 14 01 FF")
        let facts = try #require(readFacts(.vp9, bytes))
        #expect(facts.isKeyframe && facts.startsFrame && facts.endsFrame && facts.isSwitchPoint)
        #expect(facts.pictureID == 7 && facts.pictureIDOffset == 1 && facts.pictureIDBits == 15)
        #expect(facts.tl0 == 9 && facts.tl0Offset == 4)
        #expect(facts.width == 640 && facts.height == 360)
        #expect(facts.descriptorCount == 17)
        for prefix in bytes.prefixes where prefix.count < 17 { #expect(readFacts(.vp9, prefix) == nil) }
    }

    @Test("upper layers of a VP9 keyframe's picture are no keyframes of their own")
    func vp9Upper() throws {
        // I L B, SID 1 with D.
        let facts = try #require(readFacts(.vp9, [UInt8](hex: "A8 07 03 09 FF")))
        #expect(!facts.isKeyframe && facts.usesLowerSpatial && !facts.usesEarlierPictures)
        #expect(facts.spatial == 1)
        // Z: not used above. P, TID 2 with U.
        let other = try #require(readFacts(.vp9, [UInt8](hex: "E1 07 50 09 FF")))
        #expect(
            other.isUnusedAbove && other.usesEarlierPictures && other.isSwitchPoint && other.temporal == 2)
    }

    @Test("references of VP9's flexible mode are three at most")
    func vp9References() throws {
        #expect(try #require(readFacts(.vp9, [UInt8](hex: "D8 07 03 05 04 FF"))).descriptorCount == 5)
        #expect(try #require(readFacts(.vp9, [UInt8](hex: "F8 07 00 03 03 02 FF"))).descriptorCount == 6)
        #expect(readFacts(.vp9, [UInt8](hex: "F8 07 00 03 03 03 FF")) == nil)
    }

    @Test("an aggregate of H.264 with parameters is a keyframe and tells its size")
    func h264Aggregate() throws {
        // aiortc's tests/h264_0000.bin: 640x480, baseline.
        let facts = try #require(
            readFacts(.h264, [UInt8](hex: "78000e6742c01f8c8d40501e900f08846a000468ce3c80"), marker: false))
        #expect(facts.isKeyframe && facts.startsFrame && !facts.endsFrame)
        #expect(facts.width == 640 && facts.height == 480)
    }

    @Test("cropped pictures of the high profile have their true size")
    func h264High() throws {
        // By x264: 1088 lines of which eight are cut, with emulation prevention.
        let facts = try #require(
            readFacts(.h264, [UInt8](hex: "67640028acd940780227e584000003000400000300f03c60c658")))
        #expect(facts.width == 1920 && facts.height == 1080)
    }

    @Test(
        "parts of H.264 pictures",
        arguments: [
            ("65 88", true, true, false), ("41 9A", false, true, false), ("01 9A", false, true, true),
            ("7C 85 88", true, true, false), ("7C 05 88", false, false, false),
            ("7C 45 88", false, false, false),
            ("5C 81 9A", false, true, false), ("1C 81 9A", false, true, true),
            ("7C 87 42", true, true, false),
        ])
    func h264(_ hex: String, _ isKey: Bool, _ starts: Bool, _ isDiscardable: Bool) throws {
        let facts = try #require(readFacts(.h264, [UInt8](hex: hex)))
        #expect(
            facts.isKeyframe == isKey && facts.startsFrame == starts && facts.isDiscardable == isDiscardable)
    }

    @Test(
        "what H.264 in packets does not have is refused",
        arguments: ["", "00", "1E 00", "19 0000", "78", "780001", "78 0000 65", "78 0002 65", "7C", "1F 00"])
    func h264Refused(_ hex: String) {
        #expect(readFacts(.h264, [UInt8](hex: hex)) == nil)
    }

    @Test("a sequence header makes a keyframe of AV1, with its size")
    func av1Keyframe() throws {
        // W 2, N; the sequence header of 640x360 by SVT-AV1, with and without its size, then a frame.
        for units in ["0D 0A0B", "0C 08"] {
            let bytes = [UInt8](hex: "28" + units + "0000000cc4ff6712be4010" + "30 FFFF")
            let facts = try #require(readFacts(.av1, bytes, marker: true))
            #expect(facts.isKeyframe && facts.startsFrame && facts.endsFrame)
            #expect(facts.width == 640 && facts.height == 360)
        }
    }

    @Test(
        "aggregation headers of AV1 that contradict the packet are refused",
        arguments: ["", "10", "88 0A", "00 05 32", "20 01 32", "30 01 32 01 32", "00 FFFFFFFFFFFFFFFFFF 32"])
    func av1Refused(_ hex: String) {
        #expect(readFacts(.av1, [UInt8](hex: hex)) == nil)
    }

    @Test("units of AV1 tell their layers")
    func av1Layers() throws {
        let bytes = [UInt8](hex: "10 34 48 FF")
        let payload = try #require(unsafe lend(bytes) { unsafe AV1Payload($0) })
        #expect(payload.temporal == 2 && payload.spatial == 1)
        let facts = try #require(readFacts(.av1, bytes))
        #expect(facts.temporal == 0 && facts.spatial == 0 && !facts.isKeyframe && facts.startsFrame)
        #expect(try #require(readFacts(.av1, [UInt8](hex: "90 34 48 FF"))).startsFrame == false)
    }

    @Test(
        "Opus packets tell their length",
        arguments: [
            ("78 FF FF", 960, 1, false, false), ("7C FF FF", 960, 1, true, false),
            ("F8 FF FF", 960, 1, false, false),
            ("18 FF FF", 2880, 1, false, false), ("E1 FF FF", 120, 2, false, false),
            ("7B 03 FF", 960, 3, false, false),
            ("78", 960, 1, false, true), ("7B 3F FF", 960, 0, false, false),
            ("00 00 00", 480, 1, false, false),
        ])
    func opus(_ hex: String, _ samples: Int, _ frames: Int, _ isStereo: Bool, _ isSilence: Bool) throws {
        let bytes = [UInt8](hex: hex)
        let opus = try #require(unsafe lend(bytes) { unsafe OpusPayload($0) })
        #expect(opus.frameSamples == samples && opus.frames == frames)
        #expect(opus.isStereo == isStereo && opus.isSilence == isSilence)
    }

    @Test("redundant audio is taken apart, and nothing behind its end is")
    func red() throws {
        // Two repetitions of 3 and 2 bytes, 960 and 1920 old, and 4 bytes of today.
        let bytes = [UInt8](hex: "EF 1E0003 EF 0F0002 6F 010203 0405 06070809")
        #expect(redBlocks(bytes).map(\.1) == [[1, 2, 3], [4, 5], [6, 7, 8, 9]])
        #expect(redBlocks(bytes).map(\.0.age) == [1920, 960, 0])
        #expect(redBlocks(bytes).map(\.0.payloadType) == [111, 111, 111])
        for prefix in bytes.prefixes where prefix.count < 14 { #expect(redBlocks(prefix).isEmpty) }
        #expect(redBlocks([0x6F]).map(\.1) == [[]])
    }
}

private func redBlocks(_ bytes: [UInt8]) -> [(REDBlock, [UInt8])] {
    unsafe lend(bytes) { payload in
        guard var cursor = unsafe REDCursor(payload) else { return [] }
        var blocks: [(REDBlock, [UInt8])] = []
        while let block = unsafe cursor.next(in: payload) {
            blocks.append((block, unsafe Array(payload[block.range])))
        }
        return blocks
    }
}
