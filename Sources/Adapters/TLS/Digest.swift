// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// Hashes and message authentication codes.
public enum Digest {
    /// 20 bytes. For WebSocket handshakes only, where nothing depends on its strength. RFC 6455 §4.2.2.
    public static func sha1(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 20)
        _ = unsafe SHA1(bytes, bytes.count, &digest)
        return digest
    }

    /// 32 bytes. FIPS 180-4.
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        _ = unsafe SHA256(bytes, bytes.count, &digest)
        return digest
    }

    /// 32 bytes. RFC 2104.
    public static func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        let result = unsafe HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &code, nil)
        precondition(unsafe result != nil, "HMAC-SHA-256 needs memory only")
        return code
    }

    /// Compares secrets in a time that depends on their length only.
    public static func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count == b.count && (unsafe CRYPTO_memcmp(a, b, a.count)) == 0
    }
}
