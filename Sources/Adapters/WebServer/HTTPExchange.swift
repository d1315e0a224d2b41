// SPDX-License-Identifier: Apache-2.0
public import EventLoops
public import HTTP
internal import WebSocket

/// Answers the requests of one loop's connections.
public protocol HTTPHandler: AnyObject {
    /// Where the request must be answered: on the loop that holds what it is about. `nil` for any.
    func home(of request: HTTPRequest) -> LoopBound<WebLoop>?
    /// The content of a request is still on its way: `handle` follows with all of it and the same
    /// exchange, or the exchange says that it never will. It may be refused here, unread.
    func expect(_ exchange: HTTPExchange)
    /// Answers `request` through `exchange`, now or later.
    func handle(_ request: HTTPRequest, _ exchange: HTTPExchange)
    /// How to word the answer to what is no proper request; the refusal's own fields are added.
    /// - Parameter request: The request without its content; `nil` when not even its head was
    ///   understood.
    func answer(to refusal: HTTPRefusal, request: HTTPRequest?) -> HTTPResponse
}

extension HTTPHandler {
    public func home(of request: HTTPRequest) -> LoopBound<WebLoop>? { nil }
    public func expect(_ exchange: HTTPExchange) {}
    public func answer(to refusal: HTTPRefusal, request: HTTPRequest?) -> HTTPResponse {
        HTTPResponse(refusal.status, text: refusal.reason + "\n")
    }
}

/// A request with its whole content.
public struct HTTPRequest: Sendable {
    public var head: HTTPRequestHead
    public var body: [UInt8]
    /// The other end of the TCP connection: the client, or a proxy in front of us.
    public var peer: PeerAddress
    /// Whether the connection itself is encrypted.
    public var isSecure: Bool

    public init(head: HTTPRequestHead, body: [UInt8] = [], peer: PeerAddress, isSecure: Bool) {
        self.head = head
        self.body = body
        self.peer = peer
        self.isSecure = isSecure
    }
}

/// An answer. `Date`, `Content-Length` and `Connection` are added when it is sent.
public struct HTTPResponse: Sendable {
    public enum Body: Sendable {
        case none
        case bytes([UInt8])
        case fixed(StaticBytes)

        public var count: Int {
            switch self {
            case .none: 0
            case .bytes(let bytes): bytes.count
            case .fixed(let bytes): bytes.count
            }
        }
    }

    public var status: HTTPStatus
    public var headers: HTTPHeaders
    public var body: Body

    public init(_ status: HTTPStatus, headers: HTTPHeaders = HTTPHeaders(), body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public init(_ status: HTTPStatus, text: String, type: String = "text/plain; charset=utf-8") {
        self.init(status, headers: ["Content-Type": type], body: .bytes(Array(text.utf8)))
    }
}

/// One request waiting for its answer. Answer exactly once; later calls do nothing.
public final class HTTPExchange {
    /// Without content as long as that is on its way.
    public internal(set) var request: HTTPRequest
    private weak var stage: HTTPStage?
    /// Called when the client goes away before it is answered.
    public var onAbort: (() -> Void)?
    /// Called instead when its content breaks the rules of HTTP or the server's limits; the client is
    /// told.
    public var onRefusal: ((HTTPStatus) -> Void)?
    public private(set) var isAnswered = false

    init(_ request: HTTPRequest, stage: HTTPStage) {
        self.request = request
        self.stage = stage
    }

    public func respond(_ response: HTTPResponse) {
        guard !isAnswered else { return }
        settle()
        stage?.respond(response, to: request.head)
    }

    /// Sends the head of an answer whose content follows bit by bit; `response` has no body of its own.
    /// - Returns: `nil` when the request is answered already or the client is gone.
    public func respondStreaming(_ response: HTTPResponse) -> HTTPResponseStream? {
        guard !isAnswered, let stage else { return nil }
        settle()
        return stage.respondStreaming(response, to: request.head)
    }

    /// Switches the connection to WebSocket.
    /// - Parameters:
    ///   - deflate: Compress messages that gain from it, if the client offers to.
    ///   - headers: More fields for the answer.
    /// - Returns: `nil` when the request is not a proper handshake; it is then answered with why.
    public func upgrade(
        deflate: Bool, headers: HTTPHeaders = HTTPHeaders(), delegate: any WebSocketDelegate
    ) -> WebSocketConnection? {
        guard !isAnswered, let stage else { return nil }
        do throws(HTTPRefusal) {
            let handshake = try WebSocketHandshake.validate(request.head)
            settle()
            return stage.upgrade(handshake, deflate: deflate, headers: headers, delegate: delegate)
        } catch {
            var response = HTTPResponse(error.status, text: error.reason + "\n")
            for (name, value) in error.headers { response.headers.set(name, value) }
            respond(response)
            return nil
        }
    }

    func aborted() {
        guard !isAnswered else { return }
        let onAbort = onAbort
        settle()
        onAbort?()
    }

    func refused(_ status: HTTPStatus) {
        guard !isAnswered else { return }
        let onRefusal = onRefusal
        settle()
        onRefusal?(status)
    }

    private func settle() {
        isAnswered = true
        onAbort = nil
        onRefusal = nil
    }
}

/// Sends a browser that spoke plain HTTP to the TLS port to the same page over HTTPS.
final class SecureRedirect: HTTPHandler {
    func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        // An authority was parsed, so it holds nothing that could end the header.
        let authority = request.head.headers["Host"] ?? ""
        let isOriginForm = request.head.target.hasPrefix("/")
        guard !authority.isEmpty, isOriginForm else {
            return exchange.respond(HTTPResponse(.badRequest, text: "This port speaks HTTPS.\n"))
        }
        var response = HTTPResponse(
            .permanentRedirect, text: "This port speaks HTTPS: https://\(authority)\(request.head.target)\n")
        response.headers.set("Location", "https://\(authority)\(request.head.target)")
        response.headers.set("Connection", "close")
        exchange.respond(response)
    }
}
