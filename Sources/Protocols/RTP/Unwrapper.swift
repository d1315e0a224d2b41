// SPDX-License-Identifier: Apache-2.0

/// Counts on where a number of the wire starts again: gives each the 64-bit number nearest to the last one.
///
/// For sequence numbers (16 bits), timestamps (32 bits), picture ids (15 bits) and the like. The first number is
/// itself plus one turn, so that earlier ones that come late are positive, too.
public struct Unwrapper: Hashable, Sendable, BitwiseCopyable {
    private let bits: UInt8
    /// The number that was unwrapped last; `nil` before the first.
    public private(set) var last: Int64?

    /// - Parameter bits: How many bits the number has on the wire, 1 to 32.
    public init(bits: Int) { self.bits = UInt8(clamping: min(max(bits, 1), 32)) }

    /// The whole number that `wire` stands for, at most half a turn from the last one, which it becomes.
    public mutating func unwrap(_ wire: UInt32) -> Int64 {
        let value = peek(wire)
        last = value
        return value
    }

    /// The same without remembering it.
    public func peek(_ wire: UInt32) -> Int64 {
        let turn: Int64 = 1 << Int64(bits)
        let wire = Int64(wire) & (turn - 1)
        guard let last else { return wire + turn }
        var step = (wire &- last) & (turn - 1)
        if step > turn / 2 { step -= turn }
        return last &+ step
    }
}

/// ``Unwrapper`` for sequence numbers, which only goes forward: what comes late does not move the reference.
public struct SequenceUnwrapper: Hashable, Sendable, BitwiseCopyable {
    /// The highest number so far; `nil` before the first.
    public private(set) var highest: Int64?

    public init() {}

    /// The extended number nearest to the highest one so far.
    public mutating func unwrap(_ sequence: UInt16) -> Int64 {
        let value = peek(sequence)
        if value > highest ?? .min { highest = value }
        return value
    }

    /// The same without remembering it.
    public func peek(_ sequence: UInt16) -> Int64 {
        // One turn up, so that what came before the first is positive.
        guard let highest else { return Int64(sequence) + 0x1_0000 }
        let step = Int64(Int16(truncatingIfNeeded: Int64(sequence) &- highest))
        return highest &+ step
    }
}
