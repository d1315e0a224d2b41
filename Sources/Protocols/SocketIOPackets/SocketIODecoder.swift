// SPDX-License-Identifier: Apache-2.0
public import ByteCoding
public import EngineIO
internal import JSON

/// Joins the messages of one connection into packets.
///
/// Every error is final: the connection is to be closed, as the official server does.
public struct SocketIODecoder: Sendable {
    public struct Limits: Hashable, Sendable {
        /// Most attachments of one packet. The official parser allows 10 (GHSA-677m-j7p3-52f9).
        public var attachments = 10
        /// Most bytes of one packet, attachments included.
        public var bytes = 1_000_000
        /// Most bytes of a namespace's name.
        public var namespace = 256

        public init() {}
    }

    private struct Pending {
        var packet: SocketIOPacket
        var missing: Int
        var bytes: Int
    }

    private let limits: Limits
    /// A packet whose attachments are still on their way.
    private var pending: Pending?

    public init(limits: Limits = Limits()) { self.limits = limits }

    /// - Returns: the packet that `message` completes, or `nil` while attachments are missing.
    public mutating func decode(_ message: EngineIOMessage) throws(DecodeError) -> SocketIOPacket? {
        switch message {
        case .text(let text): try decode(text: text)
        case .binary(let attachment): try decode(attachment: attachment)
        }
    }

    private mutating func decode(text: [UInt8]) throws(DecodeError) -> SocketIOPacket? {
        guard pending == nil else { throw DecodeError(.invalid, "Socket.IO attachment", at: 0) }
        guard text.count <= limits.bytes else { throw DecodeError(.tooLarge, "Socket.IO packet", at: 0) }
        var header = Header(text, limits: limits)
        let (packet, missing) = try header.parse()
        guard missing > 0 else { return packet }
        pending = Pending(packet: packet, missing: missing, bytes: text.count)
        return nil
    }

    private mutating func decode(attachment: [UInt8]) throws(DecodeError) -> SocketIOPacket? {
        guard var pending else { throw DecodeError(.invalid, "Socket.IO attachment", at: 0) }
        pending.bytes += attachment.count
        guard pending.bytes <= limits.bytes else { throw DecodeError(.tooLarge, "Socket.IO packet", at: 0) }
        pending.packet.attachments.append(attachment)
        pending.missing -= 1
        self.pending = pending.missing > 0 ? pending : nil
        return pending.missing > 0 ? nil : pending.packet
    }
}

/// Parses one text packet from left to right.
private struct Header {
    private let text: [UInt8]
    private let limits: SocketIODecoder.Limits
    private var index = 0

    init(_ text: [UInt8], limits: SocketIODecoder.Limits) {
        self.text = text
        self.limits = limits
    }

    mutating func parse() throws(DecodeError) -> (packet: SocketIOPacket, missing: Int) {
        guard let type = text.first else { throw DecodeError(.truncated, "Socket.IO packet type", at: 0) }
        index = 1
        let isBinary = type == UInt8(ascii: "5") || type == UInt8(ascii: "6")
        let missing = isBinary ? try attachmentCount() : 0
        let namespace = try namespace()
        let id = try ackID()
        let payload = try payload()
        let kind = try kind(type, id: id, payload: payload, missing: missing)
        return (SocketIOPacket(kind, namespace: namespace), missing)
    }

    private mutating func attachmentCount() throws(DecodeError) -> Int {
        let start = index
        guard let count = try number("Socket.IO attachment count"), count > 0, index < text.count,
            text[index] == UInt8(ascii: "-")
        else { throw DecodeError(.invalid, "Socket.IO attachment count", at: start) }
        guard count <= UInt64(limits.attachments) else {
            throw DecodeError(.tooLarge, "Socket.IO attachment count", at: start)
        }
        index += 1
        return Int(count)
    }

    private mutating func namespace() throws(DecodeError) -> String {
        guard index < text.count, text[index] == UInt8(ascii: "/") else { return "/" }
        let end = text[index...].firstIndex(of: UInt8(ascii: ",")) ?? text.count
        guard end - index <= limits.namespace else {
            throw DecodeError(.tooLarge, "Socket.IO namespace", at: index)
        }
        guard let name = String(validating: text[index..<end], as: UTF8.self) else {
            throw DecodeError(.invalid, "Socket.IO namespace", at: index)
        }
        index = min(end + 1, text.count)
        return name
    }

    private mutating func ackID() throws(DecodeError) -> SocketIOPacket.AckID? {
        try number("Socket.IO ack id").map(SocketIOPacket.AckID.init(rawValue:))
    }

    /// The digits from here on, if there are any. At most 2^53, which a JavaScript peer can echo.
    private mutating func number(_ field: String) throws(DecodeError) -> UInt64? {
        let start = index
        var value: UInt64 = 0
        while index < text.count, case let digit = text[index] &- UInt8(ascii: "0"), digit < 10 {
            value = value * 10 + UInt64(digit)
            guard value <= 1 << 53 else { throw DecodeError(.tooLarge, field, at: start) }
            index += 1
        }
        return index > start ? value : nil
    }

    private func payload() throws(DecodeError) -> JSONValue? {
        guard index < text.count else { return nil }
        do throws(DecodeError) {
            return try JSONValue(parsing: Array(text[index...]))
        } catch {
            throw DecodeError(error.reason, error.field, at: index + error.offset)
        }
    }

    private func kind(
        _ type: UInt8, id: SocketIOPacket.AckID?, payload: JSONValue?, missing: Int
    ) throws(DecodeError) -> SocketIOPacket.Kind {
        let invalid = DecodeError(.invalid, "Socket.IO payload", at: index)
        switch type {
        case UInt8(ascii: "0"):
            guard let payload else { return .connect(nil) }
            guard let auth = payload.object, id == nil else { throw invalid }
            return .connect(auth)
        case UInt8(ascii: "1"):
            guard payload == nil, id == nil else { throw invalid }
            return .disconnect
        case UInt8(ascii: "2"), UInt8(ascii: "5"):
            // The official server lets `42` pass and does nothing with it.
            guard payload != nil || missing > 0 else { return .event([], id: id) }
            guard let values = payload?.array, Self.isEventName(values.first) else { throw invalid }
            try checkPlaceholders(values, count: missing)
            return .event(values, id: id)
        case UInt8(ascii: "3"), UInt8(ascii: "6"):
            guard let values = payload?.array, let id else { throw invalid }
            try checkPlaceholders(values, count: missing)
            return .ack(values, id: id)
        case UInt8(ascii: "4"):
            // Ours to read only in tests and as a client; a server's namespace refuses it.
            guard let data = payload?.object else { throw invalid }
            return .connectError(data)
        default: throw DecodeError(.invalid, "Socket.IO packet type", at: 0)
        }
    }

    /// Names the protocol keeps for itself.
    private static let reserved: Set<String> = [
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
    ]

    private static func isEventName(_ value: JSONValue?) -> Bool {
        switch value {
        case .string(let name): !reserved.contains(name)
        case .number: true
        default: false
        }
    }

    /// Every placeholder must name an attachment that will come.
    private func checkPlaceholders(_ values: [JSONValue], count: Int) throws(DecodeError) {
        guard count > 0 else { return }
        for value in values {
            switch value {
            case .array(let nested): try checkPlaceholders(nested, count: count)
            case .object(let object):
                if object["_placeholder"] == .bool(true) {
                    guard let number = object["num"]?.integer, number >= 0, number < count else {
                        throw DecodeError(.invalid, "Socket.IO placeholder", at: index)
                    }
                } else {
                    try checkPlaceholders(object.members.map(\.1), count: count)
                }
            default: break
            }
        }
    }
}
