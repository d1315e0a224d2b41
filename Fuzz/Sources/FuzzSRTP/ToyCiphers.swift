// SPDX-License-Identifier: Apache-2.0

import SRTP

/// Ciphers that protect nothing: they only differ where keys, nonces and bytes do, and the fuzzer can see through
/// them.
struct ToyCiphers: SRTPCiphers {
    typealias Key = UInt64

    private func mix(_ state: UInt64, _ byte: UInt8) -> UInt64 { (state ^ UInt64(byte)) &* 0x100_0000_01B3 }

    func keystream(key: [UInt8], from block: SRTPBlock, count: Int) -> [UInt8] {
        let seed = key.reduce(block.high ^ block.low &* 31, mix)
        return (0..<count).map { UInt8(truncatingIfNeeded: (seed &+ UInt64($0)) &* 0x9E37_79B9 >> 16) }
    }

    func makeKey(
        _ transform: SRTPProfile.Transform, key: [UInt8], authenticationKey: [UInt8], sealing: Bool
    ) -> UInt64? {
        (key + authenticationKey).reduce(0xCBF2_9CE4_8422_2325, mix) << 1 | (transform == .gcm ? 1 : 0)
    }

    func release(_ key: UInt64) {}

    /// 8 bytes of tag are enough to tell packets apart; the rest is zero.
    private func tag(
        _ key: UInt64, _ block: SRTPBlock, _ associated: UnsafeRawBufferPointer,
        _ text: UnsafeRawBufferPointer,
        _ trailer: UInt32
    ) -> UInt64 {
        var state = key ^ block.high ^ (block.low << 1)
        for index in 0..<associated.count { unsafe state = mix(state, associated[index]) }
        for index in 0..<text.count { unsafe state = mix(state, text[index]) }
        return key & 1 == 1 ? state : state ^ UInt64(trailer)
    }

    @unsafe func seal(
        _ key: UInt64, _ block: SRTPBlock, associated: UnsafeRawBufferPointer, source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawPointer, trailer: UInt32, tag place: UnsafeMutableRawPointer
    ) -> Bool {
        for index in 0..<source.count {
            unsafe destination.storeBytes(of: source[index] ^ 0x55, toByteOffset: index, as: UInt8.self)
        }
        let text = unsafe UnsafeRawBufferPointer(start: destination, count: source.count)
        let code = unsafe tag(key, block, associated, text, trailer)
        unsafe place.initializeMemory(as: UInt8.self, repeating: 0, count: key & 1 == 1 ? 16 : 10)
        unsafe place.storeBytes(of: code, as: UInt64.self)
        return true
    }

    @unsafe func open(
        _ key: UInt64, _ block: SRTPBlock, associated: UnsafeRawBufferPointer, source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawPointer, trailer: UInt32, tag place: UnsafeRawPointer
    ) -> Bool {
        guard unsafe tag(key, block, associated, source, trailer) == place.loadUnaligned(as: UInt64.self)
        else {
            return false
        }
        for index in 0..<source.count {
            unsafe destination.storeBytes(of: source[index] ^ 0x55, toByteOffset: index, as: UInt8.self)
        }
        return true
    }
}
