// SPDX-License-Identifier: Apache-2.0

/// Writes a header and its extensions to where the packet is put together.
///
/// The writer must not outlive the memory that it was made with. RFC 3550 §5.1, RFC 8285 §4.
@safe public struct RTPHeaderWriter: ~Copyable {
    /// How extensions are written: the short form has values of 1 to 16 bytes and identifiers up to 14, the long one
    /// of 0 to 255 bytes and up to 255. RFC 8285 §4.2, §4.3.
    public enum Form: Hashable, Sendable, BitwiseCopyable {
        case oneByte
        case twoByte
    }

    private let bytes: UnsafeMutableRawBufferPointer
    private let form: Form
    private var end: Int

    /// Writes the fixed part.
    /// - Parameter bytes: At least ``RTPHeader/size`` bytes.
    /// - Returns: `nil` when there are fewer.
    @unsafe public init?(
        into bytes: UnsafeMutableRawBufferPointer, marker: Bool, payloadType: UInt8, sequence: UInt16,
        timestamp: UInt32, ssrc: UInt32, form: Form = .oneByte
    ) {
        guard bytes.count >= RTPHeader.size else { return nil }
        unsafe bytes[0] = 0x80
        unsafe bytes[1] = payloadType & 0x7F | (marker ? 0x80 : 0)
        unsafe bytes.store(sequence, at: 2)
        unsafe bytes.store(timestamp, at: 4)
        unsafe bytes.store(ssrc, at: 8)
        unsafe self.bytes = bytes
        self.form = form
        end = RTPHeader.size
    }

    /// Makes room for one extension.
    /// - Returns: Where its value goes; `nil`, and nothing is written, when the form has no such identifier or
    ///   length, or the room is used up.
    private mutating func open(_ id: UInt8, count: Int) -> Int? {
        let start = end == RTPHeader.size ? end + 4 : end
        let value: Int
        switch form {
        case .oneByte:
            guard id >= 1, id <= 14, count >= 1, count <= 16 else { return nil }
            value = start + 1
        case .twoByte:
            guard id >= 1, count >= 0, count <= 255 else { return nil }
            value = start + 2
        }
        let after = value + count
        guard unsafe after + zeros(after: after) <= bytes.count else { return nil }
        if form == .oneByte {
            unsafe bytes[start] = id << 4 | UInt8(count - 1)
        } else {
            unsafe bytes[start] = id
            unsafe bytes[start + 1] = UInt8(count)
        }
        end = after
        return value
    }

    /// Adds an extension whose value is one byte. Identifier 0 stands for one that was not negotiated: it is left out.
    /// - Returns: Whether it was written.
    @discardableResult public mutating func append(_ id: UInt8, _ value: UInt8) -> Bool {
        guard let offset = open(id, count: 1) else { return false }
        unsafe bytes[offset] = value
        return true
    }

    /// Adds an extension whose value is two bytes.
    @discardableResult public mutating func append(_ id: UInt8, _ value: UInt16) -> Bool {
        guard let offset = open(id, count: 2) else { return false }
        unsafe bytes.store(value, at: offset)
        return true
    }

    /// Adds an extension whose value is the lower three bytes of a number.
    @discardableResult public mutating func append24(_ id: UInt8, _ value: UInt32) -> Bool {
        guard let offset = open(id, count: 3) else { return false }
        unsafe bytes.store24(value, at: offset)
        return true
    }

    /// Adds an extension with any value.
    /// - Returns: Where in the header the value lies; `nil` when it was not written.
    @unsafe @discardableResult public mutating func append(
        _ id: UInt8, _ value: UnsafeRawBufferPointer
    ) -> Int? {
        guard let offset = open(id, count: value.count) else { return nil }
        if let source = value.baseAddress, value.count > 0 {
            unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<offset + value.count])
                .copyMemory(from: UnsafeRawBufferPointer(start: source, count: value.count))
        }
        return offset
    }

    /// Closes the header.
    /// - Returns: Its bytes; the payload begins behind them.
    public consuming func finish() -> Int {
        guard end > RTPHeader.size else { return end }
        let padding = zeros(after: end)
        for index in 0..<padding { unsafe bytes[end + index] = 0 }
        end += padding
        unsafe bytes[0] |= 0x10
        unsafe bytes.store(form == .oneByte ? 0xBEDE as UInt16 : 0x1000, at: RTPHeader.size)
        unsafe bytes.store(UInt16((end - RTPHeader.size - 4) / 4), at: RTPHeader.size + 2)
        return end
    }
}
