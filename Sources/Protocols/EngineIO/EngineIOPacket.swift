// SPDX-License-Identifier: Apache-2.0
public import ByteCoding

/// One Engine.IO packet. Engine.IO protocol, revisions 3 and 4.
///
/// A packet of text is its type digit and its payload. A binary message is bare bytes in a WebSocket
/// frame (revision 3 puts the byte 4 before them); as text it is base 64 behind `b` (revision 3: `b4`).
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

    /// The type digit of a message, which nearly every packet is.
    static let messageType = UInt8(ascii: "4")
    static let base64Type = UInt8(ascii: "b")

    /// Decodes a text frame, or one packet of a polling body of text.
    public init(
        decoding text: some Collection<UInt8>, revision: EngineIORevision = .four
    ) throws(DecodeError) {
        try self.init(decoding: Array(text), revision: revision)
    }

    /// ``init(decoding:revision:)`` that keeps the payload where it is: no copy is made of an array
    /// that nobody else holds.
    public init(
        decoding text: consuming [UInt8], revision: EngineIORevision = .four
    ) throws(DecodeError) {
        guard let type = text.first else { throw DecodeError(.truncated, "Engine.IO packet type", at: 0) }
        if type == Self.base64Type {
            self = .message(.binary(try Self.base64(text.dropFirst(), revision)))
            return
        }
        text.removeFirst()
        switch type {
        case Self.messageType: self = .message(.text(text))
        case UInt8(ascii: "0"): self = .open(text)
        case UInt8(ascii: "1"): self = .close
        case UInt8(ascii: "2"): self = .ping(text)
        case UInt8(ascii: "3"): self = .pong(text)
        case UInt8(ascii: "5"): self = .upgrade
        case UInt8(ascii: "6"): self = .noop
        default: throw DecodeError(.invalid, "Engine.IO packet type", at: 0)
        }
    }

    /// Decodes a binary frame, or one binary packet of a polling body of revision 3.
    public init(
        decodingBinary bytes: consuming [UInt8], revision: EngineIORevision = .four
    ) throws(DecodeError) {
        if revision == .three {
            guard let type = bytes.first else {
                throw DecodeError(.truncated, "Engine.IO packet type", at: 0)
            }
            // Nobody sends anything but messages as binary.
            guard type == 4 else { throw DecodeError(.invalid, "Engine.IO packet type", at: 0) }
            bytes.removeFirst()
        }
        self = .message(.binary(bytes))
    }

    private static func base64(
        _ text: ArraySlice<UInt8>, _ revision: EngineIORevision
    ) throws(DecodeError) -> [UInt8] {
        var text = text
        if revision == .three {
            guard text.popFirst() == messageType else {
                throw DecodeError(.invalid, "Engine.IO packet type", at: 1)
            }
        }
        guard let bytes = Base64.decode(text) else {
            throw DecodeError(.invalid, "Engine.IO binary message", at: 1)
        }
        return bytes
    }

    /// Appends the packet as text, a binary message as base 64.
    public func encode(into text: inout [UInt8], revision: EngineIORevision = .four) {
        if case .message(.binary(let payload)) = self {
            text.append(Self.base64Type)
            if revision == .three { text.append(Self.messageType) }
            text.append(contentsOf: Base64.encode(payload))
        } else {
            text.append(typeDigit)
            text.append(contentsOf: payload)
        }
    }

    public var encoded: [UInt8] {
        var text: [UInt8] = []
        encode(into: &text)
        return text
    }

    /// The type as text has it.
    var typeDigit: UInt8 {
        switch self {
        case .open: UInt8(ascii: "0")
        case .close: UInt8(ascii: "1")
        case .ping: UInt8(ascii: "2")
        case .pong: UInt8(ascii: "3")
        case .message: Self.messageType
        case .upgrade: UInt8(ascii: "5")
        case .noop: UInt8(ascii: "6")
        }
    }

    /// What follows the type.
    public var payload: [UInt8] {
        switch self {
        case .open(let payload), .ping(let payload), .pong(let payload): payload
        case .message(.text(let payload)), .message(.binary(let payload)): payload
        case .close, .upgrade, .noop: []
        }
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
