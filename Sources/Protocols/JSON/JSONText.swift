// SPDX-License-Identifier: Apache-2.0

public import ByteCoding

/// The text of one JSON value, checked but not built: what is passed on unread costs no tree, and
/// keeps its numbers and its lone surrogates as they were written.
///
/// Equal means written alike, white space and escapes included. Compare ``value`` where only the
/// meaning matters.
public struct JSONText: Hashable, Sendable {
    /// One value that follows RFC 8259, without white space around it, in well-formed UTF-8.
    public let bytes: ArraySlice<UInt8>

    /// Checks a text that holds one value and white space around it, as strictly as
    /// `JSONValue(parsing:)` does. Offsets of errors count from the start of the slice.
    public init(checking text: ArraySlice<UInt8>, maxDepth: Int = 64) throws(DecodeError) {
        let range = try JSONCursor.with(text) { (cursor) throws(DecodeError) in
            cursor.skipWhitespace()
            let start = cursor.position
            try cursor.skipValue(depthLeft: maxDepth)
            let end = cursor.position
            try cursor.finish()
            return start..<end
        }
        bytes = text[text.startIndex + range.lowerBound..<text.startIndex + range.upperBound]
    }

    public init(checking text: String, maxDepth: Int = 64) throws(DecodeError) {
        try self.init(checking: Array(text.utf8)[...], maxDepth: maxDepth)
    }

    public init(_ value: JSONValue) {
        var text: [UInt8] = []
        value.format(into: &text)
        bytes = text[...]
    }

    /// - Parameter bytes: Checked already, and without white space around the value.
    package init(checked bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    /// The value, built anew each time.
    public var value: JSONValue {
        reading { (cursor) throws(DecodeError) in try cursor.readValue(depthLeft: .max) }
    }

    /// The characters if the value is a string.
    public var string: String? {
        guard bytes.first == UInt8(ascii: "\"") else { return nil }
        return reading { (cursor) throws(DecodeError) in cursor.string(try cursor.skipString()) }
    }

    public var isNull: Bool { bytes.first == UInt8(ascii: "n") }

    public var bool: Bool? {
        switch bytes.first {
        case UInt8(ascii: "t"): true
        case UInt8(ascii: "f"): false
        default: nil
        }
    }

    public var number: JSONNumber? {
        guard let first = bytes.first, first == UInt8(ascii: "-") || 0x30...0x39 ~= first else { return nil }
        return JSONNumber(checked: String(decoding: bytes, as: UTF8.self))
    }

    /// The texts of the elements if the value is an array.
    public var array: [JSONText]? {
        guard bytes.first == UInt8(ascii: "[") else { return nil }
        var elements: [JSONText] = []
        reading { (cursor) throws(DecodeError) in
            try cursor.forEachElement(depthLeft: .max) { (cursor) throws(DecodeError) in
                let start = bytes.startIndex + cursor.position
                try cursor.skipValue(depthLeft: .max)
                elements.append(JSONText(checked: bytes[start..<bytes.startIndex + cursor.position]))
            }
        }
        return elements
    }

    /// The names and texts of the members if the value is an object, duplicates included.
    public var members: [(key: String, value: JSONText)]? {
        guard bytes.first == UInt8(ascii: "{") else { return nil }
        var members: [(key: String, value: JSONText)] = []
        reading { (cursor) throws(DecodeError) in
            try cursor.forEachMember(depthLeft: .max) { (cursor, key) throws(DecodeError) in
                let start = bytes.startIndex + cursor.position
                try cursor.skipValue(depthLeft: .max)
                let value = bytes[start..<bytes.startIndex + cursor.position]
                members.append((cursor.string(key), JSONText(checked: value)))
            }
        }
        return members
    }

    /// Runs `body`, which reads what was checked before and therefore cannot fail.
    private func reading<Value>(
        _ body: (inout JSONCursor) throws(DecodeError) -> Value
    ) -> Value {
        do throws(DecodeError) {
            return try JSONCursor.with(bytes, body)
        } catch {
            fatalError("\(error) in text that was checked")
        }
    }

    /// Checks a text that holds one array, and says where in it the elements are, in order.
    package static func checkElements(
        of text: ArraySlice<UInt8>, maxDepth: Int = 64, _ visit: (Range<Int>) -> Void
    ) throws(DecodeError) {
        let origin = text.startIndex
        try JSONCursor.with(text) { (cursor) throws(DecodeError) in
            cursor.skipWhitespace()
            try cursor.forEachElement(depthLeft: maxDepth) { (cursor) throws(DecodeError) in
                let start = cursor.position
                try cursor.skipValue(depthLeft: maxDepth - 1)
                visit(origin + start..<origin + cursor.position)
            }
            try cursor.finish()
        }
    }
}

extension JSONText: CustomStringConvertible {
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
