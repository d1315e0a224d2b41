// SPDX-License-Identifier: Apache-2.0

package import ByteCoding

/// Moves over JSON text, one method per rule of the grammar, and builds nothing. RFC 8259.
///
/// A cursor is lent, never owned, as a `ByteReader` is: it exists only inside ``with(_:_:)``, so it
/// cannot outlive the bytes it points at.
@safe package struct JSONCursor: ~Copyable {
    private let bytes: UnsafeRawBufferPointer
    private let end: Int
    /// Bytes behind the cursor, counted from the start of the text.
    package private(set) var position = 0

    private init(_ bytes: UnsafeRawBufferPointer) {
        unsafe self.bytes = bytes
        end = bytes.count
    }

    /// Lends `body` a cursor at the start of `text`.
    package static func with<Value>(
        _ text: ArraySlice<UInt8>, _ body: (inout JSONCursor) throws(DecodeError) -> Value
    ) throws(DecodeError) -> Value {
        try unsafe text.withUnsafeBufferPointer { (bytes) throws(DecodeError) in
            var cursor = unsafe JSONCursor(UnsafeRawBufferPointer(bytes))
            return try body(&cursor)
        }
    }

    /// The byte under the cursor; `nil` at the end.
    package var next: UInt8? { position < end ? unsafe bytes[position] : nil }

    /// Takes `byte` if it is next.
    package mutating func skip(_ byte: UInt8) -> Bool {
        guard position < end, unsafe bytes[position] == byte else { return false }
        position += 1
        return true
    }

    package mutating func skipWhitespace() {
        while position < end, case let byte = unsafe bytes[position], byte <= 0x20,
            byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
        {
            position += 1
        }
    }

    /// Moves to the end, where only white space may be left.
    package mutating func finish() throws(DecodeError) {
        skipWhitespace()
        guard position == end else { throw DecodeError(.invalid, "JSON after the value", at: position) }
    }

    package func failure(_ field: String) -> DecodeError {
        DecodeError(position < end ? .invalid : .truncated, field, at: position)
    }

    /// The text of `range`, which a string of this text lies in.
    func text(_ range: Range<Int>) -> String {
        unsafe String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    }

    // MARK: Values

    /// Moves behind the value under the cursor. White space before it is for the caller to skip.
    package mutating func skipValue(depthLeft: Int) throws(DecodeError) {
        switch next {
        case UInt8(ascii: "\""): _ = try skipString()
        case UInt8(ascii: "{"):
            try forEachMember(depthLeft: depthLeft) { (cursor, _) throws(DecodeError) in
                try cursor.skipValue(depthLeft: depthLeft - 1)
            }
        case UInt8(ascii: "["):
            try forEachElement(depthLeft: depthLeft) { (cursor) throws(DecodeError) in
                try cursor.skipValue(depthLeft: depthLeft - 1)
            }
        case UInt8(ascii: "-"), (0x30...0x39)?: try skipNumber()
        case UInt8(ascii: "t"): try skipWord("true")
        case UInt8(ascii: "f"): try skipWord("false")
        case UInt8(ascii: "n"): try skipWord("null")
        default: throw failure("JSON value")
        }
    }

    package mutating func skipWord(_ word: StaticString) throws(DecodeError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard skip(unsafe word.utf8Start[index]) else { throw failure("JSON value") }
        }
    }

    /// Visits the elements of the array under the cursor: `body` is to move behind each.
    package mutating func forEachElement(
        depthLeft: Int, _ body: (inout JSONCursor) throws(DecodeError) -> Void
    ) throws(DecodeError) {
        guard depthLeft > 0 else { throw DecodeError(.tooLarge, "JSON depth", at: position) }
        guard skip(UInt8(ascii: "[")) else { throw failure("JSON array") }
        skipWhitespace()
        if skip(UInt8(ascii: "]")) { return }
        while true {
            skipWhitespace()
            try body(&self)
            skipWhitespace()
            if skip(UInt8(ascii: "]")) { return }
            guard skip(UInt8(ascii: ",")) else { throw failure("JSON array") }
        }
    }

    /// Visits the members of the object under the cursor: `body` is to move behind each value.
    package mutating func forEachMember(
        depthLeft: Int, _ body: (inout JSONCursor, JSONStringRange) throws(DecodeError) -> Void
    ) throws(DecodeError) {
        guard depthLeft > 0 else { throw DecodeError(.tooLarge, "JSON depth", at: position) }
        guard skip(UInt8(ascii: "{")) else { throw failure("JSON object") }
        skipWhitespace()
        if skip(UInt8(ascii: "}")) { return }
        while true {
            skipWhitespace()
            guard next == UInt8(ascii: "\"") else { throw failure("JSON member name") }
            let key = try skipString()
            skipWhitespace()
            guard skip(UInt8(ascii: ":")) else { throw failure("JSON member") }
            skipWhitespace()
            try body(&self, key)
            skipWhitespace()
            if skip(UInt8(ascii: "}")) { return }
            guard skip(UInt8(ascii: ",")) else { throw failure("JSON object") }
        }
    }

    /// `[ "-" ] int [ frac ] [ exp ]`. RFC 8259 §6.
    package mutating func skipNumber() throws(DecodeError) {
        _ = skip(UInt8(ascii: "-"))
        if !skip(UInt8(ascii: "0")) { try skipDigits() }
        if skip(UInt8(ascii: ".")) { try skipDigits() }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
            try skipDigits()
        }
    }

    /// The whole number under the cursor, which stays; `nil` for any other value.
    package mutating func peekInteger() throws(DecodeError) -> Int64? {
        guard let next, next == UInt8(ascii: "-") || 0x30...0x39 ~= next else { return nil }
        let start = position
        defer { position = start }
        try skipNumber()
        return JSONNumber(checked: text(start..<position)).integer
    }

    private mutating func skipDigits() throws(DecodeError) {
        let start = position
        while position < end, unsafe bytes[position] &- 0x30 < 10 { position += 1 }
        guard position > start else { throw failure("JSON number") }
    }

    // MARK: Strings

    /// Moves behind the string under the cursor.
    package mutating func skipString() throws(DecodeError) -> JSONStringRange {
        guard skip(UInt8(ascii: "\"")) else { throw failure("JSON string") }
        let start = position
        var hasEscapes = false
        while true {
            skipPlain()
            guard position < end else { throw failure("JSON string") }
            switch unsafe bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return JSONStringRange(content: start..<position - 1, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                position += 1
                hasEscapes = true
                try skipEscape()
            case 0x80...: try skipCharacters()
            default: throw failure("JSON string")
            }
        }
    }

    /// Moves to the next byte that is no plain ASCII character of a string.
    private mutating func skipPlain() {
        var position = position
        defer { self.position = position }
        while position &+ 32 <= end {
            let first = unsafe bytes.loadUnaligned(fromByteOffset: position, as: SIMD16<Int8>.self)
            let second = unsafe bytes.loadUnaligned(fromByteOffset: position &+ 16, as: SIMD16<Int8>.self)
            guard first.isPlain, second.isPlain else { break }
            position &+= 32
        }
        while position &+ 8 <= end {
            let word = unsafe bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            let stops = UInt64(littleEndian: word).markingStops
            guard stops == 0 else {
                position &+= stops.trailingZeroBitCount / 8
                return
            }
            position &+= 8
        }
        while position < end, case let byte = unsafe bytes[position], 0x20..<0x80 ~= byte,
            byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\")
        {
            position &+= 1
        }
    }

    /// Moves behind the characters outside ASCII that follow each other from here on.
    private mutating func skipCharacters() throws(DecodeError) {
        var position = position
        defer { self.position = position }
        while position < end, case let lead = unsafe bytes[position], lead >= 0x80 {
            guard let (length, second) = utf8Sequence(startingWith: lead), position &+ length <= end,
                second.contains(unsafe bytes[position &+ 1])
            else { throw DecodeError(.invalid, "JSON UTF-8", at: position) }
            if length > 2 {
                let third = unsafe bytes[position &+ 2]
                let last = unsafe bytes[position &+ length &- 1]
                guard third & last & 0x80 != 0, (third | last) & 0x40 == 0 else {
                    throw DecodeError(.invalid, "JSON UTF-8", at: position)
                }
            }
            position &+= length
        }
    }

    /// Moves behind an escape, after its backslash.
    private mutating func skipEscape() throws(DecodeError) {
        switch next {
        case UInt8(ascii: "u"):
            position += 1
            for _ in 0..<4 {
                guard next?.hexDigitValue != nil else { throw failure("JSON escape") }
                position += 1
            }
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        default: throw failure("JSON escape")
        }
    }
}

/// Where the characters of a string are, without its quotes.
package struct JSONStringRange {
    package let content: Range<Int>
    package let hasEscapes: Bool
}
