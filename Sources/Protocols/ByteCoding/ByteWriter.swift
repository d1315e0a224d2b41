// SPDX-License-Identifier: Apache-2.0

/// Appends fields in network order.
public struct ByteWriter: ~Copyable {
    public private(set) var bytes: [UInt8] = []

    public init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    public mutating func write(_ value: some FixedWidthInteger) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    public mutating func write(_ contents: some Sequence<UInt8>) { bytes.append(contentsOf: contents) }

    /// Appends the UTF-8 form of `text`.
    public mutating func write(text: String) { bytes.append(contentsOf: text.utf8) }

    public consuming func finish() -> [UInt8] { bytes }
}
