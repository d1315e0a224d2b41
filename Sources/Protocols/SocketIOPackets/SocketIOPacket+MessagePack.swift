// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import JSON
internal import MessagePack

/// The form of `socket.io-msgpack-parser`: a map of `type`, `nsp`, `data` and `id`. Binary values stand
/// where they belong; here they are attachments with placeholders, as in the text form.
extension SocketIOPacket {
    var messagePack: [UInt8] {
        var members: [(MessagePackValue, MessagePackValue)] = []
        func add(_ key: MessagePackValue, _ value: MessagePackValue) { members.append((key, value)) }
        switch kind {
        case .connect(let data):
            add("type", 0)
            if let data { add("data", MessagePackValue(.object(data))) }
        case .disconnect: add("type", 1)
        case .event(let name, let arguments, _):
            add("type", 2)
            add("data", .array([.string(name)] + arguments.messagePack))
        case .ack(let arguments, _):
            add("type", 3)
            add("data", .array(arguments.messagePack))
        case .connectError(let data):
            add("type", 4)
            add("data", MessagePackValue(data))
        }
        add("nsp", .string(namespace))
        if let id { add("id", MessagePackValue(id.rawValue)) }
        return MessagePackValue.map(MessagePackMap(members)).encoded
    }

    private var id: AckID? {
        switch kind {
        case .event(_, _, let id): id
        case .ack(_, let id): id
        case .connect, .connectError, .disconnect: nil
        }
    }

    /// - Parameter limits: How large a packet and the name of a namespace may be; the number of
    ///   attachments is not limited, as they are part of the one message.
    init(messagePack bytes: [UInt8], limits: SocketIODecoder.Limits) throws(DecodeError) {
        guard bytes.count <= limits.bytes else { throw DecodeError(.tooLarge, "Socket.IO packet", at: 0) }
        var values = MessagePackLimits()
        // The packet itself and 64 below it, as in the text form.
        values.depth += 1
        // A value of one byte takes dozens in memory: a packet of nothing else is refused.
        values.values = max(limits.bytes / 4, 100)
        let packet = try MessagePackValue(decoding: bytes, limits: values)
        // What a peer adds, such as its own `options`, is not looked at.
        guard let type = packet["type"]?.integer, 0...4 ~= type else {
            throw DecodeError(.invalid, "Socket.IO packet type", at: 0)
        }
        // A packet without a namespace is for the main one, which some peers write as nil.
        let namespace = packet.present("nsp") ?? "/"
        // What the text form cannot carry is no namespace in this one either.
        guard let namespace = namespace.string, namespace.utf8.first == UInt8(ascii: "/"),
            !namespace.utf8.contains(UInt8(ascii: ","))
        else { throw DecodeError(.invalid, "Socket.IO namespace", at: 0) }
        guard namespace.utf8.count <= limits.namespace else {
            throw DecodeError(.tooLarge, "Socket.IO namespace", at: 0)
        }
        let kind = try Kind(type, data: packet.present("data"), id: Self.ackID(packet.present("id")))
        self.init(kind, namespace: namespace)
    }

    private static func ackID(_ value: MessagePackValue?) throws(DecodeError) -> AckID? {
        guard let value else { return nil }
        guard let id = value.integer, 0...1 << 53 ~= id else {
            throw DecodeError(.invalid, "Socket.IO ack id", at: 0)
        }
        return AckID(rawValue: UInt64(id))
    }
}

extension SocketIOPacket.Kind {
    fileprivate init(
        _ type: Int64, data: MessagePackValue?, id: SocketIOPacket.AckID?
    ) throws(DecodeError) {
        let invalid = DecodeError(.invalid, "Socket.IO payload", at: 0)
        switch (type, data) {
        case (0, nil): self = .connect(nil)
        case (0, .map(let auth)?): self = .connect(try JSONObject(auth))
        case (1, nil): self = .disconnect
        case (2, .array(let data)?):
            let name: String
            switch data.first {
            case .string(let text): name = text
            case .integer(let number)?: name = String(number)
            case .double(let number)?: name = JSONNumber(number).text
            default: throw invalid
            }
            guard EventName.isAllowed(name) else { throw invalid }
            self = .event(name, try SocketIOArguments(data.dropFirst()), id: id)
        case (3, .array(let data)?):
            guard let id else { throw invalid }
            self = .ack(try SocketIOArguments(data[...]), id: id)
        case (4, .map(let data)?): self = .connectError(.object(try JSONObject(data)))
        case (4, .string(let message)?): self = .connectError(["message": .string(message)])
        default: throw invalid
        }
    }
}

extension MessagePackValue {
    /// The member `key`, unless it is nil or what notepack writes for `undefined`.
    fileprivate func present(_ key: String) -> MessagePackValue? {
        let value = self[key]
        return value == .null || value?.isUndefined == true ? nil : value
    }
}

extension SocketIOArguments {
    fileprivate init(_ values: ArraySlice<MessagePackValue>) throws(DecodeError) {
        var writer = MessagePackToJSON()
        var ranges: [Range<Int>] = []
        for value in values {
            if !writer.text.isEmpty { writer.text.append(UInt8(ascii: ",")) }
            let start = writer.text.count
            try writer.append(value)
            ranges.append(start..<writer.text.count)
        }
        self.init(
            checked: writer.text[...], ranges: ranges.count > 1 ? ranges : [],
            attachments: writer.attachments)
    }

    fileprivate var messagePack: [MessagePackValue] {
        map { MessagePackValue($0.value, attachments: attachments) }
    }
}

extension JSONObject {
    /// Binary values are lost: only events and acknowledgements have attachments.
    fileprivate init(_ map: MessagePackMap) throws(DecodeError) {
        var writer = MessagePackToJSON()
        try writer.append(.map(map))
        self = try JSONValue(parsing: writer.text, maxDepth: .max).object ?? JSONObject()
    }
}
