// SPDX-License-Identifier: Apache-2.0

/// Eight bytes of a string at a time, the first one lowest.
///
/// What is marked is bit 7 of a byte. Only the lowest mark is to be relied on: the subtractions borrow
/// from the bytes above it.
extension UInt64 {
    private static let ones: UInt64 = 0x0101_0101_0101_0101

    /// Marks a quote, a backslash and a control character: what a string holds escaped only.
    var markingEscapes: UInt64 {
        let quotes = self ^ (Self.ones &* 0x22)
        let backslashes = self ^ (Self.ones &* 0x5C)
        let marks =
            (self &- Self.ones &* 0x20) & ~self | (quotes &- Self.ones) & ~quotes
            | (backslashes &- Self.ones) & ~backslashes
        return marks & (Self.ones &* 0x80)
    }

    /// Marks every byte that is no plain ASCII character of a string.
    var markingStops: UInt64 { markingEscapes | self & (Self.ones &* 0x80) }
}
