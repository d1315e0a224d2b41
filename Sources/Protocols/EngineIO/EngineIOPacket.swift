// SPDX-License-Identifier: Apache-2.0
public import ByteCoding

/// One Engine.IO packet. Engine.IO protocol, revision 4.
///
/// On a WebSocket a packet is one text frame, its type digit first, except that a binary message is
/// one bare binary frame. In a polling body packets are separated by U+001E and a binary message is
/// `b` and base 64.
public enum EngineIOPacket: Hashable, Sendable {
    /// The handshake, JSON. Server to client only.
    case open([UInt8])
    case close
    /// A heartbeat; the payload is `probe` while upgrading.
    case ping([UInt8])
    case pong([UInt8])
    case message(EngineIOMessage)
    case upgrade
    case noop

    /// Decodes a text frame, or one packet of a polling body.
    public init(decoding text: some Collection<UInt8>) throws(DecodeError) {
        guard let type = text.first else { throw DecodeError(.truncated, "Engine.IO packet type", at: 0) }
        let payload = text.dropFirst()
        switch type {
        case UInt8(ascii: "0"): self = .open(Array(payload))
        case UInt8(ascii: "1"): self = .close
        case UInt8(ascii: "2"): self = .ping(Array(payload))
        case UInt8(ascii: "3"): self = .pong(Array(payload))
        case UInt8(ascii: "4"): self = .message(.text(Array(payload)))
        case UInt8(ascii: "5"): self = .upgrade
        case UInt8(ascii: "6"): self = .noop
        default: throw DecodeError(.invalid, "Engine.IO packet type", at: 0)
        }
    }

    /// Appends the packet as text. A binary message takes its polling form.
    public func encode(into text: inout [UInt8]) {
        switch self {
        case .open(let handshake):
            text.append(UInt8(ascii: "0"))
            text.append(contentsOf: handshake)
        case .close: text.append(UInt8(ascii: "1"))
        case .ping(let payload):
            text.append(UInt8(ascii: "2"))
            text.append(contentsOf: payload)
        case .pong(let payload):
            text.append(UInt8(ascii: "3"))
            text.append(contentsOf: payload)
        case .message(.text(let payload)):
            text.append(UInt8(ascii: "4"))
            text.append(contentsOf: payload)
        case .message(.binary(let payload)):
            text.append(UInt8(ascii: "b"))
            text.append(contentsOf: Base64.encode(payload))
        case .upgrade: text.append(UInt8(ascii: "5"))
        case .noop: text.append(UInt8(ascii: "6"))
        }
    }

    public var encoded: [UInt8] {
        var text: [UInt8] = []
        encode(into: &text)
        return text
    }
}

/// What the layer above Engine.IO sends and receives.
public enum EngineIOMessage: Hashable, Sendable {
    /// UTF-8.
    case text([UInt8])
    case binary([UInt8])

    /// Bytes of payload.
    public var count: Int {
        switch self {
        case .text(let bytes), .binary(let bytes): bytes.count
        }
    }
}
