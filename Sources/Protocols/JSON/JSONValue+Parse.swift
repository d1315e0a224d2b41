// SPDX-License-Identifier: Apache-2.0

public import ByteCoding

extension JSONValue {
    /// Parses a text that holds one value and white space around it. RFC 8259 §2, nothing beyond it.
    ///
    /// A `\u` escape that is half of a surrogate pair becomes U+FFFD, because a `String` cannot hold it.
    /// - Parameter maxDepth: Most arrays and objects inside each other.
    public init(parsing bytes: ArraySlice<UInt8>, maxDepth: Int = 64) throws(DecodeError) {
        self = try JSONCursor.with(bytes) { (cursor) throws(DecodeError) in
            cursor.skipWhitespace()
            let value = try cursor.readValue(depthLeft: maxDepth)
            try cursor.finish()
            return value
        }
    }

    public init(parsing bytes: [UInt8], maxDepth: Int = 64) throws(DecodeError) {
        try self.init(parsing: bytes[...], maxDepth: maxDepth)
    }

    public init(parsing text: String, maxDepth: Int = 64) throws(DecodeError) {
        try self.init(parsing: Array(text.utf8), maxDepth: maxDepth)
    }
}

/// What the cursor moves over, as values.
extension JSONCursor {
    package mutating func readValue(depthLeft: Int) throws(DecodeError) -> JSONValue {
        switch next {
        case UInt8(ascii: "{"):
            var object = JSONObject()
            try forEachMember(depthLeft: depthLeft) { (cursor, key) throws(DecodeError) in
                let value = try cursor.readValue(depthLeft: depthLeft - 1)
                object.members.append((cursor.string(key), value))
            }
            return .object(object)
        case UInt8(ascii: "["):
            var elements: [JSONValue] = []
            try forEachElement(depthLeft: depthLeft) { (cursor) throws(DecodeError) in
                elements.append(try cursor.readValue(depthLeft: depthLeft - 1))
            }
            return .array(elements)
        case UInt8(ascii: "\""): return .string(string(try skipString()))
        case UInt8(ascii: "-"), (0x30...0x39)?:
            let start = position
            try skipNumber()
            return .number(JSONNumber(checked: text(start..<position)))
        default:
            let first = next
            try skipValue(depthLeft: depthLeft)
            return first == UInt8(ascii: "n") ? .null : .bool(first == UInt8(ascii: "t"))
        }
    }

    /// The characters of a string that the cursor has passed.
    package func string(_ range: JSONStringRange) -> String {
        let text = text(range.content)
        return range.hasEscapes ? text.resolvingJSONEscapes : text
    }
}

extension String {
    /// The characters that the escapes of a checked string stand for.
    fileprivate var resolvingJSONEscapes: String {
        var text = String.UnicodeScalarView()
        var rest = unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "\\", let letter = rest.popFirst() else {
                text.append(scalar)
                continue
            }
            switch letter {
            case "b": text.append("\u{8}")
            case "f": text.append("\u{C}")
            case "n": text.append("\n")
            case "r": text.append("\r")
            case "t": text.append("\t")
            case "u": text.append(rest.popEscapedScalar())
            default: text.append(letter)
            }
        }
        return String(text)
    }
}

extension Substring.UnicodeScalarView {
    /// The scalar of one `\uXXXX`, or of two that form a surrogate pair, after the first `\u`.
    fileprivate mutating func popEscapedScalar() -> Unicode.Scalar {
        let unit = popCodeUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        var following = self
        if UTF16.isLeadSurrogate(unit), following.popFirst() == "\\", following.popFirst() == "u" {
            let second = following.popCodeUnit()
            if UTF16.isTrailSurrogate(second) {
                self = following
                return UTF16.decode(UTF16.EncodedScalar([unit, second]))
            }
        }
        // The half stands alone: what follows it is read on its own.
        return "\u{FFFD}"
    }

    private mutating func popCodeUnit() -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            let digit = popFirst().flatMap { UInt8(ascii: $0).hexDigitValue } ?? 0
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}
