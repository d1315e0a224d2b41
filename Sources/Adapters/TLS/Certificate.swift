// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
public import EngineKit

/// An X.509 certificate. RFC 5280.
@safe public final class Certificate: Sendable {
    /// Never changed after `init`; OpenSSL locks what it caches inside.
    nonisolated(unsafe) let handle: OpaquePointer

    /// Takes over the caller's reference.
    @unsafe init(owning handle: OpaquePointer) { unsafe self.handle = handle }

    deinit { unsafe X509_free(handle) }

    /// Every certificate in a PEM file, in order: at least one.
    public static func chain(inFile path: String) throws(TLSError) -> [Certificate] {
        let pem = try PrivateFile.read(path, fix: "Give a PEM file that Parley's user may read.")
        let chain = Self.chain(pem: pem)
        guard !chain.isEmpty else {
            throw TLSError(
                path, "there is no certificate in this file",
                fix: "It must be PEM, with -----BEGIN CERTIFICATE----- before each certificate.")
        }
        return chain
    }

    static func chain(pem: [UInt8]) -> [Certificate] {
        unsafe withMemoryBIO(over: pem) { bio in
            var chain: [Certificate] = []
            while let next = unsafe PEM_read_bio_X509(bio, nil, nil, nil) {
                unsafe chain.append(Certificate(owning: next))
            }
            // The end of the file is an error to OpenSSL.
            ERR_clear_error()
            return chain
        }
    }

    /// The certificate as PEM text.
    var pem: [UInt8] {
        unsafe collect { bio in unsafe PEM_write_bio_X509(bio, handle) }
    }

    /// SHA-256 of the certificate as browsers and phones show it: `AB:CD:…`, 32 bytes.
    public var fingerprint: String {
        var digest = [UInt8](repeating: 0, count: 32)
        _ = unsafe X509_digest(handle, EVP_sha256(), &digest, nil)
        return digest.map { hexPair($0) }.joined(separator: ":")
    }

    public var notBefore: WallClock { unsafe wallClock(X509_get0_notBefore(handle)) }
    public var notAfter: WallClock { unsafe wallClock(X509_get0_notAfter(handle)) }

    /// Whether the key of `issuer` signed this certificate; itself, for an authority or a self-signed one.
    public func isSigned(by issuer: Certificate) -> Bool {
        defer { ERR_clear_error() }
        guard let key = unsafe X509_get0_pubkey(issuer.handle) else { return false }
        return unsafe X509_verify(handle, key) == 1
    }

    private func wallClock(_ time: UnsafePointer<ASN1_TIME>?) -> WallClock {
        guard let epoch = unsafe ASN1_TIME_set(nil, 0) else { return WallClock(milliseconds: 0) }
        defer { unsafe ASN1_TIME_free(epoch) }
        var days: Int32 = 0
        var seconds: Int32 = 0
        _ = unsafe ASN1_TIME_diff(&days, &seconds, epoch, time)
        return WallClock(milliseconds: (Int64(days) * 86_400 + Int64(seconds)) * 1000)
    }
}

/// A private key.
@safe public final class PrivateKey: Sendable {
    /// Never changed after `init`.
    nonisolated(unsafe) let handle: OpaquePointer

    @unsafe init(owning handle: OpaquePointer) { unsafe self.handle = handle }

    /// - Parameter file: PEM, not protected by a passphrase.
    public init(file: String) throws(TLSError) {
        let pem = try PrivateFile.read(
            file, fix: "Give the PEM file of the key; Parley's user must be able to read it.")
        // Without a callback OpenSSL would ask for a passphrase on the terminal and wait.
        let key = unsafe withMemoryBIO(over: pem) { bio in
            unsafe PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in 0 }, nil)
        }
        guard let key = unsafe key else {
            ERR_clear_error()
            throw TLSError(
                file, "there is no private key without a passphrase in this file",
                fix: "It must be PEM; remove a passphrase with: openssl pkey -in \(file) -out NEW-FILE")
        }
        unsafe handle = key
    }

    deinit { unsafe EVP_PKEY_free(handle) }

    /// A new P-256 key.
    static func generate() throws(TLSError) -> PrivateKey {
        guard let key = unsafe parley_EVP_EC_gen_p256() else { throw .library("EVP_EC_gen") }
        return unsafe PrivateKey(owning: key)
    }

    /// Whether `certificate` is for this key.
    public func matches(_ certificate: Certificate) -> Bool {
        defer { ERR_clear_error() }
        return unsafe X509_check_private_key(certificate.handle, handle) == 1
    }

    /// The key as PEM text, PKCS #8.
    var pem: [UInt8] {
        unsafe collect { bio in unsafe PEM_write_bio_PrivateKey(bio, handle, nil, nil, 0, nil, nil) }
    }
}

/// Lends `body` a BIO that reads `bytes`.
@unsafe func withMemoryBIO<Value>(over bytes: [UInt8], _ body: (OpaquePointer?) -> Value) -> Value {
    let bio = unsafe BIO_new_mem_buf(bytes, Int32(clamping: bytes.count))
    defer { unsafe BIO_free(bio) }
    return unsafe body(bio)
}

/// What `write` puts into the BIO it is lent.
@unsafe func collect(_ write: (OpaquePointer?) -> Int32) -> [UInt8] {
    let bio = unsafe BIO_new(BIO_s_mem())
    defer { unsafe BIO_free(bio) }
    guard unsafe write(bio) == 1 else { return [] }
    var start: UnsafeMutablePointer<CChar>?
    let count = unsafe parley_BIO_get_mem_data(bio, &start)
    return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
}

/// Two upper-case hexadecimal digits.
private func hexPair(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return byte < 16 ? "0" + digits : digits
}
