// SPDX-License-Identifier: Apache-2.0

/// The first byte of an Opus packet, as far as a forwarder cares. RFC 6716 §3.1, RFC 7587 §4.
public struct OpusPayload: Hashable, Sendable, BitwiseCopyable {
    /// Samples of a frame at 48 kHz.
    public let frameSamples: Int
    public let isStereo: Bool
    /// 1 to 48; 0 where the packet does not say so properly.
    public let frames: Int
    /// The packet says only that there is nothing to say: discontinuous transmission. RFC 6716 §2.1.9.
    public let isSilence: Bool

    /// - Returns: `nil` for an empty payload.
    @unsafe public init?(_ payload: UnsafeRawBufferPointer) {
        guard payload.count >= 1 else { return nil }
        let first = unsafe payload[0]
        let configuration = Int(first >> 3)
        switch configuration {
        // 10, 20, 40 and 60 ms; 10 and 20 ms; 2.5 to 20 ms.
        case 0..<12: frameSamples = configuration & 3 == 3 ? 2880 : 480 << (configuration & 3)
        case 12..<16: frameSamples = 480 << (configuration & 1)
        default: frameSamples = 120 << (configuration & 3)
        }
        isStereo = first & 0x04 != 0
        switch first & 0x03 {
        case 0: frames = 1
        case 1, 2: frames = 2
        default:
            let count = unsafe payload.count >= 2 ? Int(payload[1] & 0x3F) : 0
            frames = count <= 48 ? count : 0
        }
        isSilence = payload.count <= 2
    }
}

/// One block of a packet with redundant audio. RFC 2198 §3.
public struct REDBlock: Hashable, Sendable, BitwiseCopyable {
    public let payloadType: UInt8
    /// How much older than the packet's timestamp the block is, in units of its clock; 0 for the primary block.
    public let age: UInt16
    /// Bytes from the start of the payload.
    public let start: Int
    public let count: Int
    /// The last block, which is not a repetition.
    public let isPrimary: Bool

    public var range: Range<Int> { start..<start + count }
}

/// A walk over the blocks of a packet with redundant audio, in their order. RFC 2198 §3.
///
/// ```
/// |F|   block PT  |  timestamp offset         |   block length    |  with F, for each repetition
/// |0|   block PT  |  for the primary block, whose data come last
/// ```
public struct REDCursor: Sendable, BitwiseCopyable {
    private var header = 0
    private var data: Int

    /// - Returns: `nil` for headers or blocks that end behind the payload.
    @unsafe public init?(_ payload: UnsafeRawBufferPointer) {
        var offset = 0
        var blocks = 0
        while true {
            guard offset < payload.count else { return nil }
            guard unsafe payload[offset] & 0x80 != 0 else { break }
            guard offset + 4 <= payload.count else { return nil }
            blocks += unsafe Int(payload.u16(at: offset + 2) & 0x03FF)
            offset += 4
        }
        data = offset + 1
        guard data + blocks <= payload.count else { return nil }
    }

    /// The next block; `nil` behind the primary one.
    @unsafe public mutating func next(in payload: UnsafeRawBufferPointer) -> REDBlock? {
        guard header >= 0, header < payload.count, data <= payload.count else { return nil }
        let first = unsafe payload[header]
        guard first & 0x80 != 0 else {
            header = -1
            return REDBlock(
                payloadType: first, age: 0, start: data, count: payload.count - data, isPrimary: true)
        }
        guard header + 4 <= payload.count else { return nil }
        let count = unsafe Int(payload.u16(at: header + 2) & 0x03FF)
        guard data + count <= payload.count else { return nil }
        let age = unsafe payload.u16(at: header + 1) >> 2
        let block = REDBlock(payloadType: first & 0x7F, age: age, start: data, count: count, isPrimary: false)
        header += 4
        data += count
        return block
    }
}
