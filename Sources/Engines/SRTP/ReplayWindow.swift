// SPDX-License-Identifier: Apache-2.0

/// Which of the newest 64 × `words` numbers have been seen. RFC 3711 §3.3.2.
///
/// The bit of a number is at its remainder, so that nothing is shifted when the window moves on: the bits of the
/// numbers that come in are cleared.
struct ReplayWindow<let words: Int>: BitwiseCopyable {
    private var bits = InlineArray<words, UInt64>(repeating: 0)
    /// The greatest number so far; -1 before the first.
    private(set) var highest: Int64 = -1

    /// Numbers that it remembers; a power of two.
    static var span: Int64 { Int64(words) * 64 }

    /// The number nearest to the greatest that ends in these 16 bits. RFC 3711 §3.3.1. It may be negative.
    @inline(__always)
    func extend(_ sequence: UInt16) -> Int64 {
        guard highest >= 0 else { return Int64(sequence) }
        let ahead = Int16(truncatingIfNeeded: Int64(sequence) &- highest)
        return highest &+ Int64(ahead)
    }

    /// Whether a number is new, as far as it remembers.
    @inline(__always)
    func check(_ number: Int64) throws(SRTPFailure) {
        guard number <= highest else { return }
        guard highest &- number < Self.span else { throw .tooOld }
        let place = Int(number & (Self.span - 1))
        guard bits[place >> 6] & 1 << UInt64(place & 63) == 0 else { throw .replayed }
    }

    /// Remembers a number that ``check(_:)`` let pass.
    @inline(__always)
    mutating func note(_ number: Int64) {
        if number > highest {
            if number &- highest >= Self.span {
                for word in 0..<words { bits[word] = 0 }
            } else {
                var next = highest &+ 1
                while next < number {
                    let place = Int(next & (Self.span - 1))
                    bits[place >> 6] &= ~(1 << UInt64(place & 63))
                    next &+= 1
                }
            }
            highest = number
        }
        let place = Int(number & (Self.span - 1))
        bits[place >> 6] |= 1 << UInt64(place & 63)
    }
}
