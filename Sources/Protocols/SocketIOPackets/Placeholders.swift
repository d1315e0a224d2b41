// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import JSON

/// The objects `{"_placeholder":true,"num":i}` that stand where attachment `i` belongs.
enum Placeholders {
    /// Whether every placeholder in a checked text names one of `count` attachments.
    static func areValid(in text: ArraySlice<UInt8>, count: Int) throws(DecodeError) -> Bool {
        try JSONCursor.with(text) { (cursor) throws(DecodeError) in
            try cursor.skipPlaceholders(count: count)
        }
    }

    /// The number of the attachment that `object` stands for; `nil` when it is no placeholder.
    static func index(_ object: JSONObject) -> Int? {
        guard object["_placeholder"] == .bool(true) else { return nil }
        return object["num"]?.integer.flatMap(Int.init(exactly:))
    }
}

extension JSONCursor {
    /// Moves behind the value under the cursor and says whether its placeholders are valid. Reads the
    /// members as JavaScript does: the last of a name counts, escaped or not.
    fileprivate mutating func skipPlaceholders(count: Int) throws(DecodeError) -> Bool {
        var areValid = true
        switch next {
        case UInt8(ascii: "["):
            try forEachElement(depthLeft: .max) { (cursor) throws(DecodeError) in
                if try !cursor.skipPlaceholders(count: count) { areValid = false }
            }
        case UInt8(ascii: "{"):
            var isPlaceholder = false
            var number: Int64?
            try forEachMember(depthLeft: .max) { (cursor, key) throws(DecodeError) in
                switch cursor.string(key) {
                case "_placeholder": isPlaceholder = cursor.next == UInt8(ascii: "t")
                case "num": number = try cursor.peekInteger()
                default: break
                }
                if try !cursor.skipPlaceholders(count: count) { areValid = false }
            }
            // What a placeholder holds besides is nobody's.
            guard isPlaceholder else { break }
            areValid = number.map { 0..<Int64(count) ~= $0 } ?? false
        default: try skipValue(depthLeft: 0)
        }
        return areValid
    }
}
