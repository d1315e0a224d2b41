// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The members of an object.
struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let codingPath: [any CodingKey]
    private let members: [(key: String, value: JSONText)]
    /// Where in ``members`` a name is. Only for many: an object of a peer's making must not be searched
    /// through once for each of its members.
    private let places: [String: Int]?
    private let surroundings: JSONTextReader.Surroundings

    init(
        _ members: [(key: String, value: JSONText)], codingPath: [any CodingKey],
        _ surroundings: JSONTextReader.Surroundings
    ) {
        self.members = members
        self.codingPath = codingPath
        self.surroundings = surroundings
        places =
            members.count <= 16
            ? nil : Dictionary(members.enumerated().map { ($1.key, $0) }) { _, last in last }
    }

    /// The last member of a name counts, as in JavaScript.
    private func text(_ name: String) -> JSONText? {
        if let places { return places[name].map { members[$0].value } }
        return members.last { $0.key == name }?.value
    }

    private func reader(_ key: some CodingKey) throws -> JSONTextReader {
        guard let text = text(key.stringValue) else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: codingPath, debugDescription: "is missing"))
        }
        return JSONTextReader(text, key: key, in: codingPath, surroundings)
    }

    /// The value of a member that is there and not null.
    private func present(_ key: Key) -> JSONTextReader? {
        guard let text = text(key.stringValue), !text.isNull else { return nil }
        return JSONTextReader(text, key: key, in: codingPath, surroundings)
    }

    /// Each name once.
    var allKeys: [Key] {
        guard let places else {
            return members.enumerated().compactMap { index, member in
                members[..<index].contains { $0.key == member.key } ? nil : Key(stringValue: member.key)
            }
        }
        return places.keys.compactMap(Key.init(stringValue:))
    }

    func contains(_ key: Key) -> Bool { text(key.stringValue) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try reader(key).decodeNil() }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try reader(key).read(type)
    }

    func decode(_ type: String.Type, forKey key: Key) throws -> String { try reader(key).string() }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try reader(key).bool() }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try reader(key).double() }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try reader(key).integer(type) }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        try present(key)?.read(type)
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try present(key)?.string()
    }
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try present(key)?.bool() }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        try present(key)?.double()
    }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try present(key)?.integer(type) }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try reader(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try reader(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try reader(AnyKey.superclass) }

    func superDecoder(forKey key: Key) throws -> any Decoder { try reader(key) }
}

/// The elements of an array.
struct UnkeyedReader: UnkeyedDecodingContainer {
    let elements: [JSONText]
    let codingPath: [any CodingKey]
    let surroundings: JSONTextReader.Surroundings
    private(set) var currentIndex = 0

    init(elements: [JSONText], codingPath: [any CodingKey], surroundings: JSONTextReader.Surroundings) {
        self.elements = elements
        self.codingPath = codingPath
        self.surroundings = surroundings
    }

    var count: Int? { elements.count }

    var isAtEnd: Bool { currentIndex >= elements.count }

    /// Reads the next element and passes over it, unless that fails.
    private mutating func next<Value>(_ body: (JSONTextReader) throws -> Value) throws -> Value {
        let key = AnyKey(intValue: currentIndex)
        guard !isAtEnd else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: codingPath, debugDescription: "is missing"))
        }
        let value = try body(JSONTextReader(elements[currentIndex], key: key, in: codingPath, surroundings))
        currentIndex += 1
        return value
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, elements[currentIndex].isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try next { try $0.read(type) }
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try next { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder { try next { $0 } }
}
