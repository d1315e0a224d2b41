// SPDX-License-Identifier: Apache-2.0
public import ByteCoding
public import EngineIO
internal import JSON

/// Joins the messages of one connection into packets. Arguments are checked where they lie and kept as
/// slices of the message they came in.
///
/// Every error is final: the connection is to be closed, as the official server does.
public struct SocketIODecoder: Sendable {
    public struct Limits: Hashable, Sendable {
        /// Most attachments of one packet. The official parser allows 10 (GHSA-677m-j7p3-52f9).
        public var attachments = 10
        /// Most bytes of one packet, attachments included. In MessagePack also four times the most values
        /// of one packet.
        public var bytes = 1_000_000
        /// Most bytes of a namespace's name.
        public var namespace = 256

        public init() {}
    }

    private struct Pending {
        var packet: SocketIOPacket
        var attachments: [[UInt8]] = []
        var missing: Int
        var bytes: Int
    }

    private let parser: SocketIOParser
    private let limits: Limits
    /// A packet whose attachments are still on their way.
    private var pending: Pending?

    public init(parser: SocketIOParser = .json, limits: Limits = Limits()) {
        self.parser = parser
        self.limits = limits
    }

    /// - Returns: the packet that `message` completes. `nil` while attachments are missing, and for an
    ///   event without a name and arguments (`42`), which the official server lets pass and ignores.
    public mutating func decode(_ message: EngineIOMessage) throws(DecodeError) -> SocketIOPacket? {
        switch (parser, message) {
        case (.json, .text(let text)): try decode(text: text)
        case (.json, .binary(let attachment)): try decode(attachment: attachment)
        case (.messagePack, .binary(let packet)): try SocketIOPacket(messagePack: packet, limits: limits)
        case (.messagePack, .text): throw DecodeError(.unsupported, "Socket.IO text packet", at: 0)
        }
    }

    private mutating func decode(text: [UInt8]) throws(DecodeError) -> SocketIOPacket? {
        guard pending == nil else { throw DecodeError(.invalid, "Socket.IO attachment", at: 0) }
        guard text.count <= limits.bytes else { throw DecodeError(.tooLarge, "Socket.IO packet", at: 0) }
        var header = SocketIOTextParser(text, limits: limits)
        guard let packet = try header.parse() else { return nil }
        guard header.attachments > 0 else { return packet }
        pending = Pending(packet: packet, missing: header.attachments, bytes: text.count)
        return nil
    }

    private mutating func decode(attachment: [UInt8]) throws(DecodeError) -> SocketIOPacket? {
        guard var pending else { throw DecodeError(.invalid, "Socket.IO attachment", at: 0) }
        pending.bytes += attachment.count
        guard pending.bytes <= limits.bytes else { throw DecodeError(.tooLarge, "Socket.IO packet", at: 0) }
        pending.attachments.append(attachment)
        pending.missing -= 1
        guard pending.missing == 0 else {
            self.pending = pending
            return nil
        }
        self.pending = nil
        pending.packet.attach(pending.attachments)
        return pending.packet
    }
}

extension SocketIOPacket {
    fileprivate mutating func attach(_ attachments: [[UInt8]]) {
        switch kind {
        case .event(let name, var arguments, let id):
            arguments.attachments = attachments
            kind = .event(name, arguments, id: id)
        case .ack(var arguments, let id):
            arguments.attachments = attachments
            kind = .ack(arguments, id: id)
        case .connect, .connectError, .disconnect: break
        }
    }
}
