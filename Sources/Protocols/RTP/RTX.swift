// SPDX-License-Identifier: Apache-2.0

/// A repeated packet: the payload of the first one behind its sequence number, in a stream of its own. RFC 4588 §4.
public struct RTXPacket: Hashable, Sendable, BitwiseCopyable {
    /// Bytes in front of the first packet's payload.
    public static let size = 2

    public let originalSequence: UInt16
    private let start: Int
    private let count: Int

    /// Where the first packet's payload is.
    public var payload: Range<Int> { start..<start + count }

    /// - Returns: `nil` where there is no payload: senders probe for bandwidth with such packets.
    @unsafe public init?(_ packet: UnsafeRawBufferPointer, _ header: RTPHeader) {
        let range = header.payload(of: packet.count)
        guard range.count > Self.size else { return nil }
        originalSequence = unsafe packet.u16(at: range.lowerBound)
        start = range.lowerBound + Self.size
        count = range.count - Self.size
    }

    /// Writes the number that stands in front of a repeated payload.
    @unsafe public static func write(_ sequence: UInt16, into bytes: UnsafeMutableRawBufferPointer) {
        guard bytes.count >= size else { return }
        unsafe bytes.store(sequence, at: 0)
    }
}
