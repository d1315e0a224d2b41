// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import JWT

/// A P-256 or Ed25519 key, whole or its public half, and signatures in the form that tokens carry.
@safe final class SignatureKey: Sendable {
    /// Never changed after `init`.
    private nonisolated(unsafe) let handle: OpaquePointer
    let algorithm: JWTAlgorithm
    let isPrivate: Bool

    /// Bytes of each of the two numbers of a P-256 signature. RFC 7518 §3.4.
    private static let p256Bytes: Int32 = 32

    /// Takes over the caller's reference; `nil`, and the reference is given up, for another kind of key.
    @unsafe init?(owning handle: OpaquePointer, isPrivate: Bool) {
        unsafe self.handle = handle
        self.isPrivate = isPrivate
        if unsafe EVP_PKEY_is_a(handle, "ED25519") == 1 {
            algorithm = .edDSA
        } else if unsafe EVP_PKEY_is_a(handle, "EC") == 1, unsafe parley_EVP_PKEY_is_p256(handle) == 1 {
            algorithm = .es256
        } else {
            // Freed by `deinit`, which runs once all properties are set.
            algorithm = .edDSA
            return nil
        }
    }

    deinit { unsafe EVP_PKEY_free(handle) }

    /// The first key of a PEM text, private or public; `nil` when there is none of a kind that is used here.
    convenience init?(pem: [UInt8]) {
        defer { ERR_clear_error() }
        // Without a callback OpenSSL would ask for a passphrase on the terminal and wait.
        let whole = unsafe withMemoryBIO(over: pem) { bio in
            unsafe PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in 0 }, nil)
        }
        if let whole = unsafe whole {
            unsafe self.init(owning: whole, isPrivate: true)
            return
        }
        let half = unsafe withMemoryBIO(over: pem) { bio in unsafe PEM_read_bio_PUBKEY(bio, nil, nil, nil) }
        guard let half = unsafe half else { return nil }
        unsafe self.init(owning: half, isPrivate: false)
    }

    /// - Parameter ed25519: The 32 bytes of a public key. RFC 8032 §5.1.5.
    convenience init?(ed25519: [UInt8]) {
        defer { ERR_clear_error() }
        guard ed25519.count == 32,
            let key = unsafe EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, ed25519, ed25519.count)
        else { return nil }
        unsafe self.init(owning: key, isPrivate: false)
    }

    /// - Parameter point: `x` and `y` of a public key on P-256, 32 bytes each. RFC 7518 §6.2.1.
    convenience init?(p256 point: [UInt8]) {
        defer { ERR_clear_error() }
        guard point.count == 64 else { return nil }
        // A SubjectPublicKeyInfo for a P-256 key in uncompressed form. RFC 5480 §2.
        let start: [UInt8] = [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A,
            0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
        ]
        let key = unsafe (start + point).withUnsafeBufferPointer { bytes -> OpaquePointer? in
            var position = bytes.baseAddress
            return unsafe d2i_PUBKEY(nil, &position, bytes.count)
        }
        guard let key = unsafe key else { return nil }
        unsafe self.init(owning: key, isPrivate: false)
    }

    /// - Returns: 64 bytes; `nil` without the private half.
    func sign(_ message: [UInt8]) -> [UInt8]? {
        guard isPrivate, let context = unsafe EVP_MD_CTX_new() else { return nil }
        defer {
            unsafe EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        var count = 256
        var signature = [UInt8](repeating: 0, count: count)
        guard unsafe EVP_DigestSignInit(context, nil, digest, nil, handle) == 1,
            unsafe EVP_DigestSign(context, &signature, &count, message, message.count) == 1
        else { return nil }
        signature.removeLast(signature.count - count)
        return algorithm == .es256 ? Self.numbers(of: signature) : signature
    }

    func accepts(_ signature: [UInt8], over message: [UInt8]) -> Bool {
        guard signature.count == 64, let context = unsafe EVP_MD_CTX_new() else { return false }
        defer {
            unsafe EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        let signature = algorithm == .es256 ? Self.derText(of: signature) : signature
        guard !signature.isEmpty, unsafe EVP_DigestVerifyInit(context, nil, digest, nil, handle) == 1 else {
            return false
        }
        return unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    /// Ed25519 hashes on its own.
    private var digest: OpaquePointer? { unsafe algorithm == .es256 ? EVP_sha256() : nil }

    /// Both numbers of a signature, 32 bytes each, from what OpenSSL makes.
    private static func numbers(of der: [UInt8]) -> [UInt8]? {
        let parsed = unsafe der.withUnsafeBufferPointer { bytes -> OpaquePointer? in
            var position = bytes.baseAddress
            return unsafe d2i_ECDSA_SIG(nil, &position, bytes.count)
        }
        guard let parsed = unsafe parsed else { return nil }
        defer { unsafe ECDSA_SIG_free(parsed) }
        var r = [UInt8](repeating: 0, count: Int(p256Bytes))
        var s = r
        guard unsafe BN_bn2binpad(ECDSA_SIG_get0_r(parsed), &r, p256Bytes) == p256Bytes,
            unsafe BN_bn2binpad(ECDSA_SIG_get0_s(parsed), &s, p256Bytes) == p256Bytes
        else { return nil }
        return r + s
    }

    /// The same two numbers as OpenSSL takes them; empty when it cannot.
    private static func derText(of signature: [UInt8]) -> [UInt8] {
        guard let numbers = unsafe ECDSA_SIG_new() else { return [] }
        defer { unsafe ECDSA_SIG_free(numbers) }
        let r = unsafe BN_bin2bn(Array(signature[..<32]), p256Bytes, nil)
        let s = unsafe BN_bin2bn(Array(signature[32...]), p256Bytes, nil)
        guard unsafe ECDSA_SIG_set0(numbers, r, s) == 1 else { return [] }
        var text = [UInt8](repeating: 0, count: 80)
        let count = unsafe text.withUnsafeMutableBufferPointer { buffer -> Int32 in
            guard unsafe i2d_ECDSA_SIG(numbers, nil) <= buffer.count else { return 0 }
            var position = buffer.baseAddress
            return unsafe i2d_ECDSA_SIG(numbers, &position)
        }
        return Array(text[..<Int(max(0, count))])
    }
}
