// SPDX-License-Identifier: Apache-2.0
import SRTP
import Synchronization

/// A cipher that hides nothing but notices everything: bytes are turned around by the key and the nonce, tags are sums
/// over all that they protect, and a nonce that is used for two contents is remembered for good.
final class PlainCiphers: SRTPCiphers {
    struct Key: BitwiseCopyable {
        var number: UInt64
    }

    private struct Use: Hashable {
        var key: UInt64
        var high: UInt64
        var low: UInt64
    }

    private struct State {
        var uses: [Use: UInt64] = [:]
        var reused = 0
    }

    private let state = Mutex(State())

    /// Nonces that were used for two contents.
    var reusedNonces: Int { state.withLock { $0.reused } }

    func keystream(key: [UInt8], from block: SRTPBlock, count: Int) -> [UInt8] {
        var word = key.reduce(block.high ^ block.low) { Self.mix($0, UInt64($1)) }
        return (0..<count).map { _ in
            word = Self.mix(word, 1)
            return UInt8(truncatingIfNeeded: word)
        }
    }

    func makeKey(
        _ transform: SRTPProfile.Transform, key: [UInt8], authenticationKey: [UInt8], sealing: Bool
    ) -> Key? {
        Key(number: (key + authenticationKey).reduce(7) { Self.mix($0, UInt64($1)) })
    }

    func release(_ key: Key) {}

    static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = (a ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: b &+ 0xD1B5_4A32_D192_ED03)
        return product.high ^ product.low
    }

    private func sum(
        _ key: Key, _ block: SRTPBlock, _ associated: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer
    ) -> UInt64 {
        var sum = Self.mix(key.number, block.high ^ Self.mix(block.low, 3))
        sum = unsafe associated.reduce(sum) { Self.mix($0, UInt64($1)) }
        sum = unsafe bytes.reduce(sum) { Self.mix($0, UInt64($1)) }
        return sum
    }

    private func pad(_ key: Key, _ block: SRTPBlock) -> UInt8 {
        UInt8(truncatingIfNeeded: Self.mix(key.number ^ block.high, block.low))
    }

    func seal(
        _ key: Key, _ block: SRTPBlock, associated: UnsafeRawBufferPointer, source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawPointer, trailer: UInt32, tag: UnsafeMutableRawPointer
    ) -> Bool {
        let pad = pad(key, block)
        let count = source.count
        for index in 0..<count {
            unsafe destination.storeBytes(of: source[index] ^ pad, toByteOffset: index, as: UInt8.self)
        }
        let sum = unsafe sum(
            key, block, associated, UnsafeRawBufferPointer(start: UnsafeRawPointer(destination), count: count)
        )
        unsafe tag.storeBytes(of: sum, as: UInt64.self)
        unsafe tag.storeBytes(of: 0, toByteOffset: 8, as: UInt64.self)
        let use = Use(key: key.number, high: block.high, low: block.low)
        state.withLock { state in
            if let former = state.uses.updateValue(sum, forKey: use), former != sum { state.reused += 1 }
        }
        return true
    }

    func open(
        _ key: Key, _ block: SRTPBlock, associated: UnsafeRawBufferPointer, source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawPointer, trailer: UInt32, tag: UnsafeRawPointer
    ) -> Bool {
        let sum = unsafe sum(key, block, associated, source)
        guard unsafe tag.loadUnaligned(as: UInt64.self) == sum,
            unsafe tag.loadUnaligned(fromByteOffset: 8, as: UInt64.self) == 0
        else { return false }
        let pad = pad(key, block)
        for index in 0..<source.count {
            unsafe destination.storeBytes(of: source[index] ^ pad, toByteOffset: index, as: UInt8.self)
        }
        return true
    }
}
