// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import EngineIO
import HTTP
import JSON
import WebSocket

/// How a client's Engine.IO packets travel.
protocol Transport: AnyObject {
    func send(_ packets: [EngineIOPacket]) throws
    /// At least one packet.
    func receive() throws -> [EngineIOPacket]
}

enum TransportFailure: Error {
    case refused(HTTPAnswer)
    /// The server closed the WebSocket.
    case closed
    case unexpected
}

final class WebSocketTransport: Transport {
    private let connection: HTTPConnection
    private var decoder = WebSocketDecoder(role: .client, maxMessage: 4_000_000)
    private var unread: [UInt8]

    static let handshake = [
        ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]

    /// - Parameter session: The session to upgrade; `nil` begins one.
    init(_ server: TestServer, session: String? = nil, headers: [(String, String)] = []) throws {
        connection = try HTTPConnection(server)
        let path = "/socket.io/?EIO=4&transport=websocket" + (session.map { "&sid=\($0)" } ?? "")
        let answer = try connection.request("GET", path, headers: Self.handshake + headers)
        guard answer.status == 101 else { throw TransportFailure.refused(answer) }
        unread = connection.unread
    }

    func send(_ packets: [EngineIOPacket]) throws {
        for packet in packets {
            if case .message(.binary(let bytes)) = packet {
                try send(.binary, bytes)
            } else {
                try send(.text, packet.encoded)
            }
        }
    }

    func send(_ opcode: WebSocketFrame.Opcode, _ payload: [UInt8]) throws {
        var frame: [UInt8] = []
        WebSocketFrame.encode(opcode, payload: payload, mask: [1, 2, 3, 4], into: &frame)
        try connection.wire.send(frame)
    }

    func receive() throws -> [EngineIOPacket] {
        while true {
            switch try event() {
            case .text(let text, _): return [try EngineIOPacket(decoding: text)]
            case .binary(let bytes, _): return [.message(.binary(bytes))]
            case .close:
                // Answered like a browser would, so that the server can let go at once.
                try? send(.close, [])
                connection.wire.close()
                throw TransportFailure.closed
            case .ping, .pong: continue
            }
        }
    }

    private func event() throws -> WebSocketEvent {
        while true {
            var rest = unread
            let event = try unread.withReader { reader throws in
                let event = try decoder.next(&reader)
                rest = Array(unread.suffix(reader.remaining))
                return event
            }
            unread = rest
            if let event { return event }
            unread += try connection.wire.receive()
        }
    }

    func hangUp() { connection.wire.close() }
}

final class PollingTransport: Transport {
    private let polls: HTTPConnection
    private let posts: HTTPConnection
    private let headers: [(String, String)]
    var path = "/socket.io/?EIO=4&transport=polling"

    init(_ server: TestServer, headers: [(String, String)] = []) throws {
        polls = try HTTPConnection(server)
        posts = try HTTPConnection(server)
        self.headers = headers
    }

    func send(_ packets: [EngineIOPacket]) throws {
        let answer = try posts.request(
            "POST", path, headers: headers + [("Content-Type", "text/plain")],
            body: EngineIOPayload.encode(packets))
        guard answer.status == 200, answer.text == "ok" else { throw TransportFailure.refused(answer) }
    }

    func receive() throws -> [EngineIOPacket] {
        let answer = try polls.request("GET", path, headers: headers)
        guard answer.status == 200 else { throw TransportFailure.refused(answer) }
        return try EngineIOPayload.decode(answer.body)
    }
}
