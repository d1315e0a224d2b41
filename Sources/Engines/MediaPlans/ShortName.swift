// SPDX-License-Identifier: Apache-2.0

/// The name of a media section or of an encoding: a `mid` (RFC 5888 §4) or a `rid` (RFC 8851 §4).
///
/// At most 16 bytes, which is all that a one-byte header extension can carry (RFC 8285 §4.2), so it fits two
/// registers and packets are matched without a string. Zero bytes fill it up; no name contains one.
public struct ShortName: Hashable, Sendable, BitwiseCopyable {
    /// Bytes of the longest name.
    public static let capacity = 16

    private var low: UInt64 = 0
    private var high: UInt64 = 0

    /// A name of printable ASCII; `nil` when it is empty, longer than ``capacity``, or anything else.
    public init?(_ text: some StringProtocol) { self.init(bytes: text.utf8) }

    /// ``init(_:)`` of bytes, as a header extension carries them.
    public init?(bytes: some Sequence<UInt8>) {
        self.init()
        var count = 0
        for byte in bytes {
            guard count < Self.capacity, byte > 0x20, byte < 0x7F else { return nil }
            append(byte, at: count)
            count += 1
        }
        guard count > 0 else { return nil }
    }

    init() {}

    mutating func append(_ byte: UInt8, at index: Int) {
        if index < 8 {
            low |= UInt64(byte) << UInt64(index * 8)
        } else {
            high |= UInt64(byte) << UInt64((index - 8) * 8)
        }
    }

    /// Bytes of the name: 1 to ``capacity``.
    public var count: Int {
        high == 0 ? 8 - low.leadingZeroBitCount / 8 : 16 - high.leadingZeroBitCount / 8
    }

    /// One byte of the name; zero behind its end.
    public subscript(index: Int) -> UInt8 {
        guard index >= 0, index < Self.capacity else { return 0 }
        let half = index < 8 ? low : high
        return UInt8(truncatingIfNeeded: half >> UInt64(index % 8 * 8))
    }
}

extension ShortName: CustomStringConvertible {
    public var description: String {
        String(decoding: (0..<count).map { self[$0] }, as: UTF8.self)
    }
}
