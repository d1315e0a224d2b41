// SPDX-License-Identifier: Apache-2.0
public import JSON

/// Any JSON as a part of a value. With other coders than this module's, as far as those tell values
/// apart: numbers as `Int64` or `Double`, names in the coder's order.
extension JSONValue: Codable {
    public init(from decoder: any Decoder) throws {
        if let reader = decoder as? JSONTextReader {
            self = reader.text.value
            return
        }
        if let container = try? decoder.container(keyedBy: AnyKey.self) {
            var object = JSONObject()
            for key in container.allKeys {
                object.members.append((key.stringValue, try container.decode(JSONValue.self, forKey: key)))
            }
            self = .object(object)
        } else if var container = try? decoder.unkeyedContainer() {
            var elements: [JSONValue] = []
            while !container.isAtEnd { elements.append(try container.decode(JSONValue.self)) }
            self = .array(elements)
        } else {
            self = try JSONValue(scalar: decoder.singleValueContainer())
        }
    }

    private init(scalar container: any SingleValueDecodingContainer) throws {
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .number(JSONNumber(value))
        } else if let value = try? container.decode(Double.self) {
            self = .number(JSONNumber(value))
        } else {
            self = .string(try container.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        if let writer = encoder as? JSONTextWriter { return writer.put(.value(self)) }
        switch self {
        case .null:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .bool(let value): try value.encode(to: encoder)
        case .number(let value):
            if let integer = value.integer {
                try integer.encode(to: encoder)
            } else {
                try value.double.encode(to: encoder)
            }
        case .string(let value): try value.encode(to: encoder)
        case .array(let elements): try elements.encode(to: encoder)
        case .object(let object):
            var container = encoder.container(keyedBy: AnyKey.self)
            for (key, value) in object.members {
                try container.encode(value, forKey: AnyKey(stringValue: key))
            }
        }
    }
}

/// The text of a part of a value, as it was written. Other coders than this module's see its value.
extension JSONText: Codable {
    public init(from decoder: any Decoder) throws {
        if let reader = decoder as? JSONTextReader {
            self = reader.text
        } else {
            self.init(try JSONValue(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        if let writer = encoder as? JSONTextWriter {
            writer.put(.text(self))
        } else {
            try value.encode(to: encoder)
        }
    }
}
