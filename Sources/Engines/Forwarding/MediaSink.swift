// SPDX-License-Identifier: Apache-2.0
public import ICE

/// Where a forwarder writes what leaves; the driver sends it in as few calls as it can.
public protocol MediaSink: ~Copyable {
    /// Memory for at least `count` bytes, at most ``MediaRun/capacity``. It is written to until the next call of
    /// ``send(count:segment:to:)``; what is not sent then is forgotten.
    @unsafe mutating func space(_ count: Int) -> UnsafeMutableRawPointer

    /// Sends the first `count` bytes of the space: datagrams of `segment` bytes each, of which the last may be
    /// shorter. At most ``MediaRun/segments`` of them.
    mutating func send(count: Int, segment: Int, to path: MediaPath)
}

/// What one run of datagrams may be. `UDP_SEGMENT` takes 64 segments and one datagram's worth of bytes.
public enum MediaRun {
    /// Bytes of the longest run.
    public static let capacity = 63_000
    public static let segments = 64
    /// Bytes of the longest datagram.
    public static let datagram = 2_048
}
