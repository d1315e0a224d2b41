// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding

/// JSON strings in the form that SockJS wants from servers: browsers and proxies mangle some
/// characters that JSON lets stand. SockJS protocol 0.3.3, "JSON Unicode Encoding".
enum SockJSString {
    /// Appends `text` in quotes. Escapes what JSON must, U+200C…200F, U+2028…202F, U+2060…206F and
    /// U+FFF0…FFFF.
    static func format(_ text: [UInt8], into bytes: inout [UInt8]) {
        let text = text.isValidUTF8 ? text : Array(String(decoding: text, as: UTF8.self).utf8)
        bytes.append(UInt8(ascii: "\""))
        var plain = text.startIndex
        var index = text.startIndex
        while index < text.endIndex {
            guard let (unit, length) = escaped(at: index, in: text) else {
                index += 1
                continue
            }
            bytes.append(contentsOf: text[plain..<index])
            escape(unit, into: &bytes)
            index += length
            plain = index
        }
        bytes.append(contentsOf: text[plain...])
        bytes.append(UInt8(ascii: "\""))
    }

    /// The character that starts at `index` if it must be escaped, and how many bytes it has.
    private static func escaped(at index: Int, in text: [UInt8]) -> (unit: UInt16, length: Int)? {
        switch text[index] {
        case 0x00...0x1F, UInt8(ascii: "\""), UInt8(ascii: "\\"): return (UInt16(text[index]), 1)
        // All the others lie where UTF-8 takes three bytes.
        case 0xE2, 0xEF:
            guard index + 2 < text.count else { return nil }
            let unit =
                UInt16(text[index] & 0x0F) << 12 | UInt16(text[index + 1] & 0x3F) << 6
                | UInt16(text[index + 2] & 0x3F)
            switch unit {
            case 0x200C...0x200F, 0x2028...0x202F, 0x2060...0x206F, 0xFFF0...0xFFFF: return (unit, 3)
            default: return nil
            }
        default: return nil
        }
    }

    private static func escape(_ unit: UInt16, into bytes: inout [UInt8]) {
        switch unit {
        case 0x22, 0x5C: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(truncatingIfNeeded: unit)])
        case 0x08: bytes.append(contentsOf: #"\b"#.utf8)
        case 0x09: bytes.append(contentsOf: #"\t"#.utf8)
        case 0x0A: bytes.append(contentsOf: #"\n"#.utf8)
        case 0x0C: bytes.append(contentsOf: #"\f"#.utf8)
        case 0x0D: bytes.append(contentsOf: #"\r"#.utf8)
        default:
            bytes.append(contentsOf: #"\u"#.utf8)
            let digits = String(unit, radix: 16)
            for _ in digits.utf8.count..<4 { bytes.append(UInt8(ascii: "0")) }
            bytes.append(contentsOf: digits.utf8)
        }
    }
}
