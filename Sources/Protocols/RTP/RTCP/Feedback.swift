// SPDX-License-Identifier: Apache-2.0

/// Lost packets: one, and a bit for each of the 16 behind it. RFC 4585 §6.2.1.
public struct NACKPair: Hashable, Sendable, BitwiseCopyable {
    /// PID.
    public var first: UInt16
    /// BLP, the packet behind the first in the lowest bit.
    public var following: UInt16

    public init(first: UInt16, following: UInt16 = 0) {
        self.first = first
        self.following = following
    }

    /// 1 to 17.
    public var count: Int { 1 + following.nonzeroBitCount }

    /// Adds a packet up to 16 behind the first.
    /// - Returns: Whether there is room for it.
    public mutating func insert(_ sequence: UInt16) -> Bool {
        let distance = sequence &- first
        if distance == 0 { return true }
        guard distance <= 16 else { return false }
        following |= 1 << (distance - 1)
        return true
    }

    /// Takes the next lost packet out; `nil` when the last was taken. Start with ``NACKPair/Cursor``'s fresh value.
    public func next(_ cursor: inout Cursor) -> UInt16? {
        guard cursor.step > 0 else {
            cursor.step = 1
            return first
        }
        while cursor.step <= 16 {
            let bit = cursor.step
            cursor.step += 1
            if following >> (bit - 1) & 1 != 0 { return first &+ bit }
        }
        return nil
    }

    /// How far a walk over a pair's packets has come.
    public struct Cursor: Sendable, BitwiseCopyable {
        fileprivate var step: UInt16 = 0

        public init() {}
    }
}

/// A demand for a keyframe. RFC 5104 §4.3.1.
public struct FullIntraEntry: Hashable, Sendable, BitwiseCopyable {
    public var ssrc: UInt32
    /// The same number again is the same demand repeated.
    public var sequence: UInt8

    public init(ssrc: UInt32, sequence: UInt8) {
        self.ssrc = ssrc
        self.sequence = sequence
    }
}

/// How much a receiver believes it can take. draft-alvestrand-rmcat-remb-03 §2.2.
public struct BandwidthEstimate: Hashable, Sendable, BitwiseCopyable {
    public var bitsPerSecond: UInt64
    /// How many streams it is about.
    public var sourceCount: Int

    public init(bitsPerSecond: UInt64, sourceCount: Int) {
        self.bitsPerSecond = bitsPerSecond
        self.sourceCount = sourceCount
    }
}

extension RTCPPacket {
    public var nackCount: Int {
        guard kind == .genericNACK, unsafe bytes.count >= 12 else { return 0 }
        return unsafe (bytes.count - 12) / 4
    }

    /// `nil` from ``nackCount`` on.
    public func nack(_ index: Int) -> NACKPair? {
        guard index >= 0, index < nackCount else { return nil }
        let offset = 12 + index * 4
        return unsafe NACKPair(first: bytes.u16(at: offset), following: bytes.u16(at: offset + 2))
    }

    public var fullIntraCount: Int {
        guard kind == .fullIntraRequest, unsafe bytes.count >= 12 else { return 0 }
        return unsafe (bytes.count - 12) / 8
    }

    /// `nil` from ``fullIntraCount`` on.
    public func fullIntra(_ index: Int) -> FullIntraEntry? {
        guard index >= 0, index < fullIntraCount else { return nil }
        let offset = 12 + index * 8
        return unsafe FullIntraEntry(ssrc: bytes.u32(at: offset), sequence: bytes[offset + 4])
    }

    /// `nil` unless the packet is such an estimate.
    public var bandwidthEstimate: BandwidthEstimate? {
        guard kind == .bandwidthEstimate, unsafe bytes.count >= 20 else { return nil }
        let sources = unsafe min(Int(bytes[16]), (bytes.count - 20) / 4)
        let exponent = unsafe UInt64(bytes[17] >> 2)
        let mantissa = unsafe UInt64(bytes.u24(at: 17) & 0x03_FFFF)
        // 63 is the greatest exponent: what does not fit is as much as there can be.
        let isOver = exponent > UInt64(mantissa.leadingZeroBitCount)
        return BandwidthEstimate(
            bitsPerSecond: isOver ? .max : mantissa << exponent, sourceCount: sources)
    }

    /// A stream that the estimate is about; `nil` from its count on.
    public func estimatedSource(_ index: Int) -> UInt32? {
        guard let estimate = bandwidthEstimate, index >= 0, index < estimate.sourceCount else { return nil }
        return unsafe bytes.u32(at: 20 + index * 4)
    }
}
