// SPDX-License-Identifier: Apache-2.0

/// The four bytes in front of data on a channel. RFC 8656 §12.4.
///
/// ```
/// |         Channel Number        |            Length             |
/// ```
public struct ChannelData: Hashable, Sendable, BitwiseCopyable {
    /// Bytes of the header.
    public static let headerSize = 4
    /// The numbers that a client may choose. RFC 8656 §12.
    public static let numbers: ClosedRange<UInt16> = 0x4000...0x4FFF

    public let number: UInt16
    /// Bytes of data, without padding.
    public let count: Int

    /// Reads the header of one datagram or frame.
    /// - Returns: `nil` when there is less data than the header says, or more than padding behind it.
    @unsafe public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.headerSize else { return nil }
        let number = unsafe bytes.u16(at: 0)
        let count = unsafe Int(bytes.u16(at: 2))
        let excess = bytes.count - Self.headerSize - count
        guard Self.numbers.contains(number), (0...3).contains(excess) else { return nil }
        self.number = number
        self.count = count
    }

    /// Where the data lies in its datagram.
    public var payload: Range<Int> { Self.headerSize..<Self.headerSize + count }

    /// Writes the four bytes in front of data.
    /// - Parameter header: At least ``headerSize`` bytes.
    @unsafe public static func write(
        number: UInt16, count: Int, into header: UnsafeMutableRawBufferPointer
    ) {
        guard header.count >= headerSize else { return }
        unsafe header.store(number, at: 0)
        unsafe header.store(UInt16(truncatingIfNeeded: count), at: 2)
    }

    /// How many zeros follow the data on a stream; none over UDP. RFC 8656 §12.5.
    public static func padding(after count: Int) -> Int { -count & 3 }
}
