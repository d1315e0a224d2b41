// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// Puts off sending for a moment while a video frame is arriving, so that its packets leave each receiver's run
/// together.
///
/// A frame comes as a burst of packets, the last of which is marked (RFC 7741 §4.1, RFC 6184 §5.1, RFC 9628 §4.2). A loop that sends to many
/// after the first of them has much to do when the second is there already, and pays for a message for each. Where a
/// flush goes to few, nothing is put off.
struct FrameHold {
    /// The longest time anything waits for the rest of its frame.
    static let longest = Duration.microseconds(400)
    /// Flushes that sent less than this are not worth waiting for.
    static let worthwhile = 32.0

    /// Sources in the middle of a frame, by a few bits of their SSRC.
    private var open: UInt64 = 0
    /// When the first packet came that has not been sent on.
    private var since: Instant?
    /// Datagrams for each flush, as of late.
    private var usual = 0.0

    /// A packet of media has come.
    @inline(__always)
    mutating func note(_ bytes: UnsafeRawBufferPointer) {
        // RTP of some size; RTCP has types 192 to 223. RFC 5761 §4.
        guard bytes.count > 300, unsafe bytes[0] >= 128 else { return }
        let second = unsafe bytes[1]
        guard second & 0x7F < 64 || second & 0x7F > 95 else { return }
        let bit = unsafe UInt64(1) << UInt64((bytes[11] ^ bytes[10] &* 7 ^ bytes[9] &* 31) & 63)
        if second & 0x80 == 0 { open |= bit } else { open &= ~bit }
    }

    /// Until when to wait; `nil` to send now.
    mutating func end(at now: Instant) -> Instant? {
        guard open != 0, usual >= Self.worthwhile else { return nil }
        let first = since ?? now
        since = first
        let end = first.advanced(by: Self.longest)
        return end > now ? end : nil
    }

    /// Everything has been sent: this many datagrams.
    mutating func flushed(_ datagrams: UInt64) {
        since = nil
        open = 0
        guard datagrams > 0 else { return }
        usual += (Double(datagrams) - usual) / 16
    }
}
