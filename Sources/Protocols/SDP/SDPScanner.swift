// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding

/// Reads the fields of one line from its front. What it returns is a part of the line, or `nil` for a line that
/// has no such field.
struct SDPScanner {
    private(set) var rest: ArraySlice<UInt8>

    init(_ line: ArraySlice<UInt8>) { rest = line }

    var isAtEnd: Bool { rest.isEmpty }

    /// Takes `byte` when it comes next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Everything before the next `separator`, which is taken too; everything when there is none.
    mutating func field(before separator: UInt8) -> ArraySlice<UInt8> {
        guard let index = rest.firstIndex(of: separator) else {
            defer { rest = rest[rest.endIndex...] }
            return rest
        }
        defer { rest = rest[(index + 1)...] }
        return rest[..<index]
    }

    /// The next word that is not empty; `nil` at the end. Words are apart by any number of spaces.
    mutating func word() -> ArraySlice<UInt8>? {
        rest = rest.drop { $0 == SDPText.space }
        guard !rest.isEmpty else { return nil }
        return field(before: SDPText.space)
    }

    /// A word as text.
    mutating func wordText() -> String? {
        guard let word = word() else { return nil }
        return SDPText.string(word)
    }

    /// A word that is a decimal number of at most `limit`.
    mutating func number(upTo limit: Int) -> Int? {
        guard let word = word() else { return nil }
        return SDPText.number(word, upTo: limit)
    }

    /// What is left, without spaces before and behind it.
    mutating func remainder() -> String {
        var text = rest.drop { $0 == SDPText.space }
        while text.last == SDPText.space { text.removeLast() }
        rest = rest[rest.endIndex...]
        return SDPText.string(text)
    }
}

/// Characters and numbers of session descriptions.
enum SDPText {
    static let space = UInt8(ascii: " ")
    static let colon = UInt8(ascii: ":")
    static let slash = UInt8(ascii: "/")
    static let semicolon = UInt8(ascii: ";")
    static let comma = UInt8(ascii: ",")
    static let equals = UInt8(ascii: "=")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")

    static func string(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    /// A decimal number of at most `limit`; `nil` for anything else, an empty field and leading signs too.
    static func number(_ digits: ArraySlice<UInt8>, upTo limit: Int) -> Int? {
        guard !digits.isEmpty, digits.count <= 19 else { return nil }
        var value = 0
        for byte in digits {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(byte) - 0x30)
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value <= limit ? value : nil
    }

    /// RFC 8866 §9: the characters of names of attributes, formats and groups.
    static func isToken(_ bytes: some Collection<UInt8>) -> Bool {
        guard !bytes.isEmpty else { return false }
        for byte in bytes where !isTokenByte(byte) { return false }
        return true
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x30...0x39, 0x41...0x5A, 0x5E...0x7E: true
        default: false
        }
    }

    /// RFC 8839 §5.1: letters, digits, `+` and `/`.
    static func isICE(_ bytes: some Collection<UInt8>) -> Bool {
        for byte in bytes {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F: continue
            // Not in the grammar, but seen: browsers take what others write, and so do we.
            case 0x2D, 0x5F, 0x3D: continue
            default: return false
            }
        }
        return true
    }

    /// Appends `text` without what would begin another line.
    static func append(_ text: String, to output: inout String) {
        guard text.utf8.contains(where: { $0 == lineFeed || $0 == carriageReturn || $0 == 0 }) else {
            output += text
            return
        }
        output += String(
            decoding: text.utf8.map { $0 == lineFeed || $0 == carriageReturn || $0 == 0 ? space : $0 },
            as: UTF8.self)
    }
}
