// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import JSON
internal import MessagePack
internal import SocketIOPackets

/// A message as a tree of JSON in which placeholders stand for bytes: what both JSON and MessagePack
/// can be read into and written from.
struct ClusterTree {
    var value: JSONValue
    /// What the placeholders stand for, in order.
    var attachments: [[UInt8]]

    init(_ value: JSONValue, attachments: [[UInt8]] = []) {
        self.value = value
        self.attachments = attachments
    }

    /// JSON if it begins like an object, and MessagePack otherwise, as the official adapters tell them apart.
    init(decoding bytes: [UInt8]) throws(DecodeError) {
        if bytes.first == UInt8(ascii: "{") {
            self.init(try JSONValue(parsing: bytes))
        } else {
            try self.init(messagePack: bytes)
        }
    }

    var json: [UInt8] {
        var bytes: [UInt8] = []
        value.format(into: &bytes)
        return bytes
    }

    // MARK: Arguments

    /// Values of this tree as arguments with attachments of their own.
    func arguments(_ values: some Collection<JSONValue>) -> SocketIOArguments {
        guard !attachments.isEmpty else { return SocketIOArguments(Array(values)) }
        var taken: [[UInt8]] = []
        var places: [Int: Int] = [:]
        let renumbered = values.map { value in
            value.replacingPlaceholders { index in
                guard attachments.indices.contains(index) else { return .null }
                if let known = places[index] { return .placeholder(known) }
                taken.append(attachments[index])
                places[index] = taken.count - 1
                return .placeholder(taken.count - 1)
            }
        }
        return SocketIOArguments(renumbered, attachments: taken)
    }

    /// Adds the attachments of `arguments` to this tree.
    /// - Returns: The values with placeholders that fit.
    mutating func adopt(_ arguments: SocketIOArguments) -> [JSONValue] {
        let first = attachments.count
        attachments += arguments.attachments
        guard first > 0, !arguments.attachments.isEmpty else { return arguments.values }
        return arguments.values.map { $0.replacingPlaceholders { .placeholder(first + $0) } }
    }

    /// A value of this tree, with `null` where it has bytes.
    func text(_ value: JSONValue?) -> JSONText {
        guard let value else { return JSONText(.null) }
        return JSONText(attachments.isEmpty ? value : value.replacingPlaceholders { _ in .null })
    }
}

extension JSONValue {
    static func placeholder(_ index: Int) -> JSONValue {
        ["_placeholder": true, "num": .number(JSONNumber(Int64(index)))]
    }

    /// The attachment that this value stands for.
    var placeholderIndex: Int? {
        guard case .object(let object) = self, object.members.count == 2,
            object["_placeholder"] == .bool(true), let index = object["num"]?.integer
        else { return nil }
        return Int(exactly: index)
    }

    func replacingPlaceholders(_ replace: (Int) -> JSONValue) -> JSONValue {
        if let index = placeholderIndex { return replace(index) }
        switch self {
        case .array(let elements): return .array(elements.map { $0.replacingPlaceholders(replace) })
        case .object(let object):
            return .object(
                JSONObject(object.members.map { ($0.key, $0.value.replacingPlaceholders(replace)) }))
        default: return self
        }
    }
}
