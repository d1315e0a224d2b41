// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import JSON
internal import MessagePack

extension ClusterTree {
    init(messagePack bytes: [UInt8]) throws(DecodeError) {
        let value = try MessagePackValue(decoding: bytes)
        var attachments: [[UInt8]] = []
        self.init(try Self.json(from: value, &attachments), attachments: attachments)
    }

    var messagePack: [UInt8] {
        var bytes: [UInt8] = []
        Self.messagePack(from: value, attachments).encode(into: &bytes)
        return bytes
    }

    private static func json(
        from value: MessagePackValue, _ attachments: inout [[UInt8]]
    ) throws(DecodeError) -> JSONValue {
        switch value {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .integer(let value): return .number(JSONNumber(value))
        case .unsigned(let value): return .number(JSONNumber(Double(value)))
        case .double(let value): return value.isFinite ? .number(JSONNumber(value)) : .null
        case .string(let value): return .string(value)
        case .binary(let bytes): return attach(bytes, &attachments)
        case .array(let elements):
            var values: [JSONValue] = []
            values.reserveCapacity(elements.count)
            for element in elements { values.append(try json(from: element, &attachments)) }
            return .array(values)
        case .map(let map):
            var members: [(String, JSONValue)] = []
            members.reserveCapacity(map.members.count)
            for (key, value) in map.members {
                guard let name = key.string ?? key.integer.map({ String($0) }) else {
                    throw DecodeError(.invalid, "MessagePack map key", at: 0)
                }
                members.append((name, try json(from: value, &attachments)))
            }
            return .object(JSONObject(members))
        case .extension(let value):
            // What notepack writes for an ArrayBuffer; its `undefined` and its dates have no place in JSON.
            return value.type == 0 && !value.isFixed ? attach(value.bytes, &attachments) : .null
        }
    }

    private static func attach(_ bytes: [UInt8], _ attachments: inout [[UInt8]]) -> JSONValue {
        attachments.append(bytes)
        return .placeholder(attachments.count - 1)
    }

    private static func messagePack(from value: JSONValue, _ attachments: [[UInt8]]) -> MessagePackValue {
        switch value {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .number(let number): return number.integer.map { .integer($0) } ?? .double(number.double)
        case .string(let value): return .string(value)
        case .array(let elements): return .array(elements.map { messagePack(from: $0, attachments) })
        case .object(let object):
            if let index = value.placeholderIndex, attachments.indices.contains(index) {
                return .binary(attachments[index])
            }
            return .map(
                MessagePackMap(
                    object.members.map { (.string($0.key), messagePack(from: $0.value, attachments)) }))
        }
    }
}
