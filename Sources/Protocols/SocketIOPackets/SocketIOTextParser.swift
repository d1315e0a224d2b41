// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import JSON

/// Parses one text packet from left to right.
struct SocketIOTextParser {
    private let text: [UInt8]
    private let limits: SocketIODecoder.Limits
    private var index = 0
    /// How many attachments the packet announces.
    private(set) var attachments = 0

    init(_ text: [UInt8], limits: SocketIODecoder.Limits) {
        self.text = text
        self.limits = limits
    }

    /// - Returns: The packet without its attachments; `nil` for an event that is empty.
    mutating func parse() throws(DecodeError) -> SocketIOPacket? {
        guard let type = text.first else { throw DecodeError(.truncated, "Socket.IO packet type", at: 0) }
        index = 1
        if type == UInt8(ascii: "5") || type == UInt8(ascii: "6") { attachments = try attachmentCount() }
        let namespace = try namespace()
        let id = try ackID()
        guard let kind = try kind(type, id: id) else { return nil }
        return SocketIOPacket(kind, namespace: namespace)
    }

    // MARK: Before the JSON

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
        let name = String(decoding: text[index..<end], as: UTF8.self)
        // Bytes that are no UTF-8 are repaired, and are others then.
        guard name.utf8.elementsEqual(text[index..<end]) else {
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

    // MARK: The JSON

    private func kind(
        _ type: UInt8, id: SocketIOPacket.AckID?
    ) throws(DecodeError) -> SocketIOPacket.Kind? {
        let isEmpty = index == text.count
        switch type {
        case UInt8(ascii: "0"):
            guard !isEmpty else { return .connect(nil) }
            guard id == nil else { throw invalidPayload }
            return .connect(try object())
        case UInt8(ascii: "1"):
            guard isEmpty, id == nil else { throw invalidPayload }
            return .disconnect
        case UInt8(ascii: "2"), UInt8(ascii: "5"):
            guard !isEmpty || attachments > 0 else { return nil }
            let (first, arguments) = try array(named: true)
            guard let name = first.flatMap(eventName) else { throw invalidPayload }
            return .event(name, arguments, id: id)
        case UInt8(ascii: "3"), UInt8(ascii: "6"):
            guard let id else { throw invalidPayload }
            return .ack(try array(named: false).arguments, id: id)
        case UInt8(ascii: "4"):
            // Ours to read only in tests and as a client; a server's namespace refuses it.
            guard !isEmpty else { throw invalidPayload }
            return .connectError(.object(try object()))
        default: throw DecodeError(.invalid, "Socket.IO packet type", at: 0)
        }
    }

    private var invalidPayload: DecodeError { DecodeError(.invalid, "Socket.IO payload", at: index) }

    /// Runs `body` on the JSON and counts the offsets of its errors from the start of the packet.
    private func parsing<Value>(
        _ body: (ArraySlice<UInt8>) throws(DecodeError) -> Value
    ) throws(DecodeError) -> Value {
        do throws(DecodeError) {
            return try body(text[index...])
        } catch {
            throw DecodeError(error.reason, error.field, at: index + error.offset)
        }
    }

    private func object() throws(DecodeError) -> JSONObject {
        let value = try parsing { (text) throws(DecodeError) in try JSONValue(parsing: text) }
        guard let object = value.object else { throw invalidPayload }
        return object
    }

    /// The payload of an event or an acknowledgement: the text of the name apart, if there is one.
    private func array(
        named: Bool
    ) throws(DecodeError) -> (name: ArraySlice<UInt8>?, arguments: SocketIOArguments) {
        guard index < text.count, text[index] == UInt8(ascii: "[") else {
            // Whatever it is, say first that it is broken if it is.
            _ = try parsing { (text) throws(DecodeError) in text.isEmpty ? nil : try JSONText(checking: text)
            }
            throw invalidPayload
        }
        var name: Range<Int>?
        var first: Range<Int>?
        var ranges: [Range<Int>] = []
        try parsing { (text) throws(DecodeError) in
            try JSONText.checkElements(of: text) { range in
                if named, name == nil {
                    name = range
                } else if let first {
                    if ranges.isEmpty { ranges.append(first) }
                    ranges.append(range)
                } else {
                    first = range
                }
            }
        }
        let joined = first.map { text[$0.lowerBound..<(ranges.last ?? $0).upperBound] } ?? []
        if attachments > 0, try !Placeholders.areValid(in: text[index...], count: attachments) {
            throw DecodeError(.invalid, "Socket.IO placeholder", at: index)
        }
        return (name.map { text[$0] }, SocketIOArguments(checked: joined, ranges: ranges))
    }

    private func eventName(_ text: ArraySlice<UInt8>) -> String? {
        let text = JSONText(checked: text)
        if let name = text.string { return EventName.isAllowed(name) ? name : nil }
        guard case .number(let number) = text.value else { return nil }
        return number.integer.map(String.init) ?? number.text
    }
}
