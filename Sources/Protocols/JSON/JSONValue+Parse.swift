// SPDX-License-Identifier: Apache-2.0

public import ByteCoding

extension JSONValue {
    /// Parses a text that holds one value and white space around it. RFC 8259 §2, nothing beyond it.
    ///
    /// A `\u` escape that is half of a surrogate pair becomes U+FFFD, because a `String` cannot hold it.
    /// - Parameter maxDepth: Most arrays and objects inside each other.
    public init(parsing bytes: [UInt8], maxDepth: Int = 64) throws(DecodeError) {
        guard bytes.isValidUTF8 else { throw DecodeError(.invalid, "JSON UTF-8", at: 0) }
        var parser = JSONParser(bytes)
        self = try parser.document(maxDepth: maxDepth)
    }

    public init(parsing text: String, maxDepth: Int = 64) throws(DecodeError) {
        try self.init(parsing: Array(text.utf8), maxDepth: maxDepth)
    }
}

/// Recursive descent over valid UTF-8, one method per rule of the grammar.
private struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func document(maxDepth: Int) throws(DecodeError) -> JSONValue {
        let value = try value(depthLeft: maxDepth)
        skipWhitespace()
        guard position == bytes.count else {
            throw DecodeError(.invalid, "JSON after the value", at: position)
        }
        return value
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Takes `byte` if it is next.
    private mutating func skip(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipWhitespace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private func failure(_ field: String) -> DecodeError {
        DecodeError(position < bytes.count ? .invalid : .truncated, field, at: position)
    }

    private mutating func value(depthLeft: Int) throws(DecodeError) -> JSONValue {
        skipWhitespace()
        switch next {
        case UInt8(ascii: "{"): return .object(try object(depthLeft: depthLeft))
        case UInt8(ascii: "["): return .array(try array(depthLeft: depthLeft))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), (0x30...0x39)?: return .number(try number())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw failure("JSON value")
        }
    }

    private mutating func word(_ text: String, _ value: JSONValue) throws(DecodeError) -> JSONValue {
        for byte in text.utf8 {
            guard skip(byte) else { throw failure("JSON value") }
        }
        return value
    }

    private mutating func array(depthLeft: Int) throws(DecodeError) -> [JSONValue] {
        guard depthLeft > 0 else { throw DecodeError(.tooLarge, "JSON depth", at: position) }
        position += 1
        skipWhitespace()
        if skip(UInt8(ascii: "]")) { return [] }
        var elements: [JSONValue] = []
        while true {
            elements.append(try value(depthLeft: depthLeft - 1))
            skipWhitespace()
            if skip(UInt8(ascii: "]")) { return elements }
            guard skip(UInt8(ascii: ",")) else { throw failure("JSON array") }
        }
    }

    private mutating func object(depthLeft: Int) throws(DecodeError) -> JSONObject {
        guard depthLeft > 0 else { throw DecodeError(.tooLarge, "JSON depth", at: position) }
        position += 1
        skipWhitespace()
        var object = JSONObject()
        if skip(UInt8(ascii: "}")) { return object }
        while true {
            skipWhitespace()
            guard next == UInt8(ascii: "\"") else { throw failure("JSON member name") }
            let key = try string()
            skipWhitespace()
            guard skip(UInt8(ascii: ":")) else { throw failure("JSON member") }
            object.members.append((key, try value(depthLeft: depthLeft - 1)))
            skipWhitespace()
            if skip(UInt8(ascii: "}")) { return object }
            guard skip(UInt8(ascii: ",")) else { throw failure("JSON object") }
        }
    }

    /// `[ "-" ] int [ frac ] [ exp ]`. RFC 8259 §6.
    private mutating func number() throws(DecodeError) -> JSONNumber {
        let start = position
        _ = skip(UInt8(ascii: "-"))
        if !skip(UInt8(ascii: "0")) { try digits() }
        if skip(UInt8(ascii: ".")) { try digits() }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
            try digits()
        }
        return JSONNumber(checked: String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func digits() throws(DecodeError) {
        let start = position
        while let byte = next, 0x30...0x39 ~= byte { position += 1 }
        guard position > start else { throw failure("JSON number") }
    }

    // MARK: Strings

    private mutating func string() throws(DecodeError) -> String {
        position += 1
        let start = position
        skipPlain()
        if next == UInt8(ascii: "\"") {
            // Most strings have no escapes: they are copied once.
            defer { position += 1 }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }
        var unescaped = Array(bytes[start..<position])
        while !skip(UInt8(ascii: "\"")) {
            guard skip(UInt8(ascii: "\\")) else { throw failure("JSON string") }
            try escape(into: &unescaped)
            let run = position
            skipPlain()
            unescaped.append(contentsOf: bytes[run..<position])
        }
        return String(decoding: unescaped, as: UTF8.self)
    }

    /// Moves to the next quote, backslash or character that must be escaped.
    private mutating func skipPlain() {
        while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            position += 1
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws(DecodeError) {
        guard let letter = next else { throw failure("JSON escape") }
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            position += 1
            text.append(contentsOf: String(Character(try scalar())).utf8)
            return
        default: throw failure("JSON escape")
        }
        position += 1
    }

    /// The scalar of one `\uXXXX`, or of two that form a surrogate pair, after the first `\u`.
    private mutating func scalar() throws(DecodeError) -> Unicode.Scalar {
        let unit = try codeUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        let afterFirst = position
        if UTF16.isLeadSurrogate(unit), skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) {
            let second = try codeUnit()
            if UTF16.isTrailSurrogate(second) {
                return UTF16.decode(UTF16.EncodedScalar([unit, second]))
            }
        }
        // The half stands alone: what follows it is read on its own.
        position = afterFirst
        return "\u{FFFD}"
    }

    private mutating func codeUnit() throws(DecodeError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = next?.hexDigitValue else { throw failure("JSON escape") }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }
}
