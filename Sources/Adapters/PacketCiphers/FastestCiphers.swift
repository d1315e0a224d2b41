// SPDX-License-Identifier: Apache-2.0
internal import CPacketCiphers
public import SRTP

/// The fastest ciphers for SRTP that this machine has.
///
/// AES-GCM is ipsec-mb's where that library is installed, the processor has the instructions and its results are
/// right, all of which is looked at once, when the program starts; else OpenSSL's. The bytes are the same.
public struct FastestCiphers: SRTPCiphers {
    /// A library that ciphers come from.
    public enum Library: Sendable, CaseIterable {
        case openSSL
        /// Intel's Multi-Buffer Crypto for IPsec.
        case ipsecMB
    }

    /// An expanded key: memory of the library's.
    @safe public struct Key: BitwiseCopyable {
        fileprivate let cipher: OpaquePointer
    }

    public let library: Library

    public init() { library = Self.has(.ipsecMB) ? .ipsecMB : .openSSL }

    /// Ciphers of one library; nil where it is missing.
    public init?(only library: Library) {
        guard Self.has(library) else { return nil }
        self.library = library
    }

    public static func has(_ library: Library) -> Bool {
        switch library {
        case .openSSL: true
        case .ipsecMB: unsafe parley_ipsec_mb_version() != nil
        }
    }

    /// For the log: which library, and its version where there are several.
    public var description: String {
        switch library {
        case .openSSL: "OpenSSL"
        case .ipsecMB: unsafe "ipsec-mb " + String(cString: parley_ipsec_mb_version())
        }
    }

    public func keystream(key: [UInt8], from block: SRTPBlock, count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let isDone = unsafe parley_keystream(key, key.count, block.high, block.low, &bytes, count)
        // A zero key would be a secret that everybody knows.
        precondition(isDone == 1, "AES in counter mode needs memory only")
        return bytes
    }

    public func makeKey(
        _ transform: SRTPProfile.Transform, key: [UInt8], authenticationKey: [UInt8], sealing: Bool
    ) -> Key? {
        let isHMAC = transform == .counterHMACSHA1
        precondition(!isHMAC || authenticationKey.count == 20, "HMAC-SHA-1 of SRTP has keys of 20 bytes")
        let cipher = unsafe parley_cipher_make(
            Int32(library == .ipsecMB ? PARLEY_BACKEND_IPSEC_MB : PARLEY_BACKEND_OPENSSL),
            Int32(isHMAC ? PARLEY_TRANSFORM_COUNTER_HMAC_SHA1 : PARLEY_TRANSFORM_GCM), key, key.count,
            authenticationKey, sealing ? 1 : 0)
        return unsafe cipher.map { unsafe Key(cipher: $0) }
    }

    public func release(_ key: Key) { unsafe parley_cipher_free(key.cipher) }

    @unsafe @inline(__always)
    public func seal(
        _ key: Key, _ block: SRTPBlock, associated: UnsafeRawBufferPointer, source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawPointer, trailer: UInt32, tag: UnsafeMutableRawPointer
    ) -> Bool {
        unsafe parley_cipher_seal(
            key.cipher, block.high, block.low, associated.baseAddress, associated.count, source.baseAddress,
            source.count, destination, trailer, tag) == 1
    }

    @unsafe @inline(__always)
    public func open(
        _ key: Key, _ block: SRTPBlock, associated: UnsafeRawBufferPointer, source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawPointer, trailer: UInt32, tag: UnsafeRawPointer
    ) -> Bool {
        unsafe parley_cipher_open(
            key.cipher, block.high, block.low, associated.baseAddress, associated.count, source.baseAddress,
            source.count, destination, trailer, tag) == 1
    }
}
