// SPDX-License-Identifier: Apache-2.0
public import EngineIO
public import JSON

/// One Socket.IO packet with its attachments. Socket.IO protocol, revision 5.
///
/// As text: `<type>[<attachments>-][<namespace>,][<ack id>][JSON]`. The attachments follow as binary
/// messages; the JSON holds `{"_placeholder":true,"num":i}` where each belongs.
public struct SocketIOPacket: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// A client asks for a namespace with its `auth`; the server answers with `{"sid":…}`.
        case connect(JSONObject?)
        /// The namespace was refused: `{"message":…,"data":…}`.
        /// Clients of Engine.IO 3 get only a string, or only the data.
        case connectError(JSONValue)
        case disconnect
        /// An event's name and what it carries. A name that came as a number is its digits here.
        case event(String, SocketIOArguments, id: AckID?)
        case ack(SocketIOArguments, id: AckID)
    }

    /// Names one acknowledgement within a namespace of a connection.
    public struct AckID: Hashable, Sendable, RawRepresentable {
        public var rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }
    }

    public var kind: Kind
    /// Begins with a slash; `/` is the main one.
    public var namespace: String

    public init(_ kind: Kind, namespace: String = "/") {
        self.kind = kind
        self.namespace = namespace
    }

    /// What the placeholders in the arguments stand for, in order.
    public var attachments: [[UInt8]] {
        switch kind {
        case .event(_, let arguments, _), .ack(let arguments, _): arguments.attachments
        case .connect, .connectError, .disconnect: []
        }
    }

    /// The messages to send, in order; nothing of the same connection may come between them.
    public func messages(in parser: SocketIOParser) -> [EngineIOMessage] {
        switch parser {
        case .json: messages
        case .messagePack: [.binary(messagePack)]
        }
    }

    /// ``messages(in:)`` of the default parser: header first, then the attachments.
    public var messages: [EngineIOMessage] {
        var header: [UInt8] = []
        encodeHeader(into: &header)
        let attachments = attachments
        return attachments.isEmpty
            ? [.text(header)] : [.text(header)] + attachments.map(EngineIOMessage.binary)
    }

    /// Appends the text of the packet: all of it but the attachments.
    public func encodeHeader(into text: inout [UInt8]) {
        switch kind {
        case .connect(let data):
            encode("0", into: &text)
            data?.format(into: &text)
        case .disconnect: encode("1", into: &text)
        case .event(let name, let arguments, let id):
            text.reserveCapacity(text.count + name.utf8.count + arguments.joined.count + 48)
            encode("2", binary: "5", arguments, id, into: &text)
            text.append(UInt8(ascii: "["))
            JSONValue.format(name, into: &text)
            if !arguments.joined.isEmpty { text.append(UInt8(ascii: ",")) }
            text.append(contentsOf: arguments.joined)
            text.append(UInt8(ascii: "]"))
        case .ack(let arguments, let id):
            text.reserveCapacity(text.count + arguments.joined.count + 48)
            encode("3", binary: "6", arguments, id, into: &text)
            text.append(UInt8(ascii: "["))
            text.append(contentsOf: arguments.joined)
            text.append(UInt8(ascii: "]"))
        case .connectError(let data):
            encode("4", into: &text)
            data.format(into: &text)
        }
    }

    /// Everything before the JSON.
    private func encode(
        _ type: Unicode.Scalar, binary: Unicode.Scalar, _ arguments: SocketIOArguments, _ id: AckID?,
        into text: inout [UInt8]
    ) {
        let count = arguments.attachments.count
        encode(count == 0 ? type : binary, attachments: count, into: &text)
        if let id { text.append(contentsOf: String(id.rawValue).utf8) }
    }

    private func encode(_ type: Unicode.Scalar, attachments: Int = 0, into text: inout [UInt8]) {
        text.append(UInt8(ascii: type))
        if attachments > 0 { text.append(contentsOf: "\(attachments)-".utf8) }
        guard namespace != "/" else { return }
        text.append(contentsOf: namespace.utf8)
        text.append(UInt8(ascii: ","))
    }
}
