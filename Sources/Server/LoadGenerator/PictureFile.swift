// SPDX-License-Identifier: Apache-2.0

/// VP8 from an IVF file: what browsers can show. The container is the one of libvpx's tools: 32 bytes of header, then
/// each frame after its size (32 bits) and its time (64 bits), all with the lowest byte first.
public struct PictureFile: Sendable {
    /// Bytes that a file may have: it is held in memory.
    public static let largest = 64 << 20
    private static let headerCount = 32
    private static let frameHeaderCount = 12

    public let width: UInt16
    public let height: UInt16
    public let frameRate: Int
    private let bytes: [UInt8]
    private let frames: [Range<Int>]
    /// Which of the frames need no other; the first one does not.
    private let keyframes: [Int]

    /// What a file is not as it should be.
    public struct Fault: Error, CustomStringConvertible {
        public let description: String
    }

    public init(_ bytes: [UInt8]) throws(Fault) {
        func number(_ offset: Int, _ count: Int) -> Int {
            bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        guard bytes.count >= Self.headerCount, bytes.starts(with: "DKIF".utf8) else {
            throw Fault(description: "it is no IVF file")
        }
        let codec = String(decoding: bytes[8..<12], as: UTF8.self)
        guard codec == "VP80" else { throw Fault(description: "it holds \(codec.debugDescription), not VP8") }
        let start = number(6, 2)
        guard start >= Self.headerCount else { throw Fault(description: "its header is cut short") }
        width = UInt16(number(12, 2))
        height = UInt16(number(14, 2))
        let ticks = number(16, 4) / max(number(20, 4), 1)
        var times: [Int] = []
        var frames: [Range<Int>] = []
        var keyframes: [Int] = []
        var offset = start
        while offset < bytes.count {
            let begin = offset + Self.frameHeaderCount
            guard begin <= bytes.count, number(offset, 4) <= bytes.count - begin else {
                throw Fault(description: "frame \(frames.count + 1) is cut short")
            }
            let end = begin + number(offset, 4)
            guard end > begin, end - begin <= 1 << 20 else {
                throw Fault(description: "frame \(frames.count + 1) has \(end - begin) bytes")
            }
            // RFC 6386 §9.1: the lowest bit of a frame is clear in keyframes.
            if bytes[begin] & 1 == 0 { keyframes.append(frames.count) }
            frames.append(begin..<end)
            times.append(number(offset + 4, 8))
            offset = end
        }
        guard keyframes.first == 0 else { throw Fault(description: "it does not begin with a keyframe") }
        // Some write how long a frame lasts into the header, some the clock that times count.
        let span = times[times.count - 1] &- times[0]
        let rate = span > 0 ? Double(ticks) * Double(times.count - 1) / Double(span) : Double(ticks)
        frameRate = Int(min(max(rate.rounded(), 1), 60))
        (self.bytes, self.frames, self.keyframes) = (bytes, frames, keyframes)
    }

    var count: Int { frames.count }

    func size(of frame: Int) -> Int { frames[frame % frames.count].count }

    func isKeyframe(_ frame: Int) -> Bool { bytes[frames[frame % frames.count].lowerBound] & 1 == 0 }

    /// The first frame at or after `frame` that needs no other; the file begins again at its end.
    func keyframe(from frame: Int) -> Int { keyframes.first { $0 >= frame % frames.count } ?? 0 }

    /// Copies a part of a frame.
    func copy(_ frame: Int, from offset: Int, into target: UnsafeMutableRawBufferPointer) {
        let range = frames[frame % frames.count]
        let begin = min(range.lowerBound + offset, range.upperBound)
        let part = bytes[begin..<min(begin + target.count, range.upperBound)]
        unsafe target.copyBytes(from: part)
    }
}
