// SPDX-License-Identifier: Apache-2.0
public import ByteCoding

/// Polling bodies of Engine.IO revision 3.
///
/// ```
///   text     2:4€10:b4AQIDBA==                        lengths in UTF-16 code units, as JavaScript counts
///   binary   00 04 FF 34 E2 82 AC 01 05 FF 04 01 02 03 04
///            │  │  │  └ packet   │ binary packet: its type is the byte 4
///            │  │  └ end of the length
///            │  └ length in bytes, one decimal digit per byte
///            └ 0 text, 1 binary
/// ```
extension EngineIOPayload {
    /// Most digits of a length: more than any body that we read could need.
    private static let maxDigits = 9

    static func decodeRevision3(
        _ body: [UInt8], maxPackets: Int
    ) throws(DecodeError) -> [EngineIOPacket] {
        guard !body.isEmpty else { throw DecodeError(.truncated, "Engine.IO packet length", at: 0) }
        var packets: [EngineIOPacket] = []
        var start = 0
        while start < body.count {
            guard packets.count < maxPackets else {
                throw DecodeError(.tooLarge, "Engine.IO payload", at: start)
            }
            let length = try length(
                in: body, from: start, endedBy: UInt8(ascii: ":"), zero: UInt8(ascii: "0"))
            guard let end = index(after: length.value, unitsOf: body, from: length.end) else {
                throw DecodeError(.truncated, "Engine.IO packet", at: length.end)
            }
            packets.append(try packet(body[length.end..<end], .three))
            start = end
        }
        return packets
    }

    /// Decodes a body of the media type `application/octet-stream`.
    public static func decodeBinary(
        _ body: [UInt8], maxPackets: Int = 10_000
    ) throws(DecodeError) -> [EngineIOPacket] {
        guard !body.isEmpty else { throw DecodeError(.truncated, "Engine.IO packet length", at: 0) }
        var packets: [EngineIOPacket] = []
        var start = 0
        while start < body.count {
            guard packets.count < maxPackets else {
                throw DecodeError(.tooLarge, "Engine.IO payload", at: start)
            }
            let kind = body[start]
            guard kind <= 1 else { throw DecodeError(.invalid, "Engine.IO packet kind", at: start) }
            let length = try length(in: body, from: start + 1, endedBy: 0xFF, zero: 0)
            let end = length.end + length.value
            guard end <= body.count else {
                throw DecodeError(.truncated, "Engine.IO packet", at: length.end)
            }
            let content = Array(body[length.end..<end])
            do throws(DecodeError) {
                if kind == 0, !content.isValidUTF8 { throw DecodeError(.invalid, "Engine.IO packet", at: 0) }
                packets.append(
                    kind == 0
                        ? try EngineIOPacket(decoding: content, revision: .three)
                        : try EngineIOPacket(decodingBinary: content, revision: .three))
            } catch {
                throw DecodeError(error.reason, error.field, at: length.end + error.offset)
            }
            start = end
        }
        return packets
    }

    static func encodeRevision3(_ packets: some Collection<EngineIOPacket>) -> [UInt8] {
        var body: [UInt8] = []
        var text: [UInt8] = []
        for packet in packets {
            text.removeAll(keepingCapacity: true)
            packet.encode(into: &text, revision: .three)
            body.append(contentsOf: String(units(in: text)).utf8)
            body.append(UInt8(ascii: ":"))
            body.append(contentsOf: text)
        }
        return body
    }

    /// Encodes a body of the media type `application/octet-stream`, for clients that take it.
    public static func encodeBinary(_ packets: some Collection<EngineIOPacket>) -> [UInt8] {
        var body: [UInt8] = []
        for packet in packets {
            let frame = EngineIOFrame(packet, revision: .three)
            body.append(frame.isText ? 0 : 1)
            body.append(contentsOf: String(frame.count).utf8.lazy.map { $0 - UInt8(ascii: "0") })
            body.append(0xFF)
            if let type = frame.type { body.append(type) }
            body.append(contentsOf: frame.payload)
        }
        return body
    }

    /// Reads a decimal number and the mark behind it.
    private static func length(
        in body: [UInt8], from start: Int, endedBy mark: UInt8, zero: UInt8
    ) throws(DecodeError) -> (value: Int, end: Int) {
        var value = 0
        var index = start
        while index < body.count, body[index] != mark {
            guard body[index] >= zero, body[index] - zero <= 9, index - start < maxDigits else {
                throw DecodeError(.invalid, "Engine.IO packet length", at: index)
            }
            value = value * 10 + Int(body[index] - zero)
            index += 1
        }
        guard index < body.count, index > start else {
            throw DecodeError(.truncated, "Engine.IO packet length", at: index)
        }
        return (value, index + 1)
    }

    /// UTF-16 code units of well-formed UTF-8.
    private static func units(in text: [UInt8]) -> Int {
        text.reduce(0) { $0 + units(startedBy: $1) }
    }

    private static func units(startedBy byte: UInt8) -> Int {
        if byte & 0xC0 == 0x80 { return 0 }
        return byte >= 0xF0 ? 2 : 1
    }

    /// Where `count` UTF-16 code units of well-formed UTF-8 end; `nil` when there are fewer, or when
    /// the end would cut a character.
    private static func index(after count: Int, unitsOf text: [UInt8], from start: Int) -> Int? {
        var rest = count
        var index = start
        while index < text.count {
            let units = units(startedBy: text[index])
            if rest == 0, units > 0 { break }
            rest -= units
            guard rest >= 0 else { return nil }
            index += 1
        }
        return rest == 0 ? index : nil
    }
}
