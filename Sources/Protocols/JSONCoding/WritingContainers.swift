// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Writes the members of an object.
struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: JSONTextWriter
    let codingPath: [any CodingKey]

    func encodeNil(forKey key: Key) { writer.append(.value(.null), forKey: key.stringValue) }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        let part = try writer.shared.part(value, key: key, in: codingPath)
        writer.append(part, forKey: key.stringValue)
    }

    // The types that are met most are written without a detour.
    func encode(_ value: String, forKey key: Key) {
        writer.append(.value(.string(value)), forKey: key.stringValue)
    }
    func encode(_ value: Bool, forKey key: Key) {
        writer.append(.value(.bool(value)), forKey: key.stringValue)
    }
    func encode(_ value: Int, forKey key: Key) {
        writer.append(.value(.number(JSONNumber(Int64(value)))), forKey: key.stringValue)
    }

    private func member(_ key: some CodingKey) -> JSONTextWriter {
        let member = JSONTextWriter(key: key, in: codingPath, writer.shared)
        writer.append(.writer(member), forKey: key.stringValue)
        return member
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        member(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        member(key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { member(AnyKey.superclass) }

    func superEncoder(forKey key: Key) -> any Encoder { member(key) }
}

/// Writes the elements of an array.
struct UnkeyedWriter: UnkeyedEncodingContainer {
    let writer: JSONTextWriter
    let codingPath: [any CodingKey]

    var count: Int { writer.count }

    func encodeNil() { writer.append(.value(.null)) }

    func encode<Value: Encodable>(_ value: Value) throws {
        writer.append(try writer.shared.part(value, key: AnyKey(intValue: count), in: codingPath))
    }

    private func element() -> JSONTextWriter {
        let element = JSONTextWriter(key: AnyKey(intValue: count), in: codingPath, writer.shared)
        writer.append(.writer(element))
        return element
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        element().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { element().unkeyedContainer() }

    func superEncoder() -> any Encoder { element() }
}
