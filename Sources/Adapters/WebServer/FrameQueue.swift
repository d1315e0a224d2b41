// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// Frames that wait for a slow peer, oldest first.
///
/// Media that is late is worth nothing, so frames of media are dropped, whole and oldest first, when they have
/// waited too long or when there are too many. Answers are never dropped.
struct FrameQueue {
    private struct Entry {
        var count: Int
        var isMedia: Bool
        var at: Instant
    }

    /// Most bytes that wait; then the oldest media goes, until there is room for some more again.
    static let limit = 196_608
    private static let room = 131_072
    /// How long media may wait.
    static let patience = Duration.milliseconds(400)

    private var bytes: [UInt8] = []
    private var start = 0
    private var entries: [Entry] = []
    private var first = 0
    /// Bytes that wait, and those of them that cannot be dropped.
    private(set) var count = 0
    private(set) var answerCount = 0

    var isEmpty: Bool { count == 0 }

    /// Whether one more frame of `size` bytes would cost others.
    func isFull(for size: Int, at now: Instant) -> Bool {
        count + size > Self.limit || isOldestLate(at: now)
    }

    private func isOldestLate(at now: Instant) -> Bool {
        guard let oldest = entries[first...].first(where: \.isMedia) else { return false }
        return oldest.at.duration(to: now) > Self.patience
    }

    /// Appends a frame and then `padding` zeros.
    /// - Returns: how many frames had to be dropped for it.
    mutating func append(
        _ frame: UnsafeRawBufferPointer, padding: Int, isMedia: Bool, at now: Instant
    ) -> Int {
        unsafe bytes.append(contentsOf: frame)
        for _ in 0..<padding { bytes.append(0) }
        let size = frame.count + padding
        entries.append(Entry(count: size, isMedia: isMedia, at: now))
        count += size
        if !isMedia { answerCount += size }
        return dropLate(at: now) + (count > Self.limit ? dropMedia(until: Self.room) : 0)
    }

    /// Hands over the oldest frames, up to about `limit` bytes, after dropping what is late.
    /// - Returns: how many frames were dropped.
    mutating func take(limit: Int, at now: Instant, _ body: (UnsafeRawBufferPointer) -> Void) -> Int {
        let dropped = dropLate(at: now)
        var taken = 0
        while taken < limit, first < entries.count {
            taken += entries[first].count
            if !entries[first].isMedia { answerCount -= entries[first].count }
            first += 1
        }
        guard taken > 0 else { return dropped }
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe body(UnsafeRawBufferPointer(rebasing: bytes[start..<start + taken]))
        }
        start += taken
        count -= taken
        compact()
        return dropped
    }

    private mutating func dropLate(at now: Instant) -> Int {
        guard isOldestLate(at: now) else { return 0 }
        // A little more than must be, so that this is not done for every frame.
        return drop { $0.at.duration(to: now) * 4 > Self.patience * 3 }
    }

    private mutating func dropMedia(until size: Int) -> Int {
        var excess = count - size
        return drop { entry in
            guard excess > 0 else { return false }
            excess -= entry.count
            return true
        }
    }

    /// Drops the media for which `condition` is true.
    private mutating func drop(where condition: (Entry) -> Bool) -> Int {
        var keptBytes: [UInt8] = []
        var kept: [Entry] = []
        var offset = start
        var dropped = 0
        for entry in entries[first...] {
            if entry.isMedia, condition(entry) {
                dropped += 1
                count -= entry.count
            } else {
                kept.append(entry)
                keptBytes.append(contentsOf: bytes[offset..<offset + entry.count])
            }
            offset += entry.count
        }
        bytes = keptBytes
        entries = kept
        start = 0
        first = 0
        return dropped
    }

    private mutating func compact() {
        if count == 0 {
            bytes.removeAll(keepingCapacity: bytes.capacity <= 65_536)
            entries.removeAll(keepingCapacity: entries.capacity <= 256)
        } else if start >= bytes.count / 2 {
            bytes.removeFirst(start)
            entries.removeFirst(first)
        } else {
            return
        }
        start = 0
        first = 0
    }
}
