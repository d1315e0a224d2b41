// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// One value in a text, on its way to become a `Decodable`.
struct JSONTextReader: Decoder {
    /// What is the same for all values of a text.
    struct Surroundings {
        let attachments: [[UInt8]]
        let userInfo: [CodingUserInfoKey: any Sendable]
    }

    let text: JSONText
    let surroundings: Surroundings
    private let key: (any CodingKey)?
    private let parentPath: [any CodingKey]

    /// - Parameters:
    ///   - key: Where in its parent the value stands; `nil` for the outermost.
    ///   - parentPath: Where its parent stands.
    init(
        _ text: JSONText, key: (any CodingKey)?, in parentPath: [any CodingKey],
        _ surroundings: Surroundings
    ) {
        self.text = text
        self.key = key
        self.parentPath = parentPath
        self.surroundings = surroundings
    }

    /// Put together when something fails or has parts, and not for every number.
    var codingPath: [any CodingKey] { key.map { parentPath + [$0] } ?? parentPath }

    var userInfo: [CodingUserInfoKey: Any] { surroundings.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let members = text.members else { throw mismatch(type, "an object") }
        return KeyedDecodingContainer(KeyedReader(members, codingPath: codingPath, surroundings))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let elements = text.array else { throw mismatch([Any].self, "an array") }
        return UnkeyedReader(elements: elements, codingPath: codingPath, surroundings: surroundings)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

    // MARK: Values

    func read<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let value = try known(type) {
            guard let value = value as? Value else { throw mismatch(type, "\(type)") }
            return value
        }
        return try Value(from: self)
    }

    // The types that are met most are read without a detour.
    func string() throws -> String { try require(text.string, String.self, "a string") }
    func bool() throws -> Bool { try require(text.bool, Bool.self, "a boolean") }
    func double() throws -> Double { try number(Double.self).double }

    /// The value if it is of a type that JSON or this module has; `nil` for all other types.
    private func known(_ type: any Decodable.Type) throws -> Any? {
        if type == String.self { return try string() }
        if type == Int.self { return try integer(Int.self) }
        if type == Bool.self { return try bool() }
        if type == Double.self { return try double() }
        if type == Bytes.self { return try bytes() }
        if type == JSONText.self { return text }
        if type == JSONValue.self { return text.value }
        if type == Float.self { return Float(try double()) }
        if let type = type as? any FixedWidthInteger.Type { return try integer(type) }
        return nil
    }

    private func number(_ type: Any.Type) throws -> JSONNumber {
        try require(text.number, type, "a number")
    }

    func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
        let number = try number(type)
        if let value = number.integer.flatMap({ Value(exactly: $0) }) ?? Value(number.text) { return value }
        throw DecodingError.dataCorrupted(
            .init(
                codingPath: codingPath,
                debugDescription: "is \(number.text.prefix(40)), which no \(type) holds"))
    }

    /// The attachment that the value is a placeholder for.
    func bytes() throws -> Bytes {
        guard let object = text.value.object, object["_placeholder"] == true,
            let index = object["num"]?.integer.flatMap(Int.init(exactly:)),
            surroundings.attachments.indices.contains(index)
        else { throw mismatch(Bytes.self, "bytes") }
        return Bytes(surroundings.attachments[index])
    }

    private func require<Value>(
        _ value: Value?, _ type: Any.Type, _ expected: String
    ) throws -> Value {
        guard let value else { throw mismatch(type, expected) }
        return value
    }

    private func mismatch(_ type: Any.Type, _ expected: String) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: codingPath, debugDescription: "is \(text.kind), not \(expected)")
        return text.isNull ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }
}

extension JSONTextReader: SingleValueDecodingContainer {
    func decodeNil() -> Bool { text.isNull }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try read(type) }
}

extension JSONText {
    /// What the value is, in words.
    fileprivate var kind: String {
        switch bytes.first {
        case UInt8(ascii: "{"): "an object"
        case UInt8(ascii: "["): "an array"
        case UInt8(ascii: "\""): "a string"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): "a boolean"
        case UInt8(ascii: "n"): "null"
        default: "a number"
        }
    }
}
