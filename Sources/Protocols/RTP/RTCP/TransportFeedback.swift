// SPDX-License-Identifier: Apache-2.0

/// Which packets of a transport arrived, and when. draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.
///
/// ```
/// |      base sequence number     |      packet status count      |
/// |                 reference time                | fb pkt. count |
/// |          packet chunk         |         packet chunk          |
/// |         packet chunk          |  recv delta   |  recv delta   |
/// ```
public struct TransportFeedback: Hashable, Sendable, BitwiseCopyable {
    /// Nanoseconds of a delta's unit.
    public static let tick: Int64 = 250_000
    /// Ticks of the reference time's unit, 64 ms.
    static let referenceTicks: Int64 = 256
    static let headerSize = 20

    public let baseSequence: UInt16
    public let statusCount: Int
    /// In units of 64 ms, 24 bits with sign.
    public let referenceTime: Int32
    /// Counts the feedback packets, so that lost ones are seen.
    public let feedbackCount: UInt8

    /// One packet of the transport.
    public struct Status: Hashable, Sendable, BitwiseCopyable {
        public let sequence: UInt16
        /// In ticks of 250 µs since the origin of the reference time; `nil` for one that did not arrive.
        public let arrival: Int64?
    }
}

extension RTCPPacket {
    /// `nil` unless the packet is such feedback of its least size.
    public var transportFeedback: TransportFeedback? {
        guard kind == .transportFeedback, unsafe bytes.count >= TransportFeedback.headerSize else {
            return nil
        }
        return unsafe TransportFeedback(
            baseSequence: bytes.u16(at: 12), statusCount: Int(bytes.u16(at: 14)),
            referenceTime: Int32(bitPattern: bytes.u24(at: 16) << 8) >> 8, feedbackCount: bytes[19])
    }

    /// How far a walk over the statuses has come.
    public struct StatusCursor: Sendable, BitwiseCopyable {
        fileprivate var sequence: UInt16
        fileprivate var left: Int
        fileprivate var chunk = TransportFeedback.headerSize
        /// Where the deltas go on.
        fileprivate var delta: Int
        fileprivate var arrival: Int64
        /// The chunk that is being read, and how many of its statuses are left.
        fileprivate var current: UInt16 = 0
        fileprivate var currentLeft = 0
    }

    /// Begins a walk over the statuses.
    /// - Parameter limit: How many there may be. Forty bytes can have 65,535, which costs whoever reads them all.
    /// - Returns: `nil` when the chunks do not cover the statuses or the deltas do not fit: then nothing counts.
    public func statuses(limit: Int = 8192) -> StatusCursor? {
        guard let feedback = transportFeedback, feedback.statusCount <= limit else { return nil }
        var offset = TransportFeedback.headerSize
        var left = feedback.statusCount
        var deltaBytes = 0
        while left > 0 {
            guard unsafe offset + 2 <= bytes.count else { return nil }
            let chunk = unsafe TransportFeedback.Chunk(rawValue: bytes.u16(at: offset))
            let count = min(chunk.count, left)
            // A run of nothing would never end.
            guard count > 0 else { return nil }
            deltaBytes += chunk.deltaBytes(of: count)
            left -= count
            offset += 2
        }
        guard unsafe offset + deltaBytes <= bytes.count else { return nil }
        return StatusCursor(
            sequence: feedback.baseSequence, left: feedback.statusCount, delta: offset,
            arrival: Int64(feedback.referenceTime) * TransportFeedback.referenceTicks)
    }

    /// The next status; `nil` behind the last.
    public func next(_ cursor: inout StatusCursor) -> TransportFeedback.Status? {
        guard cursor.left > 0 else { return nil }
        if cursor.currentLeft == 0 {
            guard unsafe cursor.chunk + 2 <= bytes.count else { return nil }
            cursor.current = unsafe bytes.u16(at: cursor.chunk)
            cursor.chunk += 2
            cursor.currentLeft = TransportFeedback.Chunk(rawValue: cursor.current).count
            guard cursor.currentLeft > 0 else { return nil }
        }
        let chunk = TransportFeedback.Chunk(rawValue: cursor.current)
        let symbol = chunk.symbol(chunk.count - cursor.currentLeft)
        let sequence = cursor.sequence
        cursor.currentLeft -= 1
        cursor.left -= 1
        cursor.sequence &+= 1
        switch symbol {
        case 1:
            guard unsafe cursor.delta < bytes.count else { return nil }
            cursor.arrival += unsafe Int64(bytes[cursor.delta])
            cursor.delta += 1
        case 2:
            guard unsafe cursor.delta + 2 <= bytes.count else { return nil }
            cursor.arrival += unsafe Int64(Int16(bitPattern: bytes.u16(at: cursor.delta)))
            cursor.delta += 2
        // 3 is reserved: as if it had not arrived.
        default: return TransportFeedback.Status(sequence: sequence, arrival: nil)
        }
        return TransportFeedback.Status(sequence: sequence, arrival: cursor.arrival)
    }
}

extension TransportFeedback {
    /// The statuses of a run of packets, of 7, or of 14. §3.1.1 to §3.1.4.
    struct Chunk: RawRepresentable {
        let rawValue: UInt16

        /// The most statuses that a run has.
        static let longestRun = 0x1FFF

        var isRun: Bool { rawValue & 0x8000 == 0 }

        var count: Int { isRun ? Int(rawValue & 0x1FFF) : rawValue & 0x4000 == 0 ? 14 : 7 }

        /// 0 not received, 1 with a delta of one byte, 2 with one of two.
        func symbol(_ index: Int) -> UInt16 {
            if isRun { return rawValue >> 13 & 3 }
            if rawValue & 0x4000 == 0 { return rawValue >> UInt16(13 - index) & 1 }
            return rawValue >> UInt16(12 - index * 2) & 3
        }

        func deltaBytes(of count: Int) -> Int {
            if isRun { return count * Self.deltaBytes(symbol(0)) }
            var bytes = 0
            for index in 0..<count { bytes += Self.deltaBytes(symbol(index)) }
            return bytes
        }

        static func deltaBytes(_ symbol: UInt16) -> Int { symbol == 3 ? 0 : Int(symbol) }
    }
}
