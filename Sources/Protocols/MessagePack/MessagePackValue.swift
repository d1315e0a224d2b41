// SPDX-License-Identifier: Apache-2.0

/// Any MessagePack value. MessagePack specification, 2013 revision.
///
/// Numbers are kept by what they amount to and not by how they were written: encoding takes the
/// shortest form of an integer, and 64 bits for every other number.
public enum MessagePackValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// An integer beyond `Int64`; smaller ones are decoded as ``integer(_:)``.
    case unsigned(UInt64)
    case double(Double)
    case string(String)
    case binary([UInt8])
    case array([MessagePackValue])
    case map(MessagePackMap)
    case `extension`(MessagePackExtension)
}

/// A value whose meaning the application defines.
public struct MessagePackExtension: Hashable, Sendable {
    /// Types below zero are the specification's own.
    public var type: Int8
    public var bytes: [UInt8]
    /// Whether it is written as one of `fixext 1` to `fixext 16`, if its length allows. The
    /// specification makes no difference, but notepack does: `fixext` with type 0 is `undefined` or a
    /// date there, and `ext` with type 0 an ArrayBuffer.
    public var isFixed: Bool

    public init(type: Int8, bytes: [UInt8], isFixed: Bool = true) {
        self.type = type
        self.bytes = bytes
        self.isFixed = isFixed && [1, 2, 4, 8, 16].contains(bytes.count)
    }
}

/// The members of a map, in order, duplicates included.
public struct MessagePackMap: Sendable {
    public var members: [(key: MessagePackValue, value: MessagePackValue)]

    public init(_ members: [(MessagePackValue, MessagePackValue)] = []) {
        self.members = members.map { (key: $0, value: $1) }
    }

    /// The value of the last member with this key.
    public subscript(_ key: String) -> MessagePackValue? {
        members.last { $0.key == .string(key) }?.value
    }
}

/// Equal when the same members stand in the same order.
extension MessagePackMap: Hashable {
    public static func == (a: MessagePackMap, b: MessagePackMap) -> Bool {
        a.members.elementsEqual(b.members) { $0.key == $1.key && $0.value == $1.value }
    }

    public func hash(into hasher: inout Hasher) {
        for member in members {
            hasher.combine(member.key)
            hasher.combine(member.value)
        }
    }
}

extension MessagePackValue {
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// The number if it is a whole one that fits, also when it was written as a float.
    public var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .double(let value): value.whole
        default: nil
        }
    }

    public var string: String? { if case .string(let value) = self { value } else { nil } }

    public var binary: [UInt8]? { if case .binary(let value) = self { value } else { nil } }

    public var array: [MessagePackValue]? { if case .array(let value) = self { value } else { nil } }

    public var map: MessagePackMap? { if case .map(let value) = self { value } else { nil } }

    /// The member `key` of a map; `nil` also for values that are no maps.
    public subscript(_ key: String) -> MessagePackValue? { map?[key] }
}

extension Double {
    /// The value if it is whole and fits. `Int64(exactly:)` would need the C library's mathematics.
    fileprivate var whole: Int64? {
        guard self >= -0x1p63, self < 0x1p63, case let integer = Int64(self), Double(integer) == self else {
            return nil
        }
        return integer
    }
}

// MARK: Literals

extension MessagePackMap: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (MessagePackValue, MessagePackValue)...) { self.init(elements) }
}

extension MessagePackValue: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (MessagePackValue, MessagePackValue)...) {
        self = .map(MessagePackMap(elements))
    }
}

extension MessagePackValue: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: MessagePackValue...) { self = .array(elements) }
}

extension MessagePackValue: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
}

extension MessagePackValue: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) { self = .integer(value) }
}

extension MessagePackValue: ExpressibleByFloatLiteral {
    public init(floatLiteral value: Double) { self = .double(value) }
}

extension MessagePackValue: ExpressibleByBooleanLiteral {
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension MessagePackValue: ExpressibleByNilLiteral {
    public init(nilLiteral: ()) { self = .null }
}
