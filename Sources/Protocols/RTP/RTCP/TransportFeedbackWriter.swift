// SPDX-License-Identifier: Apache-2.0

extension TransportFeedback {
    /// The statuses that no chunk has been written for yet.
    private struct Pending {
        /// Two bits each, the first in the lowest ones; of a longer run all are the same.
        private var symbols: UInt32 = 0
        private(set) var count = 0
        private var isUniform = true
        private var hasLarge = false

        private var first: UInt16 { UInt16(truncatingIfNeeded: symbols & 3) }

        /// Whether one chunk could say this, too.
        func takes(_ symbol: UInt16) -> Bool {
            if count < 7 { return true }
            if count < 14, !hasLarge, symbol < 2 { return true }
            return isUniform && symbol == first && count < Chunk.longestRun
        }

        mutating func add(_ symbol: UInt16) {
            isUniform = isUniform && (count == 0 || symbol == first)
            hasLarge = hasLarge || symbol == 2
            if count < 14 { symbols |= UInt32(symbol) << UInt32(count * 2) }
            count += 1
        }

        /// Takes a full chunk out when the next status does not fit.
        mutating func takeFull() -> UInt16 {
            guard !isUniform, count < 14 else { return takeLast() }
            let chunk = shortVector
            let rest = symbols >> 14
            let restCount = count - 7
            self = Pending()
            for index in 0..<restCount { add(UInt16(truncatingIfNeeded: rest >> UInt32(index * 2) & 3)) }
            return chunk
        }

        /// Takes everything out, in one chunk; a vector's free places at the end of the packet mean nothing.
        mutating func takeLast() -> UInt16 {
            defer { self = Pending() }
            if isUniform { return first << 13 | UInt16(count) }
            return count > 7 ? longVector : shortVector
        }

        private var longVector: UInt16 {
            var chunk: UInt16 = 0x8000
            for index in 0..<min(count, 14) {
                chunk |= UInt16(truncatingIfNeeded: symbols >> UInt32(index * 2) & 1) << UInt16(13 - index)
            }
            return chunk
        }

        private var shortVector: UInt16 {
            var chunk: UInt16 = 0xC000
            for index in 0..<min(count, 7) {
                chunk |=
                    UInt16(truncatingIfNeeded: symbols >> UInt32(index * 2) & 3) << UInt16(12 - index * 2)
            }
            return chunk
        }
    }

    /// Writes the chunks of as many statuses as there is room for, together with their deltas.
    fileprivate struct Packer {
        private var pending = Pending()
        private(set) var statuses = 0
        private var deltaBytes = 0
        private var lastTick: Int64

        init(from tick: Int64) { lastTick = tick }

        /// Adds a packet's status.
        /// - Returns: Whether it fits, in its delta and in its packet.
        mutating func add(_ arrival: Int64, to writer: inout RTCPWriter) -> Bool {
            var tick = lastTick
            guard let symbol = TransportFeedback.symbol(arrival, &tick) else { return false }
            let isFull = !pending.takes(symbol)
            let size = writer.count + (isFull ? 4 : 2) + deltaBytes + Chunk.deltaBytes(symbol)
            guard unsafe size + zeros(after: size) <= writer.bytes.count else { return false }
            if isFull { writer.append(pending.takeFull()) }
            pending.add(symbol)
            deltaBytes += Chunk.deltaBytes(symbol)
            lastTick = tick
            statuses += 1
            return true
        }

        mutating func finish(_ writer: inout RTCPWriter) {
            if pending.count > 0 { writer.append(pending.takeLast()) }
        }
    }

    /// The symbol of a packet; `nil` when it arrived too long before or after the last one for a delta.
    fileprivate static func symbol(_ arrival: Int64, _ lastTick: inout Int64) -> UInt16? {
        guard arrival >= 0 else { return 0 }
        let delta = arrival / tick - lastTick
        guard delta >= Int64(Int16.min), delta <= Int64(Int16.max) else { return nil }
        lastTick += delta
        return delta >= 0 && delta <= 255 ? 1 : 2
    }
}

extension RTCPWriter {
    /// Writes feedback about packets of a transport, as many of them as fit.
    /// - Parameters:
    ///   - base: The sequence number of the first.
    ///   - arrivals: In nanoseconds since an origin that stays the same, in the order of the sequence numbers;
    ///     negative for those that did not arrive. One must have arrived.
    /// - Returns: How many statuses were written: go on behind them in the next packet. 0 when nothing was.
    @unsafe public mutating func appendTransportFeedback(
        sender: UInt32, media: UInt32, base: UInt16, feedbackCount: UInt8,
        arrivals: UnsafeBufferPointer<Int64>
    ) -> Int {
        guard let first = unsafe Self.firstArrival(in: arrivals) else { return 0 }
        let before = (count, open)
        guard let at = begin(205, format: 15, size: TransportFeedback.headerSize) else { return 0 }
        let reference = first / TransportFeedback.tick / TransportFeedback.referenceTicks
        let start = reference * TransportFeedback.referenceTicks
        var packer = TransportFeedback.Packer(from: start)
        for index in 0..<min(arrivals.count, 0xFFFF) {
            guard unsafe packer.add(arrivals[index], to: &self) else { break }
        }
        packer.finish(&self)
        guard packer.statuses > 0 else {
            (count, open) = before
            return 0
        }
        unsafe appendDeltas(arrivals, count: packer.statuses, from: start)
        while count & 3 != 0 {
            unsafe bytes[count] = 0
            count += 1
        }
        close()
        unsafe bytes.store(sender, at: at + 4)
        unsafe bytes.store(media, at: at + 8)
        unsafe bytes.store(base, at: at + 12)
        unsafe bytes.store(UInt16(packer.statuses), at: at + 14)
        unsafe bytes.store24(UInt32(truncatingIfNeeded: reference), at: at + 16)
        unsafe bytes[at + 19] = feedbackCount
        return packer.statuses
    }

    private static func firstArrival(in arrivals: UnsafeBufferPointer<Int64>) -> Int64? {
        for index in 0..<arrivals.count where unsafe arrivals[index] >= 0 { return unsafe arrivals[index] }
        return nil
    }

    /// There is room: the packer has counted.
    fileprivate mutating func append(_ chunk: UInt16) {
        unsafe bytes.store(chunk, at: count)
        count += 2
    }

    private mutating func appendDeltas(
        _ arrivals: UnsafeBufferPointer<Int64>, count statuses: Int, from start: Int64
    ) {
        var lastTick = start
        for index in 0..<statuses {
            let before = lastTick
            switch unsafe TransportFeedback.symbol(arrivals[index], &lastTick) {
            case 1:
                unsafe bytes[count] = UInt8(truncatingIfNeeded: lastTick - before)
                count += 1
            case 2:
                unsafe bytes.store(Int16(truncatingIfNeeded: lastTick - before), at: count)
                count += 2
            default: break
            }
        }
    }
}
