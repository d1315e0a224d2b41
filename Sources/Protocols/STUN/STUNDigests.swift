// SPDX-License-Identifier: Apache-2.0

/// The hashes that STUN needs, which an adapter provides.
///
/// Messages are given in two pieces, so that one is checked where it lies: its header with the length that the
/// sender hashed, and the rest.
public protocol STUNDigests: Sendable {
    /// 20 bytes. RFC 2104.
    @unsafe func hmacSHA1(
        key: [UInt8], _ first: UnsafeRawBufferPointer, _ rest: UnsafeRawBufferPointer
    ) -> STUNDigest
    /// 32 bytes. RFC 2104.
    @unsafe func hmacSHA256(
        key: [UInt8], _ first: UnsafeRawBufferPointer, _ rest: UnsafeRawBufferPointer
    ) -> STUNDigest
    /// 16 bytes. RFC 1321; nothing but the keys of old clients depends on it.
    func md5(_ bytes: [UInt8]) -> STUNDigest
    /// 32 bytes. FIPS 180-4.
    func sha256(_ bytes: [UInt8]) -> STUNDigest
}

extension STUNDigests {
    public func hmacSHA1(key: [UInt8], _ bytes: [UInt8]) -> STUNDigest {
        unsafe bytes.withUnsafeBytes {
            unsafe hmacSHA1(key: key, $0, UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }

    public func hmacSHA256(key: [UInt8], _ bytes: [UInt8]) -> STUNDigest {
        unsafe bytes.withUnsafeBytes {
            unsafe hmacSHA256(key: key, $0, UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }
}

/// A hash of 16, 20 or 32 bytes, without memory of its own.
public struct STUNDigest: Sendable, BitwiseCopyable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    public let count: Int

    /// - Parameter fill: Writes `count` bytes, at most 32, to where it is told.
    @unsafe public init(count: Int, _ fill: (UnsafeMutablePointer<UInt8>) -> Void) {
        self.count = min(max(count, 0), 32)
        unsafe withUnsafeMutableBytes(of: &words) { bytes in
            if let start = bytes.baseAddress {
                unsafe fill(start.assumingMemoryBound(to: UInt8.self))
            }
        }
    }

    public var bytes: [UInt8] { unsafe withBytes { unsafe [UInt8]($0) } }

    @unsafe public func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        unsafe withUnsafeBytes(of: words) { unsafe body($0.part(0..<count)) }
    }

    /// Whether `other` has the same bytes, in a time that says nothing about where they differ.
    @unsafe public func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard other.count == count else { return false }
        return unsafe withBytes { own in
            var difference: UInt8 = 0
            for index in 0..<count { unsafe difference |= own[index] ^ other[index] }
            return difference == 0
        }
    }

    /// ``equals(_:)`` for an array.
    public func equals(_ other: [UInt8]) -> Bool { unsafe other.withUnsafeBytes { unsafe equals($0) } }
}
