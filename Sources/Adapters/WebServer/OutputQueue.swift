// SPDX-License-Identifier: Apache-2.0

/// Bytes that live as long as the program: a file of the embedded web client.
@safe public struct StaticBytes: @unchecked Sendable {
    // `@unchecked Sendable`: the bytes are never written.
    private let bytes: UnsafeRawBufferPointer

    @unsafe public init(_ bytes: UnsafeRawBufferPointer) { unsafe self.bytes = bytes }

    public var count: Int { unsafe bytes.count }

    /// The part of the bytes in `range`, clamped.
    public subscript(_ range: Range<Int>) -> StaticBytes {
        unsafe StaticBytes(UnsafeRawBufferPointer(rebasing: bytes[range.clamped(to: 0..<count)]))
    }

    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { unsafe body(bytes) }

    /// A copy.
    public var array: [UInt8] { unsafe Array(bytes) }
}

/// What a socket has not taken yet, in order. Small writes are joined; static bytes are not copied.
struct OutputQueue {
    private enum Chunk {
        case owned([UInt8])
        case fixed(StaticBytes)
    }

    private var chunks: [Chunk] = []
    /// Joined writes behind `chunks`.
    private var tail: [UInt8] = []
    /// Bytes of the first chunk that are sent already.
    private var sent = 0
    /// Bytes on the heap: what a slow client costs.
    private(set) var ownedBytes = 0

    var isEmpty: Bool { chunks.isEmpty && tail.isEmpty }

    mutating func append(_ bytes: [UInt8]) {
        ownedBytes += bytes.count
        tail.append(contentsOf: bytes)
    }

    mutating func append(_ bytes: StaticBytes) {
        guard bytes.count > 0 else { return }
        sealTail()
        chunks.append(.fixed(bytes))
    }

    private mutating func sealTail() {
        guard !tail.isEmpty else { return }
        chunks.append(.owned(tail))
        tail = []
    }

    /// Offers the unsent bytes of the first chunk to `write`, which says how many it took.
    /// - Returns: what `write` returned; `nil` when nothing waits.
    mutating func writeFirst(_ write: (UnsafeRawBufferPointer) -> Int?) -> Int? {
        if chunks.isEmpty { sealTail() }
        guard let first = chunks.first else { return nil }
        let total: Int
        let taken: Int?
        switch first {
        case .owned(let bytes):
            total = bytes.count
            taken = unsafe bytes.withUnsafeBytes { bytes in
                unsafe write(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
            }
        case .fixed(let bytes):
            total = bytes.count
            taken = unsafe bytes[sent..<total].withBytes { bytes in unsafe write(bytes) }
        }
        guard let taken, taken > 0 else { return taken }
        sent += taken
        if case .owned = first { ownedBytes -= taken }
        if sent == total {
            chunks.removeFirst()
            sent = 0
        }
        return taken
    }

    mutating func removeAll() {
        chunks = []
        tail = []
        sent = 0
        ownedBytes = 0
    }
}
