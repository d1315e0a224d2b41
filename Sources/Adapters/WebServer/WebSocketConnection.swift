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
    /// The client has taken everything, after ``WebSocketConnection/isWritable`` was false.
    func webSocketDrained(_ socket: WebSocketConnection)
    /// The last call, once.
    func webSocketClosed(_ socket: WebSocketConnection, code: WebSocketCloseCode?)
}

extension WebSocketDelegate {
    public func webSocketDrained(_ socket: WebSocketConnection) {}
}

/// One WebSocket of a client. RFC 6455.
public final class WebSocketConnection: ConnectionStage {
    /// `nil` once closed: owners may hold on to the socket longer.
    private var connection: Connection?
    private var delegate: (any WebSocketDelegate)?
    private var decoder: WebSocketDecoder
    private let deflate: PermessageDeflate?
    private var isCloseSent = false
    private var closeCode: WebSocketCloseCode?

    init(_ connection: Connection, deflate: PermessageDeflate?, delegate: any WebSocketDelegate) {
        self.connection = connection
        self.deflate = deflate
        self.delegate = delegate
        decoder = WebSocketDecoder(
            role: .server, maxMessage: connection.web.settings.maxMessage, deflate: deflate != nil)
    }

    // MARK: For the owner

    /// Sends UTF-8 text.
    /// - Parameter compress: Compress it, if the client agreed and it is long enough to gain from that.
    public func send(text: [UInt8], compress: Bool = true) { send(.text, text, compress) }
    public func send(binary: [UInt8], compress: Bool = true) { send(.binary, binary, compress) }

    /// Sends a message that was encoded once for many sockets.
    public func send(frame: WebSocketFrame.Encoded) {
        guard !isCloseSent, let connection else { return }
        guard let deflate else { return connection.write(frame.bytes) }
        let bits = deflate.serverWindowBits
        connection.write(
            frame.bytes(windowBits: bits) { try? Deflater.deflateMessage($0, windowBits: bits) })
    }

    /// Bytes the client has not taken yet.
    public var backlog: Int { connection?.backlog ?? 0 }

    /// Whether the client has kept up so far: what is sent now need not wait behind earlier messages for
    /// the network. When it becomes so again, the delegate hears `webSocketDrained`. Also false for the
    /// rest of a turn of the loop that has brought so much that more would cut the client off.
    public var isWritable: Bool {
        guard !isCloseSent, let connection, !connection.isBlocked else { return false }
        return connection.backlog <= connection.web.settings.maxBacklog / 2
    }

    /// The other end of the TCP connection.
    public var peer: PeerAddress? { connection?.peer }

    /// Starts the closing handshake; the client has a few seconds to answer.
    /// - Parameter code: `nil` sends an empty close frame, as Engine.IO does.
    public func close(_ code: WebSocketCloseCode?, reason: String = "") {
        guard !isCloseSent, let connection else { return }
        sendClose(code, reason: reason)
        connection.setDeadline(after: connection.web.settings.closeTimeout)
    }

    private func send(_ opcode: WebSocketFrame.Opcode, _ payload: [UInt8], _ compress: Bool) {
        guard !isCloseSent, let connection else { return }
        if let deflate, compress, payload.count >= WebSocketFrame.Encoded.compressionThreshold,
            let short = try? Deflater.deflateMessage(payload, windowBits: deflate.serverWindowBits),
            short.count < payload.count
        {
            connection.writeFrame(opcode, short, rsv1: true)
        } else {
            connection.writeFrame(opcode, payload)
        }
    }

    private func sendClose(_ code: WebSocketCloseCode?, reason: String) {
        guard !isCloseSent else { return }
        let payload = code.map { WebSocketFrame.closePayload($0, reason: reason) } ?? []
        connection?.writeFrame(.close, payload)
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
            if !isCloseSent { connection?.writeFrame(.pong, payload) }
        case .pong: break
        case .close(let code, _):
            closeCode = code
            sendClose(code, reason: "")
            connection?.finish()
        }
    }

    private func inflate(_ bytes: [UInt8]) throws(WebSocketViolation) -> [UInt8] {
        let maxMessage = connection?.web.settings.maxMessage ?? 0
        do throws(DeflateError) {
            return try Inflater.inflateMessage(bytes, limit: maxMessage)
        } catch {
            switch error {
            case .tooLarge: throw WebSocketViolation(.messageTooBig, "max payload \(maxMessage)")
            case .malformed: throw WebSocketViolation(.invalidPayload, "bad compression")
            }
        }
    }

    // MARK: The connection

    func inputEnded() { connection?.abort() }

    func outputDrained() {
        guard let connection, connection.isBlocked, !isCloseSent else { return }
        connection.isBlocked = false
        delegate?.webSocketDrained(self)
    }

    /// Tells a client that is too far behind why it is let go, should it read on soon.
    func overflowed() -> Bool {
        guard !isCloseSent, let connection else { return false }
        connection.cutOutput()
        sendClose(.tryAgainLater, reason: "slow consumer")
        connection.finish()
        connection.setDeadline(after: connection.web.settings.closeTimeout)
        tellClosed()
        return true
    }

    func timedOut() { connection?.abort() }
    func moved() {}
    func closeIfIdle() {}

    func goAway() { close(.goingAway, reason: "the server is stopping") }

    func closed() {
        connection = nil
        tellClosed()
    }

    private func tellClosed() {
        let owner = delegate
        delegate = nil
        owner?.webSocketClosed(self, code: closeCode)
    }
}
