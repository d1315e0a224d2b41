// SPDX-License-Identifier: Apache-2.0

/// A packet as one WebSocket frame, its type apart from its payload: whoever writes the frame puts both
/// behind the frame's header, and a large payload is not copied before that.
public struct EngineIOFrame: Hashable, Sendable {
    /// A text frame; otherwise a binary one.
    public var isText: Bool
    /// The first byte of the frame; `nil` before a binary message of revision 4.
    public var type: UInt8?
    public var payload: [UInt8]

    /// - Parameter base64: The client cannot take binary frames (`b64=1`, revision 3 only).
    public init(_ packet: EngineIOPacket, revision: EngineIORevision = .four, base64: Bool = false) {
        switch (packet, revision) {
        case (.message(.binary(let bytes)), .four):
            (isText, type, payload) = (false, nil, bytes)
        case (.message(.binary), .three) where base64:
            var text: [UInt8] = []
            packet.encode(into: &text, revision: .three)
            (isText, type, payload) = (true, nil, text)
        case (.message(.binary(let bytes)), .three):
            (isText, type, payload) = (false, 4, bytes)
        default:
            (isText, type, payload) = (true, packet.typeDigit, packet.payload)
        }
    }

    /// Bytes of the frame without its WebSocket header.
    public var count: Int { payload.count + (type == nil ? 0 : 1) }

    /// The frame's content in one piece.
    public var message: EngineIOMessage {
        var bytes = payload
        if let type { bytes.insert(type, at: 0) }
        return isText ? .text(bytes) : .binary(bytes)
    }
}
