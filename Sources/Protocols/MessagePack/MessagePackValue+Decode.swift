// SPDX-License-Identifier: Apache-2.0
public import ByteCoding

/// What a decoder accepts, so that few bytes cannot cost much memory or stack.
public struct MessagePackLimits: Hashable, Sendable {
    /// Most arrays and maps inside each other.
    public var depth = 64
    /// Most values in all, the members of maps counted twice.
    public var values = 100_000

    public init() {}
}

extension MessagePackValue {
    /// Decodes bytes that hold one value and nothing else.
    public init(decoding bytes: [UInt8], limits: MessagePackLimits = .init()) throws(DecodeError) {
        self = try bytes.withReader { (reader) throws(DecodeError) in
            let value = try MessagePackValue(decoding: &reader, limits: limits)
            guard reader.remaining == 0 else {
                throw DecodeError(.invalid, "MessagePack after the value", at: reader.offset)
            }
            return value
        }
    }

    /// Decodes one value from the front of `reader` and leaves whatever follows it.
    public init(
        decoding reader: inout ByteReader, limits: MessagePackLimits = .init()
    ) throws(DecodeError) {
        var values = MessagePackDecoder(valuesLeft: limits.values)
        self = try values.value(&reader, depthLeft: limits.depth)
    }
}

private struct MessagePackDecoder {
    /// Most elements that memory is taken for before they are there: headers inside each other may all
    /// announce what only one of them can hold.
    private static let reserved = 256
    /// How many more values may come.
    var valuesLeft: Int

    mutating func value(
        _ reader: inout ByteReader, depthLeft: Int
    ) throws(DecodeError) -> MessagePackValue {
        let start = reader.offset
        valuesLeft -= 1
        guard valuesLeft >= 0 else { throw DecodeError(.tooLarge, "MessagePack values", at: start) }
        let format = try reader.read("MessagePack format", as: UInt8.self)
        switch format {
        case 0x00...0x7F: return .integer(Int64(format))
        case 0x80...0x8F: return try map(&reader, count: Int(format & 0x0F), depthLeft: depthLeft)
        case 0x90...0x9F: return try array(&reader, count: Int(format & 0x0F), depthLeft: depthLeft)
        case 0xA0...0xBF: return try string(&reader, count: Int(format & 0x1F))
        case 0xE0...0xFF: return .integer(Int64(Int8(bitPattern: format)))
        case 0xC0: return .null
        case 0xC2, 0xC3: return .bool(format == 0xC3)
        case 0xC4...0xC6:
            let count = try length(&reader, bytes: 1 << (format - 0xC4))
            return .binary(try reader.readBytes("MessagePack bin", count: count))
        case 0xC7...0xC9:
            let count = try length(&reader, bytes: 1 << (format - 0xC7))
            return try extended(&reader, count: count, isFixed: false)
        case 0xD4...0xD8: return try extended(&reader, count: 1 << (format - 0xD4), isFixed: true)
        case 0xD9...0xDB: return try string(&reader, count: length(&reader, bytes: 1 << (format - 0xD9)))
        case 0xDC, 0xDD:
            return try array(
                &reader, count: length(&reader, bytes: 2 << (format - 0xDC)), depthLeft: depthLeft)
        case 0xDE, 0xDF:
            return try map(&reader, count: length(&reader, bytes: 2 << (format - 0xDE)), depthLeft: depthLeft)
        case 0xCA...0xD3: return try number(&reader, format)
        default: throw DecodeError(.invalid, "MessagePack format", at: start)
        }
    }

    private func number(_ reader: inout ByteReader, _ format: UInt8) throws(DecodeError) -> MessagePackValue {
        let field = "MessagePack number"
        switch format {
        case 0xCA: return .double(Double(Float(bitPattern: try reader.read(field))))
        case 0xCB: return .double(Double(bitPattern: try reader.read(field)))
        case 0xCC: return .integer(Int64(try reader.read(field, as: UInt8.self)))
        case 0xCD: return .integer(Int64(try reader.read(field, as: UInt16.self)))
        case 0xCE: return .integer(Int64(try reader.read(field, as: UInt32.self)))
        case 0xCF:
            let value = try reader.read(field, as: UInt64.self)
            return Int64(exactly: value).map(MessagePackValue.integer) ?? .unsigned(value)
        case 0xD0: return .integer(Int64(try reader.read(field, as: Int8.self)))
        case 0xD1: return .integer(Int64(try reader.read(field, as: Int16.self)))
        case 0xD2: return .integer(Int64(try reader.read(field, as: Int32.self)))
        default: return .integer(try reader.read(field, as: Int64.self))
        }
    }

    /// A length of 1, 2 or 4 bytes.
    private func length(_ reader: inout ByteReader, bytes: Int) throws(DecodeError) -> Int {
        let field = "MessagePack length"
        switch bytes {
        case 1: return Int(try reader.read(field, as: UInt8.self))
        case 2: return Int(try reader.read(field, as: UInt16.self))
        default: return Int(try reader.read(field, as: UInt32.self))
        }
    }

    private func string(_ reader: inout ByteReader, count: Int) throws(DecodeError) -> MessagePackValue {
        let start = reader.offset
        let bytes = try reader.readBytes("MessagePack str", count: count)
        guard bytes.isValidUTF8 else { throw DecodeError(.invalid, "MessagePack str", at: start) }
        return .string(String(decoding: bytes, as: UTF8.self))
    }

    private func extended(
        _ reader: inout ByteReader, count: Int, isFixed: Bool
    ) throws(DecodeError) -> MessagePackValue {
        let type = try reader.read("MessagePack ext type", as: Int8.self)
        let bytes = try reader.readBytes("MessagePack ext", count: count)
        return .extension(MessagePackExtension(type: type, bytes: bytes, isFixed: isFixed))
    }

    private mutating func array(
        _ reader: inout ByteReader, count: Int, depthLeft: Int
    ) throws(DecodeError) -> MessagePackValue {
        try check(reader, count: count, depthLeft: depthLeft)
        var elements: [MessagePackValue] = []
        elements.reserveCapacity(min(count, Self.reserved))
        for _ in 0..<count { elements.append(try value(&reader, depthLeft: depthLeft - 1)) }
        return .array(elements)
    }

    private mutating func map(
        _ reader: inout ByteReader, count: Int, depthLeft: Int
    ) throws(DecodeError) -> MessagePackValue {
        try check(reader, count: count * 2, depthLeft: depthLeft)
        var map = MessagePackMap()
        map.members.reserveCapacity(min(count, Self.reserved))
        for _ in 0..<count {
            let key = try value(&reader, depthLeft: depthLeft - 1)
            map.members.append((key, try value(&reader, depthLeft: depthLeft - 1)))
        }
        return .map(map)
    }

    /// A value takes one byte at least: a count that cannot come true is refused before it costs memory.
    private func check(_ reader: borrowing ByteReader, count: Int, depthLeft: Int) throws(DecodeError) {
        guard depthLeft > 0 else { throw DecodeError(.tooLarge, "MessagePack depth", at: reader.offset) }
        guard count <= valuesLeft else {
            throw DecodeError(.tooLarge, "MessagePack values", at: reader.offset)
        }
        guard count <= reader.remaining else {
            throw DecodeError(.truncated, "MessagePack values", at: reader.offset)
        }
    }
}
