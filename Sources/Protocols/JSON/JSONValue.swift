// SPDX-License-Identifier: Apache-2.0

/// Any JSON text, kept so that formatting it again gives the same members in the same order and the
/// same digits. RFC 8259.
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    public var number: JSONNumber? { if case .number(let value) = self { value } else { nil } }

    /// The number if it is a whole one that fits, also when written `1.0` or `1e3`.
    public var integer: Int64? { number?.integer }

    public var string: String? { if case .string(let value) = self { value } else { nil } }

    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }

    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }

    /// The member `key` of an object; `nil` also for values that are no objects.
    public subscript(_ key: String) -> JSONValue? { object?[key] }
}

/// The members of an object, in order, duplicates included.
public struct JSONObject: Sendable {
    public var members: [(key: String, value: JSONValue)]

    public init(_ members: [(String, JSONValue)] = []) {
        self.members = members.map { (key: $0, value: $1) }
    }

    /// The value of `key`, the last one when repeated, as JavaScript reads it. Setting replaces the
    /// first in its place and drops the others; `nil` removes them all.
    public subscript(_ key: String) -> JSONValue? {
        get { members.last { $0.key == key }?.value }
        set {
            let place = members.firstIndex { $0.key == key }
            members.removeAll { $0.key == key }
            if let newValue { members.insert((key, newValue), at: place ?? members.endIndex) }
        }
    }
}

/// Equal when the same members stand in the same order.
extension JSONObject: Hashable {
    public static func == (a: JSONObject, b: JSONObject) -> Bool {
        a.members.elementsEqual(b.members) { $0.key == $1.key && $0.value == $1.value }
    }

    public func hash(into hasher: inout Hasher) {
        for member in members {
            hasher.combine(member.key)
            hasher.combine(member.value)
        }
    }
}

// MARK: Literals

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}

extension JSONValue: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}

extension JSONValue: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
}

extension JSONValue: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) { self = .number(JSONNumber(value)) }
}

extension JSONValue: ExpressibleByFloatLiteral {
    public init(floatLiteral value: Double) { self = .number(JSONNumber(value)) }
}

extension JSONValue: ExpressibleByBooleanLiteral {
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONValue: ExpressibleByNilLiteral {
    public init(nilLiteral: ()) { self = .null }
}
