// SPDX-License-Identifier: Apache-2.0
internal import CNet

/// What a socket has not taken yet, in order. Small writes are joined; large and static ones are not
/// copied.
///
/// A connection has one only while something waits: an idle connection has none, and its loop lends
/// used ones again.
final class OutputQueue {
    private enum Segment {
        /// The next bytes of `joined`.
        case joined(Int)
        case shared([UInt8])
        case fixed(StaticBytes)

        var count: Int {
            switch self {
            case .joined(let count): count
            case .shared(let bytes): bytes.count
            case .fixed(let bytes): bytes.count
            }
        }
    }

    /// Arrays of at least so many bytes are kept as they are, not copied.
    static let sharedThreshold = 4096
    private static let maxPieces = 16

    /// In order. What `joined` holds beyond them comes after them.
    private var segments: [Segment] = []
    /// How many of `segments` have left, and how much of the next one.
    private var firstSegment = 0
    private var sentOfFirst = 0
    /// Small writes, one after the other.
    private var joined: [UInt8] = []
    private var joinedStart = 0
    /// Bytes of `joined` that no segment stands for yet.
    private var loose = 0
    /// Bytes on the heap: what a slow client costs.
    private(set) var ownedBytes = 0
    /// Bytes that wait, static ones as well.
    private(set) var count = 0
    /// Positions where the queue could be cut, counted like `position`.
    private var marks: [Int] = []
    private var position = 0

    var isEmpty: Bool { count == 0 }

    // MARK: Appending

    func append(_ bytes: [UInt8]) {
        if bytes.count >= Self.sharedThreshold {
            append(.shared(bytes))
        } else {
            appendJoined { $0.append(contentsOf: bytes) }
        }
    }

    func append(_ bytes: StaticBytes) {
        if bytes.count > 0 { append(.fixed(bytes)) }
    }

    /// Lets `body` append to the joined bytes. It must not do anything else with them.
    @inline(__always)
    func appendJoined(_ body: (inout [UInt8]) -> Void) {
        let before = joined.count
        body(&joined)
        let more = joined.count - before
        loose += more
        ownedBytes += more
        count += more
    }

    private func append(_ segment: Segment) {
        if loose > 0 { segments.append(.joined(loose)) }
        loose = 0
        segments.append(segment)
        count += segment.count
        if case .shared = segment { ownedBytes += segment.count }
    }

    // MARK: Sending

    /// Offers the first bytes, as up to 16 pieces of memory that are valid during the call.
    /// - Returns: what `send` returned.
    func withPieces<Result>(_ send: (UnsafeBufferPointer<cnet_piece>) -> Result) -> Result {
        unsafe withUnsafeTemporaryAllocation(of: cnet_piece.self, capacity: Self.maxPieces) { pieces in
            unsafe joined.withUnsafeBytes { joined in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: joined[joinedStart...])
                return unsafe gather(firstSegment, skipping: sentOfFirst, joined: rest, into: pieces, 0, send)
            }
        }
    }

    /// One level of calls per piece, so that every array lends its memory for as long as it is used.
    private func gather<Result>(
        _ index: Int, skipping: Int, joined: UnsafeRawBufferPointer,
        into pieces: UnsafeMutableBufferPointer<cnet_piece>, _ filled: Int,
        _ send: (UnsafeBufferPointer<cnet_piece>) -> Result
    ) -> Result {
        func take(_ bytes: UnsafeRawBufferPointer, _ joined: UnsafeRawBufferPointer) -> Result {
            guard let start = bytes.baseAddress, bytes.count > 0 else {
                return unsafe send(UnsafeBufferPointer(rebasing: pieces[..<filled]))
            }
            unsafe pieces[filled] = cnet_piece(start: start, count: bytes.count)
            guard index < segments.count, filled + 1 < Self.maxPieces else {
                return unsafe send(UnsafeBufferPointer(rebasing: pieces[..<(filled + 1)]))
            }
            return unsafe gather(index + 1, skipping: 0, joined: joined, into: pieces, filled + 1, send)
        }
        // Behind all segments come the loose bytes, and nothing after them.
        guard index < segments.count else { return unsafe take(joined, joined) }
        switch segments[index] {
        case .joined(let count):
            let left = count - skipping
            return unsafe take(
                UnsafeRawBufferPointer(rebasing: joined[..<left]),
                UnsafeRawBufferPointer(rebasing: joined[left...]))
        case .shared(let bytes):
            return unsafe bytes.withUnsafeBytes {
                unsafe take(UnsafeRawBufferPointer(rebasing: $0[skipping...]), joined)
            }
        case .fixed(let bytes):
            return unsafe bytes.withBytes {
                unsafe take(UnsafeRawBufferPointer(rebasing: $0[skipping...]), joined)
            }
        }
    }

    /// Drops the first `taken` bytes, which have left.
    func consume(_ taken: Int) {
        count -= taken
        position += taken
        guard count > 0 else { return reset() }
        var left = taken
        while left > 0, firstSegment < segments.count {
            let segment = segments[firstSegment]
            let step = min(left, segment.count - sentOfFirst)
            switch segment {
            case .joined: dropJoined(step)
            case .shared: ownedBytes -= step
            case .fixed: break
            }
            left -= step
            sentOfFirst += step
            if sentOfFirst == segment.count { endSegment() }
        }
        guard left > 0 else { return }
        loose -= left
        dropJoined(left)
    }

    private func endSegment() {
        // Lets go of the bytes at once; the entry itself goes with many others.
        segments[firstSegment] = .joined(0)
        firstSegment += 1
        sentOfFirst = 0
        guard firstSegment == segments.count || firstSegment >= 256 else { return }
        segments.removeFirst(firstSegment)
        firstSegment = 0
    }

    private func dropJoined(_ count: Int) {
        joinedStart += count
        ownedBytes -= count
        guard joinedStart >= 65_536, joinedStart >= joined.count / 2 else { return }
        joined.removeFirst(joinedStart)
        joinedStart = 0
    }

    // MARK: Cutting

    /// Notes that a message ends here.
    func mark() {
        marks.removeAll { $0 < position }
        marks.append(position + count)
    }

    /// Drops everything behind the first mark that has not left yet: whoever reads on sees whole messages.
    func cutToMark() {
        guard let mark = marks.first(where: { $0 >= position }) else { return }
        var kept: [Segment] = []
        var left = mark - position
        var keptJoined = 0
        var skip = sentOfFirst
        for segment in segments[firstSegment...] + [.joined(loose)] {
            let size = min(segment.count - skip, left)
            guard size > 0 else { continue }
            switch segment {
            case .joined:
                kept.append(.joined(size))
                keptJoined += size
            case .shared(let bytes): kept.append(.shared(Array(bytes[skip..<skip + size])))
            case .fixed(let bytes): kept.append(.fixed(bytes[skip..<skip + size]))
            }
            skip = 0
            left -= size
        }
        joined = Array(joined[joinedStart..<joinedStart + keptJoined])
        joinedStart = 0
        loose = 0
        segments = kept
        firstSegment = 0
        sentOfFirst = 0
        count = mark - position
        ownedBytes = kept.reduce(0) { if case .fixed = $1 { $0 } else { $0 + $1.count } }
    }

    /// As new, but for some memory to be used again.
    func reset() {
        segments.removeAll(keepingCapacity: segments.capacity <= 64)
        joined.removeAll(keepingCapacity: joined.capacity <= 16_384)
        marks.removeAll()
        firstSegment = 0
        sentOfFirst = 0
        joinedStart = 0
        loose = 0
        ownedBytes = 0
        count = 0
        position = 0
    }
}
