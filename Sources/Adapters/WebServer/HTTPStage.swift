// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import TLS
internal import WebSocket

/// Speaks HTTP/1.1 on a connection: one request at a time, answered in order. RFC 9112.
final class HTTPStage: ConnectionStage {
    private unowned let connection: Connection
    private var handler: any HTTPHandler
    private var decoder: HTTPRequestDecoder
    /// Whether the head of the next request has arrived in part.
    private var isReceivingHead = false
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    /// The request whose content is on its way, once the handler knows of it.
    private var expected: HTTPExchange?
    /// The request that waits for its answer; nothing more is read until it has one.
    private var exchange: HTTPExchange?
    /// The answer that is being written bit by bit.
    private var stream: HTTPResponseStream?
    /// A whole request that another loop must answer.
    private var travelling: HTTPRequest?
    private var isLast = false

    init(_ connection: Connection, handler: any HTTPHandler) {
        self.connection = connection
        self.handler = handler
        decoder = HTTPRequestDecoder(limits: connection.web.settings.limits)
        connection.setDeadline(after: connection.web.settings.headTimeout)
    }

    // MARK: Requests

    func received(_ reader: inout ByteReader) {
        do throws(HTTPRefusal) {
            // A client that does not read its answers is not given more of them.
            while exchange == nil, stream == nil, travelling == nil, !isLast, !connection.isCongested,
                let event = try decoder.next(&reader)
            {
                switch event {
                case .head(let head): begin(head)
                case .body(let bytes): body.append(contentsOf: bytes)
                case .end: dispatch()
                }
            }
            if let head, expected == nil, !isLast { expect(head) }
            if isIdle, reader.remaining > 0, !isLast {
                isReceivingHead = true
                connection.setDeadline(after: connection.web.settings.headTimeout)
            }
        } catch {
            refuse(error)
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        self.head = head
        isReceivingHead = false
        connection.setDeadline(after: connection.web.settings.bodyTimeout)
        if head.expectsContinue, !announcesTooMuch(head) {
            var interim: [UInt8] = []
            HTTPResponseHead(.continue).encode(into: &interim)
            connection.write(interim)
        }
    }

    /// Whether the content will be refused for its length: then the client must not be told to go on.
    private func announcesTooMuch(_ head: HTTPRequestHead) -> Bool {
        if case .length(let length) = head.framing { length > decoder.maxBody } else { false }
    }

    /// Tells the handler of a request that is not whole yet, where the whole will be answered.
    private func expect(_ head: HTTPRequestHead) {
        let request = request(head, [])
        if let home = foreignHome(of: request) { return connection.move(to: home) }
        let exchange = HTTPExchange(request, stage: self)
        expected = exchange
        handler.expect(exchange)
    }

    private func request(_ head: HTTPRequestHead, _ body: [UInt8]) -> HTTPRequest {
        HTTPRequest(head: head, body: body, peer: connection.peer, isSecure: connection.isSecure)
    }

    private func foreignHome(of request: HTTPRequest) -> LoopBound<WebLoop>? {
        guard let home = handler.home(of: request), home.loop !== connection.web.loop else { return nil }
        return home
    }

    private func dispatch() {
        guard let head else { return }
        self.head = nil
        let request = request(head, body)
        body = []
        connection.web.counters.requests += 1
        if let expected {
            self.expected = nil
            expected.request = request
            return handle(request, expected)
        }
        if let home = foreignHome(of: request) {
            travelling = request
            return connection.move(to: home)
        }
        handle(request, HTTPExchange(request, stage: self))
    }

    private func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        self.exchange = exchange
        // The handler may take its time: long-polling does.
        connection.setDeadline(after: nil)
        handler.handle(request, exchange)
    }

    func moved() {
        // The old handler belongs to the old loop.
        handler = connection.web.handler
        if let head { return expect(head) }
        guard let request = travelling else { return }
        travelling = nil
        handle(request, HTTPExchange(request, stage: self))
    }

    // MARK: Answers

    func respond(_ response: HTTPResponse, to head: HTTPRequestHead) {
        forgetExchange()
        noteWhetherLast(response, to: head)
        send(response, method: head.method)
        goOn()
    }

    private func forgetExchange() {
        exchange = nil
        guard expected != nil else { return }
        // Answered before its content came, which then is read by nobody.
        expected = nil
        head = nil
        body = []
        isLast = true
    }

    private func noteWhetherLast(_ response: HTTPResponse, to head: HTTPRequestHead) {
        isLast =
            isLast || !head.keepsAlive || connection.web.isStopping
            || response.headers.contains("close", inList: "Connection")
    }

    /// What every answer says, whatever its content.
    private func head(of response: HTTPResponse) -> HTTPResponseHead {
        var head = HTTPResponseHead(response.status, headers: response.headers)
        head.headers.set("Date", HTTPDate.format(secondsSince1970: WallClock.system().milliseconds / 1000))
        if isLast { head.headers.set("Connection", "close") }
        return head
    }

    /// Takes the next request, if there may be one.
    private func goOn() {
        if isLast { return connection.finish() }
        connection.setDeadline(after: connection.web.settings.idleTimeout)
        connection.resumeSoon()
    }

    /// Sends the head of an answer whose content the returned stream takes.
    func respondStreaming(_ response: HTTPResponse, to head: HTTPRequestHead) -> HTTPResponseStream {
        forgetExchange()
        // Without a length an older client finds the end of the content by the end of the connection.
        let hasLength = response.headers["Content-Length"] != nil
        let isChunked = head.version == .http11 && !hasLength
        noteWhetherLast(response, to: head)
        isLast = isLast || !(isChunked || hasLength)
        var answer = self.head(of: response)
        if isChunked { answer.headers.set("Transfer-Encoding", "chunked") }
        var bytes: [UInt8] = []
        answer.encode(into: &bytes)
        connection.write(bytes)
        let stream = HTTPResponseStream(
            stage: self, isChunked: isChunked, hasContent: head.method != .head)
        self.stream = stream
        return stream
    }

    /// Bytes that the client has not taken.
    var backlog: Int { connection.backlog }

    func write(_ bytes: [UInt8]) { connection.write(bytes) }

    func finishStream() {
        stream = nil
        goOn()
    }

    func abortStream() {
        stream = nil
        connection.abort()
    }

    private func send(_ response: HTTPResponse, method: HTTPMethod) {
        var head = head(of: response)
        if response.status.code >= 200, response.status != .noContent, response.status != .notModified {
            head.headers.set("Content-Length", String(response.body.count))
        }
        var bytes: [UInt8] = []
        head.encode(into: &bytes)
        let hasBody = method != .head && response.status != .notModified
        if hasBody, case .bytes(let body) = response.body { bytes.append(contentsOf: body) }
        connection.write(bytes)
        if hasBody, case .fixed(let body) = response.body { connection.write(body) }
    }

    private func refuse(_ refusal: HTTPRefusal) {
        connection.web.counters.malformed += 1
        isLast = true
        var request: HTTPRequest?
        if let head { request = self.request(head, []) }
        var response = handler.answer(to: refusal, request: request)
        for (name, value) in refusal.headers { response.headers.set(name, value) }
        expected?.refused(refusal.status)
        expected = nil
        send(response, method: .get)
        connection.finish()
    }

    // MARK: Upgrade

    func upgrade(
        _ handshake: WebSocketHandshake, deflate: Bool, headers: HTTPHeaders,
        delegate: any WebSocketDelegate
    ) -> WebSocketConnection {
        exchange = nil
        // What follows in the same read is for the next stage.
        isLast = true
        let negotiated = deflate ? PermessageDeflate.negotiate(handshake.extensions) : nil
        let accept = Base64.text(Digest.sha1(WebSocketHandshake.acceptInput(handshake.key)))
        var head = WebSocketHandshake.response(accept: accept, deflate: negotiated)
        for (name, value) in headers { head.headers.append(name, value) }
        var bytes: [UInt8] = []
        head.encode(into: &bytes)
        connection.write(bytes)
        connection.setDeadline(after: nil)
        let socket = WebSocketConnection(connection, deflate: negotiated, delegate: delegate)
        connection.become(socket)
        connection.web.counters.webSockets += 1
        return socket
    }

    // MARK: The connection

    func inputEnded() {
        // A client may close its side and still wait for the answer it asked for; a poll may not:
        // browsers never half-close, so this is one going away.
        if exchange != nil || expected != nil || stream != nil {
            connection.abort()
        } else if !connection.isCongested {
            // Answers may still be on their way out.
            connection.finish()
        }
    }

    func outputDrained() {
        stream?.drained()
        connection.resume()
        // An answer that took long to read does not count as silence.
        if isIdle, !isLast { connection.setDeadline(after: connection.web.settings.idleTimeout) }
    }

    private var isIdle: Bool {
        exchange == nil && stream == nil && head == nil && travelling == nil && !isReceivingHead
    }

    func timedOut() {
        // Nothing has come of a request: no answer is expected. Otherwise say why.
        guard isIdle else {
            return refuse(HTTPRefusal(.requestTimeout, "The request took too long to arrive."))
        }
        // A client that is still reading is watched by the connection until it has read all.
        if connection.isDrained { connection.abort() }
    }

    func closed() {
        isLast = true
        exchange?.aborted()
        exchange = nil
        expected?.aborted()
        expected = nil
        stream?.aborted()
        stream = nil
    }

    func closeIfIdle() {
        // What is under way is answered with `Connection: close`.
        if isIdle { connection.finish() }
    }
}
