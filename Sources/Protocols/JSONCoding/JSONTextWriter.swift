// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// One value on its way to become text.
///
/// The parts are kept until the whole is known, because a value may fill several containers at once.
final class JSONTextWriter: Encoder {
    /// What is the same for all parts of a value.
    final class Shared {
        fileprivate(set) var attachments: [[UInt8]]
        fileprivate let userInfo: [CodingUserInfoKey: any Sendable]

        init(attachments: [[UInt8]], userInfo: [CodingUserInfoKey: any Sendable]) {
            self.attachments = attachments
            self.userInfo = userInfo
        }
    }

    enum Part {
        case value(JSONValue)
        case text(JSONText)
        case writer(JSONTextWriter)
    }

    private enum Content {
        case nothing
        case single(Part)
        case array([Part])
        case object([(key: String, part: Part)])
    }

    let shared: Shared
    private let key: (any CodingKey)?
    private let parentPath: [any CodingKey]
    private var content = Content.nothing

    init(key: (any CodingKey)?, in parentPath: [any CodingKey], _ shared: Shared) {
        self.key = key
        self.parentPath = parentPath
        self.shared = shared
    }

    var codingPath: [any CodingKey] { key.map { parentPath + [$0] } ?? parentPath }

    var userInfo: [CodingUserInfoKey: Any] { shared.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .object = content {} else { content = .object([]) }
        return KeyedEncodingContainer(KeyedWriter(writer: self, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .array = content {} else { content = .array([]) }
        return UnkeyedWriter(writer: self, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    // MARK: Parts

    /// Makes `part` the whole value.
    func put(_ part: Part) { content = .single(part) }

    func append(_ part: Part) {
        guard case .array(var parts) = content else { return }
        content = .nothing
        parts.append(part)
        content = .array(parts)
    }

    func append(_ part: Part, forKey key: String) {
        guard case .object(var parts) = content else { return }
        content = .nothing
        parts.append((key, part))
        content = .object(parts)
    }

    /// How many elements an array has so far.
    var count: Int { if case .array(let parts) = content { parts.count } else { 0 } }

    fileprivate var isEmpty: Bool { if case .nothing = content { true } else { false } }

    /// Appends the text.
    fileprivate func format(into text: inout [UInt8]) {
        switch content {
        case .nothing: JSONObject().format(into: &text)
        case .single(let part): part.format(into: &text)
        case .array(let parts):
            text.append(UInt8(ascii: "["))
            for (index, part) in parts.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                part.format(into: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .object(let parts):
            text.append(UInt8(ascii: "{"))
            for (index, (key, part)) in parts.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                JSONValue.format(key, into: &text)
                text.append(UInt8(ascii: ":"))
                part.format(into: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
    }
}

extension JSONTextWriter.Part {
    var text: JSONText {
        switch self {
        case .value(let value): return JSONText(value)
        case .text(let text): return text
        case .writer(let writer):
            var text: [UInt8] = []
            writer.format(into: &text)
            return JSONText(checked: text[...])
        }
    }

    fileprivate func format(into text: inout [UInt8]) {
        switch self {
        case .value(let value): value.format(into: &text)
        case .text(let value): text.append(contentsOf: value.bytes)
        case .writer(let writer): writer.format(into: &text)
        }
    }
}

extension JSONTextWriter: SingleValueEncodingContainer {
    func encodeNil() { put(.value(.null)) }

    func encode<Value: Encodable>(_ value: Value) throws {
        put(try shared.part(value, key: key, in: parentPath))
    }
}

// MARK: Values

extension JSONTextWriter.Shared {
    func part<Value: Encodable>(
        _ value: Value, key: (any CodingKey)?, in parentPath: [any CodingKey]
    ) throws -> JSONTextWriter.Part {
        if let part = try known(value, key: key, in: parentPath) { return part }
        let writer = JSONTextWriter(key: key, in: parentPath, self)
        try value.encode(to: writer)
        guard !writer.isEmpty else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: writer.codingPath, debugDescription: "encodes nothing"))
        }
        return .writer(writer)
    }

    /// Keeps an attachment and returns its placeholder.
    func attach(_ bytes: [UInt8]) -> JSONTextWriter.Part {
        attachments.append(bytes)
        return .value(["_placeholder": true, "num": .number(JSONNumber(Int64(attachments.count - 1)))])
    }

    /// The part for a value of a type that JSON or this module has; `nil` for all other types.
    private func known<Value: Encodable>(
        _ value: Value, key: (any CodingKey)?, in parentPath: [any CodingKey]
    ) throws -> JSONTextWriter.Part? {
        // Comparing types is cheaper than casting, and most values are of none of these.
        let type = Value.self as any Encodable.Type
        if type == String.self, let value = value as? String { return .value(.string(value)) }
        if type == Bool.self, let value = value as? Bool { return .value(.bool(value)) }
        if type == Double.self, let value = value as? Double {
            return try number(value, key: key, in: parentPath)
        }
        if type == Float.self {
            // By way of its own shortest text: 0.1 stays 0.1.
            return try number(Double("\(value)") ?? .nan, key: key, in: parentPath)
        }
        if type == Bytes.self, let value = value as? Bytes { return attach(value.array) }
        if type == JSONText.self, let value = value as? JSONText { return .text(value) }
        if type == JSONValue.self, let value = value as? JSONValue { return .value(value) }
        guard let value = value as? any FixedWidthInteger else { return nil }
        if let integer = Int64(exactly: value) { return .value(.number(JSONNumber(integer))) }
        return UInt64(exactly: value).map { .value(.number(JSONNumber($0))) }
    }

    private func number(
        _ value: Double, key: (any CodingKey)?, in parentPath: [any CodingKey]
    ) throws -> JSONTextWriter.Part {
        if value.isFinite { return .value(.number(JSONNumber(value))) }
        throw EncodingError.invalidValue(
            value,
            .init(
                codingPath: key.map { parentPath + [$0] } ?? parentPath,
                debugDescription: "is \(value), which JSON cannot hold"))
    }
}
