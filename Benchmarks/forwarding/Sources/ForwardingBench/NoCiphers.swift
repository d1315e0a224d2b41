// SPDX-License-Identifier: Apache-2.0
import SRTP
import STUN

/// Neither encrypts nor copies, so that what is left is the forwarder.
struct NoCiphers: SRTPCiphers {
    typealias Key = UInt8

    func keystream(key: [UInt8], from block: SRTPBlock, count: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: count)
    }

    func makeKey(
        _ transform: SRTPProfile.Transform, key: [UInt8], authenticationKey: [UInt8], sealing: Bool
    ) -> Key? { 0 }

    func release(_ key: Key) {}

    func seal(
        _ key: Key, _ block: SRTPBlock, associated: UnsafeRawBufferPointer, source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawPointer, trailer: UInt32, tag: UnsafeMutableRawPointer
    ) -> Bool { true }

    func open(
        _ key: Key, _ block: SRTPBlock, associated: UnsafeRawBufferPointer, source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawPointer, trailer: UInt32, tag: UnsafeRawPointer
    ) -> Bool {
        if let start = source.baseAddress {
            unsafe destination.copyMemory(from: start, byteCount: source.count)
        }
        return true
    }
}

/// Hashes nothing.
struct NoDigests: STUNDigests {
    private func zeros(_ count: Int) -> STUNDigest {
        unsafe STUNDigest(count: count) { place in for index in 0..<count { unsafe place[index] = 0 } }
    }

    func hmacSHA1(
        key: [UInt8], _ first: UnsafeRawBufferPointer, _ rest: UnsafeRawBufferPointer
    ) -> STUNDigest { zeros(20) }

    func hmacSHA256(
        key: [UInt8], _ first: UnsafeRawBufferPointer, _ rest: UnsafeRawBufferPointer
    ) -> STUNDigest { zeros(32) }

    func md5(_ bytes: [UInt8]) -> STUNDigest { zeros(16) }

    func sha256(_ bytes: [UInt8]) -> STUNDigest { zeros(32) }
}
