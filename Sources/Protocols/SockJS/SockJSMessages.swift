// SPDX-License-Identifier: Apache-2.0
public import ByteCoding
internal import JSON

/// What a SockJS client sends: JSON strings, without frames around them.
public enum SockJSMessages {
    /// The messages of a POST to `xhr_send`: an array of strings.
    ///
    /// - Throws: ``DecodeError/Reason/truncated`` for an empty body, which has an answer of its own.
    public static func decode(body: [UInt8]) throws(DecodeError) -> [[UInt8]] {
        guard !body.isEmpty else { throw DecodeError(.truncated, "SockJS payload", at: 0) }
        guard let array = try JSONValue(parsing: body, maxDepth: 2).array else {
            throw DecodeError(.invalid, "SockJS payload", at: 0)
        }
        var messages: [[UInt8]] = []
        messages.reserveCapacity(array.count)
        for value in array { messages.append(try message(value)) }
        return messages
    }

    /// The messages of one WebSocket message: an array of strings, one string, or nothing at all.
    public static func decode(webSocketText text: [UInt8]) throws(DecodeError) -> [[UInt8]] {
        if text.isEmpty { return [] }
        if text.first == UInt8(ascii: "\"") { return [try message(JSONValue(parsing: text))] }
        return try decode(body: text)
    }

    private static func message(_ value: JSONValue) throws(DecodeError) -> [UInt8] {
        guard let text = value.string else { throw DecodeError(.invalid, "SockJS message", at: 0) }
        return Array(text.utf8)
    }
}
