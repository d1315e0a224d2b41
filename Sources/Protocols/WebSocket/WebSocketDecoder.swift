// SPDX-License-Identifier: Apache-2.0

public import ByteCoding

public enum WebSocketEvent: Hashable, Sendable {
    /// A whole message. `compressed`: the payload is still deflated, and the caller checks the UTF-8
    /// of what comes out.
    case text([UInt8], compressed: Bool)
    case binary([UInt8], compressed: Bool)
    case ping([UInt8])
    case pong([UInt8])
    /// The last event: whatever follows is dropped. No code means an empty close frame.
    case close(WebSocketCloseCode?, reason: String)
}

/// Turns the bytes of a connection into messages: joins fragments, takes masks off. RFC 6455 §5.
///
/// Call ``next(_:)`` until it returns `nil`, then again with the bytes it left unread followed by
/// whatever arrived. Headers and control frames are taken whole; the payload of a message is taken as
/// it comes, so the caller never holds more than it has just received. After it has thrown, it throws
/// the same violation again.
public struct WebSocketDecoder: Sendable {
    /// Which end of the connection reads: a server expects masks, a client refuses them.
    public enum Role: Hashable, Sendable {
        case server
        case client
    }

    private let role: Role
    /// Most bytes of payload in one message, all fragments together, before inflating.
    private let maxMessage: Int
    /// Whether permessage-deflate was agreed on.
    private let deflate: Bool

    private var state = State.header
    /// The message whose first fragment has arrived, if it is not complete.
    private var message: Message?
    /// Its payload so far, the mask taken off.
    private var payload: [UInt8] = []

    private enum State {
        case header
        /// Inside the payload of a data frame.
        case payload(left: Int, fin: Bool, WebSocketMask?)
        case closed
        case failed(WebSocketViolation)
    }

    private struct Message {
        var isText: Bool
        var compressed: Bool
    }

    public init(role: Role, maxMessage: Int, deflate: Bool = false) {
        self.role = role
        self.maxMessage = maxMessage
        self.deflate = deflate
    }

    /// The next event, or `nil` when it takes more bytes.
    public mutating func next(_ reader: inout ByteReader) throws(WebSocketViolation) -> WebSocketEvent? {
        do {
            return try advance(&reader)
        } catch {
            state = .failed(error)
            payload = []
            throw error
        }
    }

    private mutating func advance(_ reader: inout ByteReader) throws(WebSocketViolation) -> WebSocketEvent? {
        while true {
            switch state {
            case .header:
                guard let header = try FrameHeader(peeking: reader, from: role) else { return nil }
                if header.opcode.isControl {
                    return try control(header, &reader)
                }
                try begin(header, &reader)
            case .payload(let left, let fin, let mask):
                let count = min(left, reader.remaining)
                takePayload(count, mask, &reader)
                guard count == left else {
                    state = .payload(left: left - count, fin: fin, mask?.advanced(by: count))
                    return nil
                }
                state = .header
                if fin { return try finish() }
            case .closed:
                reader.drop(reader.remaining)
                return nil
            case .failed(let violation):
                throw violation
            }
        }
    }

    /// Checks the header of a data frame against the message it belongs to, and takes it.
    private mutating func begin(
        _ header: FrameHeader, _ reader: inout ByteReader
    ) throws(WebSocketViolation) {
        if header.opcode == .continuation {
            guard message != nil else { throw .protocolError("continuation without a message") }
            guard !header.rsv1 else { throw .protocolError("RSV1 set on a continuation") }
        } else {
            guard message == nil else { throw .protocolError("new message inside another") }
            guard deflate || !header.rsv1 else { throw .protocolError("RSV1 set without an extension") }
            message = Message(isText: header.opcode == .text, compressed: header.rsv1)
        }
        guard header.length <= maxMessage - payload.count else {
            throw WebSocketViolation(.messageTooBig, "message too big")
        }
        reader.drop(header.size)
        state = .payload(left: header.length, fin: header.fin, header.mask)
    }

    private mutating func takePayload(_ count: Int, _ mask: WebSocketMask?, _ reader: inout ByteReader) {
        let start = payload.count
        reader.take(count, into: &payload)
        mask?.apply(to: &payload, from: start)
    }

    private mutating func finish() throws(WebSocketViolation) -> WebSocketEvent? {
        guard let complete = message else { return nil }
        let bytes = payload
        message = nil
        payload = []
        guard complete.isText else { return .binary(bytes, compressed: complete.compressed) }
        guard complete.compressed || bytes.isValidUTF8 else {
            throw WebSocketViolation(.invalidPayload, "text is not UTF-8")
        }
        return .text(bytes, compressed: complete.compressed)
    }

    private mutating func control(
        _ header: FrameHeader, _ reader: inout ByteReader
    ) throws(WebSocketViolation) -> WebSocketEvent? {
        guard !header.rsv1 else { throw .protocolError("RSV1 set on a control frame") }
        guard reader.remaining >= header.size + header.length else { return nil }
        reader.drop(header.size)
        var bytes: [UInt8] = []
        reader.take(header.length, into: &bytes)
        header.mask?.apply(to: &bytes, from: 0)
        switch header.opcode {
        case .ping: return .ping(bytes)
        case .pong: return .pong(bytes)
        default: return try close(bytes)
        }
    }

    /// A code in two bytes and a reason, or nothing. RFC 6455 §5.5.1.
    private mutating func close(_ bytes: [UInt8]) throws(WebSocketViolation) -> WebSocketEvent {
        guard bytes.count != 1 else { throw .protocolError("close code cut short") }
        var code: WebSocketCloseCode?
        if bytes.count >= 2 {
            let received = WebSocketCloseCode(rawValue: UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
            guard received.isAllowedOnWire else { throw .protocolError("reserved close code") }
            code = received
        }
        let reason = Array(bytes.dropFirst(2))
        guard reason.isValidUTF8 else {
            throw WebSocketViolation(.invalidPayload, "close reason is not UTF-8")
        }
        state = .closed
        message = nil
        payload = []
        return .close(code, reason: String(decoding: reason, as: UTF8.self))
    }
}

extension WebSocketViolation {
    static func protocolError(_ reason: String) -> WebSocketViolation {
        WebSocketViolation(.protocolError, reason)
    }
}

extension ByteReader {
    /// Passes over bytes that are known to be there: it cannot throw.
    mutating func drop(_ count: Int) { try? skip("WebSocket frame", count: count) }

    /// Moves bytes that are known to be there to the end of `bytes`.
    mutating func take(_ count: Int, into bytes: inout [UInt8]) {
        try? readBytes("WebSocket payload", count: count, into: &bytes)
    }
}
