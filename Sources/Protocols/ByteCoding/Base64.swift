// SPDX-License-Identifier: Apache-2.0

/// Base 64 with the standard alphabet and padding, RFC 4648 §4, and its URL-safe form.
public enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlAlphabet = alphabet.dropLast(2) + Array("-_".utf8)
    private static let values: [UInt8?] = {
        var values = [UInt8?](repeating: nil, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    public static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        encode(bytes, alphabet: alphabet, padded: true)
    }

    /// ``encode(_:)`` for headers and files.
    public static func text(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: encode(bytes), as: UTF8.self)
    }

    /// The URL and file name safe alphabet, without padding. RFC 4648 §5.
    public static func urlText(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: encode(bytes, alphabet: Array(urlAlphabet), padded: false), as: UTF8.self)
    }

    private static func encode(
        _ bytes: some Collection<UInt8>, alphabet: [UInt8], padded: Bool
    ) -> [UInt8] {
        // One copy of the loop, for memory, whatever the collection.
        unsafe bytes.withContiguousStorageIfAvailable {
            unsafe encode(UnsafeRawBufferPointer($0), alphabet: alphabet, padded: padded)
        } ?? Array(bytes).withUnsafeBytes { unsafe encode($0, alphabet: alphabet, padded: padded) }
    }

    private static func encode(
        _ bytes: UnsafeRawBufferPointer, alphabet: [UInt8], padded: Bool
    ) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var pending: UInt32 = 0
        var bits: UInt32 = 0
        for index in 0..<bytes.count {
            let byte = unsafe bytes[index]
            pending = pending << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(pending >> bits & 63)])
            }
        }
        if bits > 0 { text.append(alphabet[Int(pending << (6 - bits) & 63)]) }
        while padded, text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        return text
    }

    /// Reads what ``urlText(_:)`` writes. RFC 4648 §5.
    /// - Returns: `nil` for padding, for another character, and unless the unused bits are zero.
    public static func decodeURL(_ text: some Collection<UInt8>) -> [UInt8]? {
        var standard: [UInt8] = []
        standard.reserveCapacity(text.count + 3)
        for character in text {
            switch character {
            case UInt8(ascii: "-"): standard.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): standard.append(UInt8(ascii: "/"))
            case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): return nil
            default: standard.append(character)
            }
        }
        while standard.count % 4 != 0 { standard.append(UInt8(ascii: "=")) }
        return decode(standard)
    }

    /// - Returns: `nil` unless `text` is complete, padded and in canonical form: one text, one value.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        if let result = text.withContiguousStorageIfAvailable({
            unsafe decode(UnsafeRawBufferPointer($0))
        }) {
            return result
        }
        return unsafe Array(text).withUnsafeBytes { unsafe decode($0) }
    }

    private static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        var padding = 0
        while padding < min(2, text.count), unsafe text[text.count - 1 - padding] == UInt8(ascii: "=") {
            padding += 1
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var pending: UInt32 = 0
        var bits: UInt32 = 0
        for index in 0..<text.count - padding {
            guard let value = unsafe values[Int(text[index])] else { return nil }
            pending = pending << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> bits))
            }
        }
        guard bits == [0, 2, 4][padding], pending & (1 << bits - 1) == 0 else { return nil }
        return bytes
    }
}
