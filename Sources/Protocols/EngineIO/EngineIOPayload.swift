// SPDX-License-Identifier: Apache-2.0
public import ByteCoding

/// The body of a polling request or answer: packets joined by U+001E. Engine.IO protocol, revision 4.
public enum EngineIOPayload {
    static let separator: UInt8 = 0x1E

    /// - Parameter maxPackets: Most packets accepted; a body of separators alone is cheap to send.
    public static func decode(
        _ body: [UInt8], maxPackets: Int = 10_000
    ) throws(DecodeError) -> [EngineIOPacket] {
        guard body.isValidUTF8 else { throw DecodeError(.invalid, "Engine.IO payload", at: 0) }
        var packets: [EngineIOPacket] = []
        var start = 0
        while start <= body.count {
            let end = body[start...].firstIndex(of: separator) ?? body.count
            guard packets.count < maxPackets else {
                throw DecodeError(.tooLarge, "Engine.IO payload", at: start)
            }
            do throws(DecodeError) {
                packets.append(try packet(body[start..<end]))
            } catch {
                throw DecodeError(error.reason, error.field, at: start + error.offset)
            }
            start = end + 1
        }
        return packets
    }

    private static func packet(_ text: ArraySlice<UInt8>) throws(DecodeError) -> EngineIOPacket {
        guard text.first == UInt8(ascii: "b") else { return try EngineIOPacket(decoding: text) }
        guard let bytes = Base64.decode(text.dropFirst()) else {
            throw DecodeError(.invalid, "Engine.IO binary message", at: 1)
        }
        return .message(.binary(bytes))
    }

    public static func encode(_ packets: some Collection<EngineIOPacket>) -> [UInt8] {
        var body: [UInt8] = []
        for (index, packet) in packets.enumerated() {
            if index > 0 { body.append(separator) }
            packet.encode(into: &body)
        }
        return body
    }
}
