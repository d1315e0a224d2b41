// SPDX-License-Identifier: Apache-2.0

/// Bytes that live as long as the program: a file of the embedded web client.
@safe public struct StaticBytes: @unchecked Sendable {
    // `@unchecked Sendable`: the bytes are never written.
    private let bytes: UnsafeRawBufferPointer

    @unsafe public init(_ bytes: UnsafeRawBufferPointer) { unsafe self.bytes = bytes }

    /// A copy of `bytes` that is never freed: for the few files that a server makes when it starts.
    public static func keeping(_ bytes: [UInt8]) -> StaticBytes {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        unsafe copy.copyBytes(from: bytes)
        return unsafe StaticBytes(UnsafeRawBufferPointer(copy))
    }

    public var count: Int { unsafe bytes.count }

    /// The part of the bytes in `range`, clamped.
    public subscript(_ range: Range<Int>) -> StaticBytes {
        unsafe StaticBytes(UnsafeRawBufferPointer(rebasing: bytes[range.clamped(to: 0..<count)]))
    }

    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { unsafe body(bytes) }

    /// A copy.
    public var array: [UInt8] { unsafe Array(bytes) }
}
