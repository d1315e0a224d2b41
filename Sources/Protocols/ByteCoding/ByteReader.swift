// SPDX-License-Identifier: Apache-2.0

/// Reads fields from the front of borrowed bytes.
///
/// A reader is lent, never owned: it exists only inside a `withReader` closure and cannot be copied
/// out, so it cannot outlive the bytes it points at.
@safe public struct ByteReader: ~Copyable {
    @usableFromInline let bytes: UnsafeRawBufferPointer
    /// Bytes consumed so far, counted from the start of the input.
    @inlinable public var offset: Int { consumed }
    @usableFromInline var consumed: Int
    @usableFromInline let end: Int

    @unsafe @usableFromInline init(bytes: UnsafeRawBufferPointer, offset: Int = 0, end: Int) {
        unsafe self.bytes = bytes
        consumed = offset
        self.end = end
    }

    /// Bytes left to read.
    @inlinable public var remaining: Int { end - offset }

    /// The byte `distance` after the next one, without consuming it; `nil` past the end.
    @inlinable public func peek(_ distance: Int = 0) -> UInt8? {
        guard distance >= 0, distance < remaining else { return nil }
        return unsafe bytes[offset + distance]
    }

    /// How far ahead `byte` first occurs, looking at no more than `limit` bytes.
    @inlinable public func distance(to byte: UInt8, limit: Int = .max) -> Int? {
        let stop = limit < remaining ? offset + limit : end
        var index = offset
        while index < stop {
            if unsafe bytes[index] == byte { return index - offset }
            index += 1
        }
        return nil
    }

    /// Reads one big-endian integer.
    @inlinable public mutating func read<T: FixedWidthInteger & BitwiseCopyable>(
        _ field: String, as type: T.Type = T.self
    ) throws(DecodeError) -> T {
        let size = MemoryLayout<T>.size
        guard remaining >= size else { throw DecodeError(.truncated, field, at: offset) }
        defer { consumed += size }
        return unsafe T(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    /// Reads `count` bytes into an array of their own.
    @inlinable public mutating func readBytes(_ field: String, count: Int) throws(DecodeError) -> [UInt8] {
        guard count >= 0, remaining >= count else { throw DecodeError(.truncated, field, at: offset) }
        defer { consumed += count }
        return unsafe Array(bytes[offset..<offset + count])
    }

    /// Appends the next `count` bytes to `array`.
    @inlinable public mutating func readBytes(
        _ field: String, count: Int, into array: inout [UInt8]
    ) throws(DecodeError) {
        guard count >= 0, remaining >= count else { throw DecodeError(.truncated, field, at: offset) }
        unsafe array.append(contentsOf: bytes[offset..<offset + count])
        consumed += count
    }

    /// Lends `body` the next `count` bytes and passes over them; `nil`, and nothing is read, when there
    /// are fewer.
    @unsafe public mutating func withBytes<Value>(
        count: Int, _ body: (UnsafeRawBufferPointer) -> Value
    ) -> Value? {
        guard count >= 0, remaining >= count else { return nil }
        defer { consumed += count }
        return unsafe body(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
    }

    /// Lends `body` everything that is left, without consuming it.
    @unsafe public borrowing func peekAll<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        unsafe body(UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
    }

    /// Skips `count` bytes.
    @inlinable public mutating func skip(_ field: String, count: Int) throws(DecodeError) {
        guard count >= 0, remaining >= count else { throw DecodeError(.truncated, field, at: offset) }
        consumed += count
    }

    /// Decodes the next `count` bytes with `body`, which must use all of them.
    @inlinable public mutating func readNested<Value>(
        _ field: String, count: Int, _ body: (inout ByteReader) throws(DecodeError) -> Value
    ) throws(DecodeError) -> Value {
        guard count >= 0, remaining >= count else { throw DecodeError(.truncated, field, at: offset) }
        var nested = unsafe ByteReader(bytes: bytes, offset: offset, end: offset + count)
        let value = try body(&nested)
        guard nested.remaining == 0 else { throw DecodeError(.invalid, field, at: nested.offset) }
        consumed += count
        return value
    }
}

extension Array where Element == UInt8 {
    /// Lends `body` a reader over the whole array.
    @inlinable public func withReader<Value, Failure: Error>(
        _ body: (inout ByteReader) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try unsafe withUnsafeBufferPointer { (bytes) throws(Failure) in
            try unsafe UnsafeRawBufferPointer(bytes).withReader(body)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Lends `body` a reader over the buffer, which must stay valid until `body` returns.
    @inlinable @unsafe public func withReader<Value, Failure: Error>(
        _ body: (inout ByteReader) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        var reader = unsafe ByteReader(bytes: self, end: count)
        return try body(&reader)
    }
}
