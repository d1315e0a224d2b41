// SPDX-License-Identifier: Apache-2.0
public import ByteCoding

/// The body of a polling request or answer: several packets.
///
/// Revision 4 joins them with U+001E; see `EngineIOPayload+Revision3.swift` for the other form.
public enum EngineIOPayload {
    static let separator: UInt8 = 0x1E

    /// Decodes a body of text.
    ///
    /// - Parameter maxPackets: Most packets accepted; a body of separators alone is cheap to send.
    public static func decode(
        _ body: [UInt8], revision: EngineIORevision = .four, maxPackets: Int = 10_000
    ) throws(DecodeError) -> [EngineIOPacket] {
        guard body.isValidUTF8 else { throw DecodeError(.invalid, "Engine.IO payload", at: 0) }
        if revision == .three { return try decodeRevision3(body, maxPackets: maxPackets) }
        var packets: [EngineIOPacket] = []
        var start = 0
        while start <= body.count {
            let end = body[start...].firstIndex(of: separator) ?? body.count
            guard packets.count < maxPackets else {
                throw DecodeError(.tooLarge, "Engine.IO payload", at: start)
            }
            packets.append(try packet(body[start..<end], revision))
            start = end + 1
        }
        return packets
    }

    /// One packet of a body; errors are counted from the start of the body.
    static func packet(
        _ text: ArraySlice<UInt8>, _ revision: EngineIORevision
    ) throws(DecodeError) -> EngineIOPacket {
        do throws(DecodeError) {
            return try EngineIOPacket(decoding: text, revision: revision)
        } catch {
            throw DecodeError(error.reason, error.field, at: text.startIndex + error.offset)
        }
    }

    /// Encodes a body of text.
    public static func encode(
        _ packets: some Collection<EngineIOPacket>, revision: EngineIORevision = .four
    ) -> [UInt8] {
        if revision == .three { return encodeRevision3(packets) }
        var body: [UInt8] = []
        for packet in packets { append(packet, to: &body) }
        return body
    }

    /// Adds one more packet to a body of revision 4.
    public static func append(_ packet: EngineIOPacket, to body: inout [UInt8]) {
        if !body.isEmpty { body.append(separator) }
        packet.encode(into: &body)
    }
}
