// SPDX-License-Identifier: Apache-2.0
package import ByteCoding
package import JSON
package import MessagePack

/// Writes MessagePack values as the JSON text that `JSON.stringify` would make of them in the official
/// server; binary values become attachments.
package struct MessagePackToJSON {
    package var text: [UInt8] = []
    package private(set) var attachments: [[UInt8]] = []

    package init() {}

    package mutating func append(_ value: MessagePackValue) throws(DecodeError) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .integer(let value): append(String(value))
        case .unsigned(let value): append(String(value))
        case .double(let number):
            // Whole numbers in digits, as JavaScript writes them.
            append(value.integer.map(String.init) ?? (number.isFinite ? JSONNumber(number).text : "null"))
        case .string(let value): JSONValue.format(value, into: &text)
        case .binary(let bytes): attach(bytes)
        case .array(let elements):
            append("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { append(",") }
                try append(element)
            }
            append("]")
        case .map(let map): try append(map)
        case .extension(let value): try append(value)
        }
    }

    private mutating func append(_ text: String) { self.text.append(contentsOf: text.utf8) }

    private mutating func attach(_ bytes: [UInt8]) {
        append(#"{"_placeholder":true,"num":\#(attachments.count)}"#)
        attachments.append(bytes)
    }

    private mutating func append(_ map: MessagePackMap) throws(DecodeError) {
        append("{")
        var isFirst = true
        for (key, value) in map.members where !value.isUndefined {
            if !isFirst { append(",") }
            isFirst = false
            switch key {
            case .string(let key): JSONValue.format(key, into: &text)
            case .integer(let key): append("\"\(key)\"")
            default: throw DecodeError(.unsupported, "MessagePack key", at: 0)
            }
            append(":")
            try append(value)
        }
        append("}")
    }

    /// The extensions of notepack, which the official parser is made of.
    private mutating func append(_ value: MessagePackExtension) throws(DecodeError) {
        guard value.type == 0 else { throw DecodeError(.unsupported, "MessagePack ext type", at: 0) }
        switch (value.isFixed, value.bytes.count) {
        case (true, 1): append("null")
        case (true, 8):
            let milliseconds = value.bytes.reduce(Int64(0)) { $0 << 8 | Int64($1) }
            append(Self.date(milliseconds).map { "\"\($0)\"" } ?? "null")
        default: attach(value.bytes)
        }
    }

    /// As `Date.prototype.toJSON` writes a time; `nil` outside the range of JavaScript's dates.
    private static func date(_ milliseconds: Int64) -> String? {
        guard milliseconds.magnitude <= 8_640_000_000_000_000 else { return nil }
        func floorDivide(_ a: Int64, by b: Int64) -> (quotient: Int64, remainder: Int64) {
            let quotient = a >= 0 ? a / b : (a - b + 1) / b
            return (quotient, a - quotient * b)
        }
        func padded(_ value: Int64, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let (days, time) = floorDivide(milliseconds, by: 86_400_000)
        // Days since 1 March of the year 0, in eras of 400 years.
        let (era, day) = floorDivide(days + 719_468, by: 146_097)
        let yearOfEra = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        // Months counted from March.
        let month = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * month + 2) / 5 + 1
        let year = era * 400 + yearOfEra + (month >= 10 ? 1 : 0)
        let yearText =
            0...9999 ~= year ? padded(year, 4) : (year < 0 ? "-" : "+") + padded(Int64(year.magnitude), 6)
        return "\(yearText)-\(padded(month < 10 ? month + 3 : month - 9, 2))-\(padded(dayOfMonth, 2))"
            + "T\(padded(time / 3_600_000, 2)):\(padded(time / 60_000 % 60, 2))"
            + ":\(padded(time / 1000 % 60, 2)).\(padded(time % 1000, 3))Z"
    }
}

extension MessagePackValue {
    /// What notepack writes for `undefined`.
    var isUndefined: Bool {
        guard case .extension(let value) = self else { return false }
        return value.isFixed && value.type == 0 && value.bytes.count == 1
    }

    init(_ value: UInt64) { self = Int64(exactly: value).map(MessagePackValue.integer) ?? .unsigned(value) }

    /// - Parameter attachments: What the placeholders stand for. One that names none, or one that another
    ///   has named, is an object like any other: a message must not grow with every mention.
    package init(_ value: JSONValue, attachments: [[UInt8]] = []) {
        var left = attachments.map(Optional.some)
        self.init(value, taking: &left)
    }

    private init(_ value: JSONValue, taking left: inout [[UInt8]?]) {
        switch value {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .number(let value):
            if let integer = value.integer {
                self = .integer(integer)
            } else {
                self = UInt64(value.text).map(MessagePackValue.unsigned) ?? .double(value.double)
            }
        case .string(let value): self = .string(value)
        case .array(let elements):
            self = .array(elements.map { MessagePackValue($0, taking: &left) })
        case .object(let object):
            if let index = Placeholders.index(object), left.indices.contains(index), let bytes = left[index] {
                left[index] = nil
                self = .binary(bytes)
            } else {
                self = .map(
                    MessagePackMap(
                        object.members.map { (.string($0.key), MessagePackValue($0.value, taking: &left)) }))
            }
        }
    }
}
