// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
public import STUN

/// The hashes of STUN. Without state: any thread may use it.
public struct OpenSSLDigests: STUNDigests {
    public init() {}

    @unsafe public func hmacSHA1(
        key: [UInt8], _ first: UnsafeRawBufferPointer, _ rest: UnsafeRawBufferPointer
    ) -> STUNDigest {
        unsafe STUNDigest(count: 20) {
            unsafe parley_hmac_sha1(
                key, key.count, first.baseAddress, first.count, rest.baseAddress, rest.count, $0)
        }
    }

    @unsafe public func hmacSHA256(
        key: [UInt8], _ first: UnsafeRawBufferPointer, _ rest: UnsafeRawBufferPointer
    ) -> STUNDigest {
        unsafe STUNDigest(count: 32) {
            unsafe parley_hmac_sha256(
                key, key.count, first.baseAddress, first.count, rest.baseAddress, rest.count, $0)
        }
    }

    public func md5(_ bytes: [UInt8]) -> STUNDigest {
        unsafe STUNDigest(count: 16) { unsafe parley_md5(bytes, bytes.count, $0) }
    }

    public func sha256(_ bytes: [UInt8]) -> STUNDigest {
        unsafe STUNDigest(count: 32) { unsafe parley_sha256(bytes, bytes.count, $0) }
    }
}
