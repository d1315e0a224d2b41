// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import Deflate
internal import EngineKit
public import WebSocket

/// What a WebSocket's owner is told.
public protocol WebSocketDelegate: AnyObject {
    /// UTF-8 text.
    func webSocket(_ socket: WebSocketConnection, received text: [UInt8])
    func webSocket(_ socket: WebSocketConnection, receivedBinary bytes: [UInt8])
    /// The last call, once.
    func webSocketClosed(_ socket: WebSocketConnection, code: WebSocketCloseCode?)
}

/// One WebSocket of a client. RFC 6455.
public final class WebSocketConnection: ConnectionStage {
    /// `nil` once closed: owners may hold on to the socket longer.
    private var connection: Connection?
    private let maxMessage: Int
    private var delegate: (any WebSocketDelegate)?
    private var decoder: WebSocketDecoder
    private let deflate: PermessageDeflate?
    private var isCloseSent = false
    private var closeCode: WebSocketCloseCode?

    /// Messages shorter than this gain nothing from compression.
    private static let compressionThreshold = 1024

    init(_ connection: Connection, deflate: PermessageDeflate?, delegate: any WebSocketDelegate) {
        self.connection = connection
        self.deflate = deflate
        self.delegate = delegate
        maxMessage = connection.web.settings.maxMessage
        decoder = WebSocketDecoder(
            role: .server, maxMessage: maxMessage, deflate: deflate != nil)
    }

    // MARK: For the owner

    public func send(text: [UInt8]) { send(.text, text) }
    public func send(binary: [UInt8]) { send(.binary, binary) }

    /// Bytes the client has not taken yet.
    public var backlog: Int { connection?.backlog ?? 0 }

    /// Starts the closing handshake; the client has a few seconds to answer.
    /// - Parameter code: `nil` sends an empty close frame, as Engine.IO does.
    public func close(_ code: WebSocketCloseCode?, reason: String = "") {
        guard !isCloseSent, let connection else { return }
        sendClose(code, reason: reason)
        connection.setDeadline(after: connection.web.settings.closeTimeout)
    }

    private func send(_ opcode: WebSocketFrame.Opcode, _ payload: [UInt8]) {
        guard !isCloseSent, let connection else { return }
        var frame: [UInt8] = []
        if let deflate, payload.count >= Self.compressionThreshold,
            let compressed = try? Deflater.deflateMessage(payload, windowBits: deflate.serverWindowBits),
            compressed.count < payload.count
        {
            WebSocketFrame.encode(opcode, payload: compressed, rsv1: true, into: &frame)
        } else {
            WebSocketFrame.encode(opcode, payload: payload, into: &frame)
        }
        connection.write(frame)
    }

    private func sendClose(_ code: WebSocketCloseCode?, reason: String) {
        guard !isCloseSent else { return }
        let payload = code.map { WebSocketFrame.closePayload($0, reason: reason) } ?? []
        var frame: [UInt8] = []
        WebSocketFrame.encode(.close, payload: payload, into: &frame)
        connection?.write(frame)
        isCloseSent = true
        closeCode = closeCode ?? code
    }

    // MARK: Frames

    func received(_ reader: inout ByteReader) {
        do throws(WebSocketViolation) {
            while delegate != nil, let event = try decoder.next(&reader) { try handle(event) }
        } catch {
            connection?.web.counters.malformed += 1
            sendClose(error.code, reason: error.reason)
            connection?.finish()
        }
    }

    private func handle(_ event: WebSocketEvent) throws(WebSocketViolation) {
        switch event {
        case .text(let bytes, let compressed):
            let text = compressed ? try inflate(bytes) : bytes
            guard !compressed || text.isValidUTF8 else {
                throw WebSocketViolation(.invalidPayload, "text is not UTF-8")
            }
            delegate?.webSocket(self, received: text)
        case .binary(let bytes, let compressed):
            delegate?.webSocket(self, receivedBinary: compressed ? try inflate(bytes) : bytes)
        case .ping(let payload):
            var frame: [UInt8] = []
            WebSocketFrame.encode(.pong, payload: payload, into: &frame)
            if !isCloseSent { connection?.write(frame) }
        case .pong: break
        case .close(let code, _):
            closeCode = code
            sendClose(code, reason: "")
            connection?.finish()
        }
    }

    private func inflate(_ bytes: [UInt8]) throws(WebSocketViolation) -> [UInt8] {
        do throws(DeflateError) {
            return try Inflater.inflateMessage(bytes, limit: maxMessage)
        } catch {
            switch error {
            case .tooLarge: throw WebSocketViolation(.messageTooBig, "message too big")
            case .malformed: throw WebSocketViolation(.invalidPayload, "bad compression")
            }
        }
    }

    // MARK: The connection

    func inputEnded() { connection?.abort() }
    func outputDrained() {}
    func timedOut() { connection?.abort() }
    func moved() {}
    func closeIfIdle() {}

    func closed() {
        let owner = delegate
        delegate = nil
        connection = nil
        owner?.webSocketClosed(self, code: closeCode)
    }
}
