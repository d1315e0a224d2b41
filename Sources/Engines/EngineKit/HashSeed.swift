// SPDX-License-Identifier: Apache-2.0

/// The secret of a hash function: folded multiplication, as wyhash and foldhash do it.
public struct HashSeed: BitwiseCopyable {
    @usableFromInline var first: UInt64
    @usableFromInline var second: UInt64

    /// Mixes any bytes into a seed.
    public init(_ bytes: [UInt8]) {
        first = 0x243F_6A88_85A3_08D3
        second = 0x1319_8A2E_0370_7344
        for byte in bytes {
            first = Self.fold(first ^ UInt64(byte), 0x9E37_79B9_7F4A_7C15)
            second = Self.fold(second &+ first, 0xBF58_476D_1CE4_E5B9)
        }
    }

    @inlinable
    static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// The hash of three words.
    @inlinable
    public func hash(_ a: UInt64, _ b: UInt64, _ c: UInt64 = 0) -> UInt64 {
        let half = Self.fold(a ^ first, b ^ second)
        return Self.fold(half ^ c, first | 1) ^ half
    }
}
