// SPDX-License-Identifier: Apache-2.0

/// The part of a representation that a `Range` field asks for. RFC 9110 §14.
public enum HTTPRange: Hashable, Sendable {
    /// All of it: the field is malformed, in an unknown unit, or asks for several parts, each of which
    /// allows it to be ignored.
    case whole
    /// These bytes, never none.
    case range(Range<Int>)
    /// Nothing of what is asked for exists: answer 416.
    case unsatisfiable

    /// - Parameters:
    ///   - header: The value of `Range`, e.g. `bytes=0-499`, `bytes=500-`, `bytes=-500`.
    ///   - length: Bytes in the whole representation.
    public static func parse(_ header: String, length: Int) -> HTTPRange {
        let text = Array(header.utf8)[...].trimmed
        let unit = text.prefix { $0 != UInt8(ascii: "=") }
        guard ASCII.equal(unit, ignoringCaseOf: "bytes".utf8), unit.endIndex < text.endIndex else {
            return .whole
        }
        let parts = text[(unit.endIndex + 1)...].trimmed
            .split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 2 else { return .whole }
        switch (position(parts[0]), position(parts[1])) {
        case (.number(let first), .number(let last)) where first <= last:
            return first < length ? .range(first..<(last < length ? last + 1 : length)) : .unsatisfiable
        case (.number(let first), .absent):
            return first < length ? .range(first..<length) : .unsatisfiable
        case (.absent, .number(let suffix)):
            return suffix > 0 && length > 0 ? .range(max(length - suffix, 0)..<length) : .unsatisfiable
        default:
            return .whole
        }
    }

    private enum Position {
        case absent
        /// A number beyond `Int` counts as the largest one: it lies past every end all the same.
        case number(Int)
        case invalid
    }

    private static func position(_ digits: ArraySlice<UInt8>) -> Position {
        guard !digits.isEmpty else { return .absent }
        guard digits.allSatisfy(ASCII.isDigit) else { return .invalid }
        return .number(Int(String(decoding: digits, as: UTF8.self)) ?? .max)
    }
}
