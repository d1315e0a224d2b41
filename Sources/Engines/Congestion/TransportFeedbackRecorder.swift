// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import RTP

/// Keeps when a publisher's packets arrived and tells it by transport-wide feedback.
///
/// draft-holmer-rmcat-transport-wide-cc-extensions-01. A ring of the last 1024 packets: one that comes after newer ones
/// were told of is told of once more together with them, and what is older than the ring is never told of.
public struct TransportFeedbackRecorder: Sendable {
    private static let size = 1024
    private static let missing: Int64 = -1

    /// In nanoseconds: it is looked at for each packet.
    private let interval: Int64
    /// Nanoseconds after the first arrival, or ``missing``, by sequence number.
    private var ring: ContiguousArray<Int64>
    private var origin: Int64?
    /// The first sequence number that the next feedback tells of, without wraps.
    private var first: Int64 = 0
    /// One after the newest that arrived.
    private var end: Int64 = 0
    private var feedbackCount: UInt8 = 0
    private var waitingSince: Instant?

    /// - Parameter interval: Between one feedback and the next; libwebrtc takes 50 to 250 ms.
    public init(interval: Duration = .milliseconds(50)) {
        self.interval = interval.nanoseconds
        ring = ContiguousArray(repeating: Self.missing, count: Self.size)
    }

    /// When to ``write(into:sender:media:at:)`` next; `nil` while nothing arrives.
    public var deadline: Instant? {
        if let waitingSince {
            Instant(nanoseconds: waitingSince.nanoseconds &+ interval)
        } else {
            nil
        }
    }

    /// Notes a packet's transport-wide sequence number. Only for packets that were authenticated.
    public mutating func received(_ sequence: UInt16, at now: Instant) {
        guard let origin else {
            origin = now.nanoseconds
            first = Int64(sequence)
            end = first + 1
            ring[index(first)] = 0
            waitingSince = now
            return
        }
        let ahead = Int64(Int16(bitPattern: sequence &- UInt16(truncatingIfNeeded: end)))
        let number = end + ahead
        let arrival = max(now.nanoseconds &- origin, 0)
        if ahead >= 0 {
            advance(to: number)
        } else {
            guard -ahead <= Int64(Self.size), number >= 0, ring[index(number)] == Self.missing else { return }
            first = min(first, number)
        }
        ring[index(number)] = arrival
        if waitingSince == nil { waitingSince = now }
    }

    /// Writes one RTCP packet about what arrived since the last one. Call it until it returns 0.
    ///
    /// - Parameters:
    ///   - bytes: Where to; 1200 bytes are enough for any.
    ///   - sender: Our SSRC.
    ///   - media: Any SSRC of the publisher.
    /// - Returns: Bytes written, 0 when there is nothing to tell.
    @unsafe public mutating func write(
        into bytes: UnsafeMutableRawBufferPointer, sender: UInt32, media: UInt32
    ) -> Int {
        waitingSince = nil
        let count = Int(end - first)
        guard count > 0, count <= Self.size else { return 0 }
        var writer = unsafe RTCPWriter(into: bytes)
        let told = unsafe withUnsafeTemporaryAllocation(of: Int64.self, capacity: count) { arrivals in
            for offset in 0..<count { unsafe arrivals[offset] = ring[index(first + Int64(offset))] }
            return unsafe writer.appendTransportFeedback(
                sender: sender, media: media, base: UInt16(truncatingIfNeeded: first),
                feedbackCount: feedbackCount, arrivals: UnsafeBufferPointer(arrivals))
        }
        guard told > 0 else {
            // Whatever it was that could not be told, later packets can.
            first = end
            return 0
        }
        first += Int64(told)
        feedbackCount &+= 1
        return writer.count
    }

    private func index(_ number: Int64) -> Int { Int(number & Int64(Self.size - 1)) }

    private mutating func advance(to number: Int64) {
        if number - end >= Int64(Self.size) {
            // A leap: whatever lies between was never sent.
            for place in 0..<Self.size { ring[place] = Self.missing }
            first = number
        } else {
            var passed = end
            while passed <= number {
                ring[index(passed)] = Self.missing
                passed += 1
            }
        }
        end = number + 1
        first = max(first, end - Int64(Self.size))
    }
}
