// SPDX-License-Identifier: Apache-2.0
import EngineKit
import RTP
import Testing

@testable import LoadGenerator

@Suite("Files of pictures") struct PictureFileTests {
    /// A file of frames, each a size and whether it needs no other.
    private func file(
        _ frames: [(count: Int, isKeyframe: Bool)], codec: String = "VP80", rate: UInt8 = 15, step: UInt8 = 0
    ) -> [UInt8] {
        var bytes = Array("DKIF".utf8) + [0, 0, 32, 0] + Array(codec.utf8)
        bytes += [64, 1, 180, 0, rate, 0, 0, 0, 1, 0, 0, 0] + [UInt8](repeating: 0, count: 8)
        for (index, frame) in frames.enumerated() {
            bytes +=
                [UInt8(frame.count & 255), UInt8(frame.count >> 8), 0, 0, UInt8(index) * step]
                + [UInt8](repeating: 0, count: 7)
            bytes += (0..<frame.count).map {
                UInt8(truncatingIfNeeded: ($0 + index) << 1) | (frame.isKeyframe ? 0 : 1)
            }
        }
        return bytes
    }

    @Test("arrive as they are in the file, with one stamp after each")
    func payloads() throws {
        let bytes = file([(3_000, true), (40, false)])
        let pictures = try PictureFile(bytes)
        #expect(pictures.width == 320 && pictures.height == 180 && pictures.frameRate == 15)
        var video = SyntheticVideo(pictures, seed: 1)
        let now = Instant(nanoseconds: 5_000_000_000)
        for (frame, range) in [(0, 44..<3_044), (1, 3_056..<3_096)] {
            var packets: [SyntheticPacket] = []
            video.nextFrame(at: now) { packets.append($0) }
            #expect(packets.map(\.isStamped) == packets.map(\.marker))
            #expect(packets.last?.marker == true && packets.first?.isKeyframe == (frame == 0))
            var shown: [UInt8] = []
            for packet in packets {
                var payload = [UInt8](repeating: 0, count: Int(packet.count))
                unsafe payload.withUnsafeMutableBytes { unsafe video.write(packet, into: $0) }
                shown += payload.dropFirst(SyntheticVideo.descriptorCount)
            }
            #expect(shown.dropLast(PayloadStamp.size) == bytes[range])
        }
    }

    @Test("have the rate of their times, whatever clock these count by")
    func rates() throws {
        let frames = [(count: 40, isKeyframe: true), (41, false), (42, false)]
        #expect(try PictureFile(file(frames, rate: 200, step: 8)).frameRate == 25)
        #expect(try PictureFile(file(frames, rate: 15, step: 1)).frameRate == 15)
        #expect(try PictureFile(file(frames, rate: 15)).frameRate == 15)
        #expect(try PictureFile(file(frames, rate: 0)).frameRate == 1)
        #expect(try PictureFile(file(frames, rate: 255, step: 1)).frameRate == 60)
    }

    @Test("a stamp that has no room beside the end of a frame gets a packet", arguments: 1_060...1_100)
    func stamps(size: Int) throws {
        var video = SyntheticVideo(try PictureFile(file([(size, true)])), seed: 0)
        var packets: [SyntheticPacket] = []
        video.nextFrame(at: .origin) { packets.append($0) }
        let payload = packets.reduce(0) { $0 + Int($1.count) - SyntheticVideo.descriptorCount }
        #expect(payload == size + PayloadStamp.size)
        #expect(packets.allSatisfy { $0.count <= SyntheticVideo.largestPayload })
    }

    @Test("go on at the next keyframe when one is asked for, and begin again at the end")
    func keyframes() throws {
        let pictures = try PictureFile(file([(40, true), (41, false), (42, true), (43, false)]))
        var video = SyntheticVideo(pictures, seed: 0)
        var now = Instant.origin
        var sizes: [Int] = []
        for turn in 0..<7 {
            if turn == 1 { video.requestKeyframe(at: now) }
            video.nextFrame(at: now) { sizes.append(Int($0.count)) }
            now = now.advanced(by: .seconds(1))
        }
        let extra = SyntheticVideo.descriptorCount + PayloadStamp.size
        #expect(sizes.map { $0 - extra } == [40, 42, 43, 40, 41, 42, 43])
    }

    @Test(
        "are refused with a word about why",
        arguments: [
            ([] as [UInt8], "it is no IVF file"),
            (Array("DKIF".utf8) + [0, 0, 32, 0] + Array("VP80".utf8), "it is no IVF file"),
        ])
    func refusals(bytes: [UInt8], reason: String) {
        #expect(throws: PictureFile.Fault.self) { try PictureFile(bytes) }
        do { _ = try PictureFile(bytes) } catch { #expect(error.description == reason) }
    }

    @Test("are refused when anything of them is missing")
    func truncated() throws {
        let whole = file([(40, true), (41, false)])
        let ends = [32 + 12 + 40, whole.count]
        for count in 0..<whole.count where !ends.contains(count) {
            #expect(throws: PictureFile.Fault.self) { try PictureFile(Array(whole[..<count])) }
        }
        #expect(throws: PictureFile.Fault.self) { try PictureFile(self.file([(40, false)])) }
        #expect(throws: PictureFile.Fault.self) { try PictureFile(self.file([(40, true)], codec: "VP90")) }
        #expect(throws: PictureFile.Fault.self) { try PictureFile(self.file([(0, true)])) }
    }
}
