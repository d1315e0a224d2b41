// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import Signalling
internal import WebServer

/// Runs one event stream session on real requests.
final class EventStreamDriver: FrontedSession {
    let front: MessageFront
    private let gate: MessageGate
    private var engine: EventStreamSession
    private var streams: [UInt64: HTTPResponseStream] = [:]
    private var posts: [UInt64: (HTTPExchange, SocketClient)] = [:]
    private var nextNumber: UInt64 = 0
    private var timer: LoopTimer?
    /// Inputs that came while others were being handled: a message may be answered at once.
    private var waiting = Queue<EventStreamSession.Input>()
    private var isHandling = false
    /// Called once when nothing can come of the session any more.
    var forget: (() -> Void)?

    init(_ gate: MessageGate, secret: String) {
        self.gate = gate
        front = MessageFront(gate)
        engine = EventStreamSession(secret: secret, settings: .init(gate.options))
        timer = LoopTimer(on: gate.loop) { [weak self] in self?.handle(.tick) }
    }

    // MARK: Requests

    func attach(_ exchange: HTTPExchange, _ client: SocketClient, after number: UInt64?) {
        let headers: HTTPHeaders = [
            "Content-Type": "text/event-stream", "Cache-Control": "no-store, no-transform",
            // Proxies of this kind would collect the answer before they pass it on.
            "X-Accel-Buffering": "no",
        ]
        let head = gate.response(HTTPResponse(.ok, headers: headers), to: exchange, client)
        guard let stream = exchange.respondStreaming(head) else { return }
        nextNumber += 1
        let id = nextNumber
        streams[id] = stream
        stream.onAbort = { [weak self] in
            self?.streams[id] = nil
            self?.handle(.detached(.init(rawValue: id)))
        }
        handle(.attach(.init(rawValue: id), after: number))
    }

    func post(_ exchange: HTTPExchange, _ client: SocketClient) {
        let request = exchange.request
        var number: UInt64?
        if let text = request.head.query["n"] {
            guard let parsed = UInt64(text), parsed > 0 else {
                return gate.respond(exchange, HTTPResponse(.badRequest, text: "n counts from 1.\n"), client)
            }
            number = parsed
        }
        guard request.body.count <= gate.options.maxMessage else {
            return gate.respond(
                exchange, HTTPResponse(.contentTooLarge, text: "The message is too big.\n"), client)
        }
        guard request.body.isValidUTF8, gate.options.accepts(request.body) else {
            return gate.respond(
                exchange, HTTPResponse(.badRequest, text: "This is no such message.\n"), client)
        }
        nextNumber += 1
        posts[nextNumber] = (exchange, client)
        handle(.posted(.init(rawValue: nextNumber), number: number, request.body))
    }

    // MARK: For the application

    func send(_ text: [UInt8]) {
        handle(.send(text))
        front.checkBacklog(of: self)
    }

    func send(binary: [UInt8]) {}
    var carriesBinary: Bool { false }

    func close(_ code: Int, reason: String) {
        guard front.beginClosing(code, reason) else { return }
        handle(.close(code: code, reason: reason))
    }

    var backlog: Int { streams.values.reduce(engine.backlog) { $0 + $1.backlog } }

    // MARK: Running the engine

    private func handle(_ input: EventStreamSession.Input) {
        waiting.append(input)
        guard !isHandling else { return }
        isHandling = true
        while let input = waiting.popFirst() {
            engine.handle(input, at: gate.loop.now)
            while let output = engine.poll() { perform(output) }
        }
        isHandling = false
        timer?.arm(at: engine.deadline)
        if engine.isOver { finish() }
    }

    private func perform(_ output: EventStreamSession.Output) {
        switch output {
        case .write(let id, let bytes): streams[id.rawValue]?.write(bytes)
        case .finish(let id): streams.removeValue(forKey: id.rawValue)?.finish()
        case .acceptPost(let request):
            answer(request, HTTPResponse(.noContent, headers: ["Cache-Control": "no-store"]))
        case .refusePost(let request, .sessionClosed):
            answer(request, HTTPResponse(.gone, text: "The session is over.\n"))
        case .refusePost(let request, .outOfOrder):
            answer(request, HTTPResponse(.conflict, text: "Messages before this one are missing.\n"))
        case .opened: front.opened(self)
        case .received(let message): front.received(message, of: self)
        case .closed(let code, let reason):
            front.closed(self, code: code, reason: reason)
        }
    }

    private func answer(_ request: EventStreamSession.RequestID, _ response: HTTPResponse) {
        guard let (exchange, client) = posts.removeValue(forKey: request.rawValue) else { return }
        gate.respond(exchange, response, client)
    }

    private func finish() {
        timer?.cancel()
        let forget = forget
        self.forget = nil
        forget?()
    }
}

extension EventStreamSession.Settings {
    fileprivate init(_ options: MessageOptions) {
        self.init()
        heartbeatInterval = options.heartbeatInterval
        resumeTime = options.eventStreamResumeTime
        maxKeptBytes = options.maxQueued
    }
}
