// SPDX-License-Identifier: Apache-2.0

import STUN

/// Not a hash that protects anything: it only differs where messages do.
struct Checksum: STUNDigests {
    private func digest(_ count: Int, _ bytes: [UInt8]) -> STUNDigest {
        let state = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return unsafe STUNDigest(count: count) { out in
            for index in 0..<count {
                unsafe out[index] = UInt8(truncatingIfNeeded: state >> UInt64((index & 7) * 8))
            }
        }
    }

    @unsafe func hmacSHA1(
        key: [UInt8], _ first: UnsafeRawBufferPointer, _ rest: UnsafeRawBufferPointer
    ) -> STUNDigest {
        unsafe digest(20, key + Array(first) + Array(rest))
    }

    @unsafe func hmacSHA256(
        key: [UInt8], _ first: UnsafeRawBufferPointer, _ rest: UnsafeRawBufferPointer
    ) -> STUNDigest {
        unsafe digest(32, key + Array(first) + Array(rest))
    }

    func md5(_ bytes: [UInt8]) -> STUNDigest { digest(16, bytes) }
    func sha256(_ bytes: [UInt8]) -> STUNDigest { digest(32, bytes) }
}
