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
        case connectError(JSONObject)
        case disconnect
        /// The event's name, then its arguments. Clients may send no arguments at all (`42`).
        case event([JSONValue], id: AckID?)
        case ack([JSONValue], id: AckID)
    }

    /// Names one acknowledgement within a namespace of a connection.
    public struct AckID: Hashable, Sendable, RawRepresentable {
        public var rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }
    }

    public var kind: Kind
    /// Begins with a slash; `/` is the main one.
    public var namespace: String
    /// What the placeholders in the arguments stand for, in order.
    public var attachments: [[UInt8]]

    public init(_ kind: Kind, namespace: String = "/", attachments: [[UInt8]] = []) {
        self.kind = kind
        self.namespace = namespace
        self.attachments = attachments
    }

    /// The messages to send, header first; nothing of the same connection may come between them.
    public var messages: [EngineIOMessage] { [.text(header)] + attachments.map(EngineIOMessage.binary) }

    private var header: [UInt8] {
        var text: [UInt8] = [typeDigit]
        if !attachments.isEmpty { text.append(contentsOf: "\(attachments.count)-".utf8) }
        if namespace != "/" {
            text.append(contentsOf: namespace.utf8)
            text.append(UInt8(ascii: ","))
        }
        switch kind {
        case .connect(let data): if let data { JSONValue.object(data).format(into: &text) }
        case .connectError(let data): JSONValue.object(data).format(into: &text)
        case .disconnect: break
        case .event(let values, let id):
            if let id { text.append(contentsOf: String(id.rawValue).utf8) }
            if !values.isEmpty { JSONValue.array(values).format(into: &text) }
        case .ack(let values, let id):
            text.append(contentsOf: String(id.rawValue).utf8)
            JSONValue.array(values).format(into: &text)
        }
        return text
    }

    private var typeDigit: UInt8 {
        switch kind {
        case .connect: UInt8(ascii: "0")
        case .disconnect: UInt8(ascii: "1")
        case .event: attachments.isEmpty ? UInt8(ascii: "2") : UInt8(ascii: "5")
        case .ack: attachments.isEmpty ? UInt8(ascii: "3") : UInt8(ascii: "6")
        case .connectError: UInt8(ascii: "4")
        }
    }
}
