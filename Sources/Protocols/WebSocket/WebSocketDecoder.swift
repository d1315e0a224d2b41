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
    /// Whether permessage-deflate was agreed on.
    private let deflate: Bool
    private var state = State.header
    /// The message whose first fragment has arrived, if it is not complete.
    private var message = Message.none
    /// Whether the frame whose payload is being taken ends the message.
    private var fin = false
    /// The mask and the bytes to come of the frame whose payload is being taken.
    private var mask = WebSocketMask(key: 0)
    private var left = 0
    /// The payload of the message so far, the mask taken off.
    private var payload: [UInt8] = []
    /// Most bytes of payload in one message, all fragments together, before inflating.
    private let maxMessage: Int

    // One value a connection: what an idle one needs is kept small.
    private enum State {
        case header
        /// Inside the payload of a data frame.
        case payload
        case closed
        indirect case failed(WebSocketViolation)
    }

    private enum Message {
        case none
        case text(compressed: Bool)
        case binary(compressed: Bool)
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
                guard let header = try Self.header(reader, from: role) else { return nil }
                if header.opcode.isControl {
                    return try control(header, &reader)
                }
                try begin(header)
                reader.drop(header.size)
                // Most messages are one frame that has arrived whole: one array, filled once.
                if header.fin, payload.isEmpty, reader.remaining >= header.length {
                    return try finish(reader.take(header.length, header.mask))
                }
                left = header.length
                fin = header.fin
                mask = header.mask
                state = .payload
            case .payload:
                takePayload(&reader)
                guard left == 0 else { return nil }
                state = .header
                if fin {
                    let bytes = payload
                    payload = []
                    return try finish(bytes)
                }
            case .closed:
                reader.drop(reader.remaining)
                return nil
            case .failed(let violation):
                throw violation
            }
        }
    }

    private static func header(
        _ reader: borrowing ByteReader, from role: Role
    ) throws(WebSocketViolation) -> FrameHeader? {
        try unsafe reader.peekAll { (bytes) -> Result<FrameHeader?, WebSocketViolation> in
            Result { () throws(WebSocketViolation) in try unsafe FrameHeader(bytes, from: role) }
        }.get()
    }

    /// Checks the header of a data frame against the message it belongs to.
    private mutating func begin(_ header: FrameHeader) throws(WebSocketViolation) {
        switch (message, header.opcode) {
        case (.none, .continuation): throw .protocolError("continuation without a message")
        case (_, .continuation):
            guard !header.rsv1 else { throw .protocolError("RSV1 set on a continuation") }
        case (.none, let opcode):
            guard deflate || !header.rsv1 else { throw .protocolError("RSV1 set without an extension") }
            message = opcode == .text ? .text(compressed: header.rsv1) : .binary(compressed: header.rsv1)
        default: throw .protocolError("new message inside another")
        }
        guard header.length <= maxMessage - payload.count else {
            throw WebSocketViolation(.messageTooBig, "max payload \(maxMessage)")
        }
    }

    private mutating func takePayload(_ reader: inout ByteReader) {
        let count = min(left, reader.remaining)
        let start = payload.count
        reader.take(count, into: &payload)
        mask.apply(to: &payload, from: start)
        mask = mask.advanced(by: count)
        left -= count
    }

    private mutating func finish(_ bytes: [UInt8]) throws(WebSocketViolation) -> WebSocketEvent? {
        let complete = message
        message = .none
        switch complete {
        case .none: return nil
        case .binary(let compressed): return .binary(bytes, compressed: compressed)
        case .text(let compressed):
            guard compressed || bytes.isValidUTF8 else {
                throw WebSocketViolation(.invalidPayload, "text is not UTF-8")
            }
            return .text(bytes, compressed: compressed)
        }
    }

    private mutating func control(
        _ header: FrameHeader, _ reader: inout ByteReader
    ) throws(WebSocketViolation) -> WebSocketEvent? {
        guard !header.rsv1 else { throw .protocolError("RSV1 set on a control frame") }
        guard reader.remaining >= header.size + header.length else { return nil }
        reader.drop(header.size)
        let bytes = reader.take(header.length, header.mask)
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
        message = .none
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

    /// Takes bytes that are known to be there into an array of their own, the mask off.
    mutating func take(_ count: Int, _ mask: WebSocketMask) -> [UInt8] {
        guard count > 0 else { return [] }
        return unsafe withBytes(count: count) { source in
            unsafe [UInt8](unsafeUninitializedCapacity: source.count) { target, count in
                unsafe mask.copy(source, to: UnsafeMutableRawBufferPointer(target))
                count = source.count
            }
        } ?? []
    }

    /// Moves bytes that are known to be there to the end of `bytes`.
    mutating func take(_ count: Int, into bytes: inout [UInt8]) {
        try? readBytes("WebSocket payload", count: count, into: &bytes)
    }
}
