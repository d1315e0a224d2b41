// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// Compact text: no white space, members in order, only what must be escaped escaped.
    public var formatted: String {
        var bytes: [UInt8] = []
        format(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends ``formatted`` as UTF-8.
    public func format(into bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let value): bytes.append(contentsOf: value.text.utf8)
        case .string(let value): Self.format(value, into: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.format(into: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object): object.format(into: &bytes)
        }
    }

    /// Appends `text` in quotes.
    package static func format(_ text: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            while true {
                // Most strings have nothing to escape: they are copied at once.
                let end = unsafe nextEscape(in: utf8, from: start)
                unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<end]))
                guard end < utf8.count else { break }
                appendEscaped(unsafe utf8[end], to: &bytes)
                start = end + 1
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Where the next byte is that must be escaped, or the end.
    private static func nextEscape(in utf8: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var index = start
        while index + 8 <= utf8.count {
            let word = unsafe UnsafeRawBufferPointer(utf8).loadUnaligned(
                fromByteOffset: index, as: UInt64.self)
            let marks = UInt64(littleEndian: word).markingEscapes
            guard marks == 0 else { return index + marks.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < utf8.count, case let byte = unsafe utf8[index], byte >= 0x20,
            byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\")
        {
            index += 1
        }
        return index
    }

    private static func appendEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x08: bytes.append(contentsOf: #"\b"#.utf8)
        case 0x09: bytes.append(contentsOf: #"\t"#.utf8)
        case 0x0A: bytes.append(contentsOf: #"\n"#.utf8)
        case 0x0C: bytes.append(contentsOf: #"\f"#.utf8)
        case 0x0D: bytes.append(contentsOf: #"\r"#.utf8)
        default:
            bytes.append(contentsOf: byte < 0x10 ? #"\u000"#.utf8 : #"\u001"#.utf8)
            bytes.append(contentsOf: String(byte & 0x0F, radix: 16).utf8)
        }
    }
}

extension JSONObject {
    /// Appends the object as ``JSONValue/format(into:)`` does.
    public func format(into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSONValue.format(member.key, into: &bytes)
            bytes.append(UInt8(ascii: ":"))
            member.value.format(into: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }
}
