// SPDX-License-Identifier: Apache-2.0

/// The ciphers that SRTP needs, which an adapter provides.
///
/// Sealers and openers are generic over it, so that a packet costs no dynamic call. Nothing in here knows of
/// packets: only of the nonce or counter that ``SRTPBlock`` holds, of bytes that are authenticated and bytes that
/// are encrypted as well.
public protocol SRTPCiphers: Sendable {
    /// An expanded key for one direction, owned by whoever asked for it. It may be used by one thread at a time.
    associatedtype Key: BitwiseCopyable

    /// `count` bytes of AES in counter mode from `block` on, for key derivation. RFC 3711 §4.3.3.
    ///
    /// - Parameter key: 16 or 32 bytes.
    func keystream(key: [UInt8], from block: SRTPBlock, count: Int) -> [UInt8]

    /// Expands a key; nil when memory or the cipher is missing.
    ///
    /// - Parameters:
    ///   - key: 16 or 32 bytes.
    ///   - authenticationKey: 20 bytes for ``SRTPProfile/Transform/counterHMACSHA1``, else empty.
    ///   - sealing: Whether it is to seal, or to open. It cannot do both.
    func makeKey(
        _ transform: SRTPProfile.Transform, key: [UInt8], authenticationKey: [UInt8], sealing: Bool
    ) -> Key?

    /// Wipes and frees a key.
    func release(_ key: Key)

    /// Encrypts and authenticates. Source and destination are the same place or do not overlap.
    ///
    /// - Parameters:
    ///   - associated: What is authenticated only, before the ciphertext.
    ///   - destination: Room for `source.count` bytes.
    ///   - trailer: What HMAC-SHA-1 covers after the ciphertext, in network order. GCM does without.
    ///   - tag: Room for the tag, 16 bytes of GCM or 10 of HMAC-SHA-1. It may follow the ciphertext directly.
    /// - Returns: False when the cipher failed; then nothing may be sent.
    @unsafe func seal(
        _ key: Key, _ block: SRTPBlock, associated: UnsafeRawBufferPointer, source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawPointer, trailer: UInt32, tag: UnsafeMutableRawPointer
    ) -> Bool

    /// Checks and decrypts. Source and destination are the same place or do not overlap.
    ///
    /// - Returns: False when the tag is not theirs; then what `destination` holds is nobody's.
    @unsafe func open(
        _ key: Key, _ block: SRTPBlock, associated: UnsafeRawBufferPointer, source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawPointer, trailer: UInt32, tag: UnsafeRawPointer
    ) -> Bool
}

/// 16 bytes in network order: a counter block of AES, or a nonce of GCM in the first 12.
public struct SRTPBlock: BitwiseCopyable, Sendable, Equatable {
    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The first 16 of `bytes`, with zeros where they are fewer.
    init(_ bytes: [UInt8]) {
        (high, low) = (0, 0)
        for (index, byte) in bytes.prefix(16).enumerated() {
            let shift = UInt64(56 - 8 * (index & 7))
            if index < 8 { high |= UInt64(byte) << shift } else { low |= UInt64(byte) << shift }
        }
    }

    /// The nonce or first counter block of one packet, for this as the session's salt.
    ///
    /// - Parameter index: 48 bits of RTP (rollover counter and sequence number) or 31 of RTCP.
    ///   RFC 3711 §4.1.1, RFC 7714 §8.1 and §9.1.
    @inline(__always)
    func block(_ transform: SRTPProfile.Transform, ssrc: UInt32, index: UInt64) -> SRTPBlock {
        switch transform {
        case .gcm:
            SRTPBlock(high: high ^ (UInt64(ssrc) &<< 16 | index &>> 32), low: low ^ (index &<< 32))
        case .counterHMACSHA1:
            SRTPBlock(high: high ^ UInt64(ssrc), low: low ^ (index &<< 16))
        }
    }
}
