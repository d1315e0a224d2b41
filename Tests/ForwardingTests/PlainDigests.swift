// SPDX-License-Identifier: Apache-2.0
import STUN

/// Sums instead of hashes: what is tested here is not what they are worth.
struct PlainDigests: STUNDigests {
    func hmacSHA1(
        key: [UInt8], _ first: UnsafeRawBufferPointer, _ rest: UnsafeRawBufferPointer
    ) -> STUNDigest {
        unsafe digest(20, key, first, rest)
    }

    func hmacSHA256(
        key: [UInt8], _ first: UnsafeRawBufferPointer, _ rest: UnsafeRawBufferPointer
    ) -> STUNDigest {
        unsafe digest(32, key, first, rest)
    }

    func md5(_ bytes: [UInt8]) -> STUNDigest {
        unsafe bytes.withUnsafeBytes { unsafe digest(16, [], $0, $0) }
    }

    func sha256(_ bytes: [UInt8]) -> STUNDigest {
        unsafe bytes.withUnsafeBytes { unsafe digest(32, [], $0, $0) }
    }

    private func digest(
        _ count: Int, _ key: [UInt8], _ first: UnsafeRawBufferPointer, _ rest: UnsafeRawBufferPointer
    ) -> STUNDigest {
        var sum = key.reduce(11) { PlainCiphers.mix($0, UInt64($1)) }
        sum = unsafe first.reduce(sum) { PlainCiphers.mix($0, UInt64($1)) }
        sum = unsafe rest.reduce(sum) { PlainCiphers.mix($0, UInt64($1)) }
        return unsafe STUNDigest(count: count) { place in
            for index in 0..<count {
                sum = PlainCiphers.mix(sum, 5)
                unsafe place[index] = UInt8(truncatingIfNeeded: sum)
            }
        }
    }
}
