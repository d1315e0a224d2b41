// SPDX-License-Identifier: Apache-2.0
import EngineIO
import EngineKit
import Signalling

/// A whole Engine.IO server that sends every message back, without a network: requests, sockets and a
/// clock that the test moves. The contract of the official suite: pings every 300 ms, waits 200 ms.
final class EchoServer {
    /// A request and, once it came, its answer.
    final class Exchange {
        fileprivate(set) var status: Int?
        fileprivate(set) var body: [UInt8] = []
        fileprivate var session = ""
        fileprivate var id = Session.RequestID(rawValue: 0)

        var text: String { String(decoding: body, as: UTF8.self) }

        fileprivate func answer(_ status: Int, _ body: [UInt8] = []) {
            self.status = status
            self.body = body
        }
    }

    /// A WebSocket as its client sees it.
    final class Socket {
        /// What came and was not looked at yet.
        fileprivate(set) var received: [EngineIOMessage] = []
        fileprivate(set) var isClosed = false
        fileprivate var session = ""
        fileprivate var id = Session.WebSocketID(rawValue: 0)

        /// The next frame; `nil` when there is none.
        func next() -> EngineIOMessage? { received.isEmpty ? nil : received.removeFirst() }
        func nextText() -> String? {
            guard case .text(let text) = next() else { return nil }
            return String(decoding: text, as: UTF8.self)
        }
    }

    private(set) var now = Instant.origin
    var offer = EngineIORequest.Offer()
    private let settings: EngineIOSettings
    private var sessions: [String: Session] = [:]
    private var exchanges: [Session.RequestID: Exchange] = [:]
    private var sockets: [Session.WebSocketID: Socket] = [:]
    private var lastNumber: UInt64 = 0

    init() {
        var settings = Session.Settings()
        settings.pingInterval = .milliseconds(300)
        settings.pingTimeout = .milliseconds(200)
        self.settings = EngineIOSettings(settings)
    }

    /// Lets time pass; every deadline on the way is met on time.
    func wait(milliseconds: Int) {
        let end = now.advanced(by: .milliseconds(milliseconds))
        while let next = sessions.values.compactMap(\.deadline).min(), next <= end {
            now = max(now, next)
            for id in sessions.keys.sorted() { run(.tick, in: id) }
        }
        now = end
    }

    // MARK: The client's side

    func request(
        _ method: String, _ query: String, body: [UInt8] = [], isBinary: Bool = false
    ) -> Exchange {
        let exchange = Exchange()
        lastNumber += 1
        exchange.id = .init(rawValue: lastNumber)
        guard let id = open(method, query, isUpgrade: false, refuse: { exchange.answer(400, $0.body) })
        else { return exchange }
        exchange.session = id
        exchanges[exchange.id] = exchange
        switch method {
        case "GET": run(.poll(exchange.id), in: id)
        case "POST": run(.post(exchange.id, body: body, isBinary: isBinary), in: id)
        default: run(.unknownMethod(exchange.id), in: id)
        }
        return exchange
    }

    func get(_ query: String) -> Exchange { request("GET", query) }
    func post(_ query: String, _ body: String) -> Exchange {
        request("POST", query, body: Array(body.utf8))
    }

    func abort(_ exchange: Exchange) {
        exchanges[exchange.id] = nil
        run(.requestAborted(exchange.id), in: exchange.session)
    }

    /// A WebSocket; it is closed when the handshake was refused.
    func connect(_ query: String) -> Socket {
        let socket = Socket()
        lastNumber += 1
        socket.id = .init(rawValue: lastNumber)
        guard let id = open("GET", query, isUpgrade: true, refuse: { _ in socket.isClosed = true })
        else { return socket }
        socket.session = id
        sockets[socket.id] = socket
        run(.webSocketOpened(socket.id), in: id)
        return socket
    }

    func send(_ message: EngineIOMessage, on socket: Socket) {
        guard !socket.isClosed else { return }
        run(.webSocketReceived(socket.id, message), in: socket.session)
    }

    /// The `sid` of a polling session that was opened in this moment.
    func pollingSession(_ query: String = "EIO=4&transport=polling") -> String {
        let handshake = get(query).text
        return String(handshake.split(separator: #""sid":""#)[1].prefix { $0 != "\"" })
    }

    // MARK: The server's side

    /// The session that a request is for, a new one for a handshake.
    private func open(
        _ method: String, _ query: String, isUpgrade: Bool, refuse: (EngineIORefusal) -> Void
    ) -> String? {
        do throws(EngineIORefusal) {
            switch try parse(method, query, isUpgrade) {
            case .handshake(_, let revision, let base64):
                let id = "session-\(lastNumber)"
                sessions[id] = Session(
                    id: id, settings: settings, revision: revision, base64: base64, at: now)
                return id
            case .session(let id, let transport):
                guard let session = sessions[id] else { throw .unknownSession }
                guard isUpgrade || session.isLingering || session.transportName == transport else {
                    throw .badRequest
                }
                return id
            }
        } catch {
            refuse(error)
            return nil
        }
    }

    private func parse(
        _ method: String, _ query: String, _ isUpgrade: Bool
    ) throws(EngineIORefusal) -> EngineIORequest {
        var parameters: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
            parameters[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        return try EngineIORequest(
            method: method, isUpgrade: isUpgrade, origin: nil, offer: offer, query: { parameters[$0] })
    }

    private func run(_ input: Session.Input, in id: String) {
        guard sessions[id] != nil else { return }
        sessions[id]?.handle(input, at: now)
        while let output = sessions[id]?.poll() { perform(output, in: id) }
        if let session = sessions[id], !session.isOpen, !session.isLingering { sessions[id] = nil }
    }

    private func perform(_ output: Session.Output, in id: String) {
        switch output {
        case .answerPoll(let request, let answer):
            exchanges.removeValue(forKey: request)?.answer(200, answer.body)
        case .acceptPost(let request):
            exchanges.removeValue(forKey: request)?.answer(200, Array("ok".utf8))
        case .refuse(let request, let refusal):
            exchanges.removeValue(forKey: request)?.answer(Int(refusal.status), refusal.body)
        case .sendFrame(let socket, let frame, _): sockets[socket]?.received.append(frame.message)
        case .closeWebSocket(let socket, _): sockets[socket]?.isClosed = true
        case .received(let message): sessions[id]?.handle(.sendOne(message), at: now)
        case .ponged, .closed: break
        }
    }
}
