// SPDX-License-Identifier: Apache-2.0
internal import RTP

/// How a stream's timestamps and its sender's clock belong together, as the last sender report tells.
/// RFC 3550 §6.4.1.
struct MediaClock: Hashable, BitwiseCopyable {
    var ntp: NTPTime
    var timestamp: UInt32

    /// The timestamp that `other`, a stream of the same sender, has at the moment of a timestamp of this stream.
    /// - Parameter clockRate: Of both streams.
    /// - Returns: `nil` when the reports are more than a minute apart: the two clocks would have drifted.
    func convert(_ source: UInt32, to other: MediaClock, clockRate: UInt32) -> UInt32? {
        let apart = other.ntp.nanoseconds(since: ntp)
        guard abs(apart) < 60_000_000_000 else { return nil }
        let ticks = apart / 1_000 &* Int64(clockRate) / 1_000_000
        let sinceReport = source &- timestamp &- UInt32(truncatingIfNeeded: ticks)
        return other.timestamp &+ sinceReport
    }
}
