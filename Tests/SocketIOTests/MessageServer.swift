// SPDX-License-Identifier: Apache-2.0
import EngineKit
import EventLoops
import Glibc
import HTTP
import Synchronization
import WebServer

@testable import SocketIO

/// What the application of a test has seen, for the test to wait for.
final class MessageJournal: Sendable {
    private let lines = Mutex<[String]>([])

    func note(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }

    /// Waits until `line` is noted, ten seconds at most.
    func waits(for line: String) -> Bool {
        for _ in 0..<2000 {
            if all.contains(line) { return true }
            usleep(5000)
        }
        return false
    }
}

/// A server of message routes on two loops and a port of its own, gone with the value.
final class MessageServer {
    let port: UInt16
    let journal: MessageJournal
    private let loops: [EventLoop]
    private let webs: [LoopBound<WebLoop>]
    private let handlers: [LoopBound<RouteHandler>]

    init(_ routes: [MessageRoute], origins: AllowedOrigins = .any, journal: MessageJournal = .init()) throws {
        self.journal = journal
        loops = try (0..<2).map { try EventLoop.start(name: "messages-\($0)") }
        let parts = loops.enumerated().map { index, loop in
            Self.on(loop) {
                let handler = RouteHandler(routes, on: loop, index: index, origins)
                let web = WebLoop(on: loop, handler: handler)
                return (LoopBound(web, on: loop), LoopBound(handler, on: loop))
            }
        }
        webs = parts.map(\.0)
        handlers = parts.map(\.1)
        let webs = webs
        for handler in handlers { Self.on(handler.loop) { handler.use { $0.webs = webs } } }
        port = Self.on(loops[0]) { webs[0].use { (try? $0.listen(host: "127.0.0.1", port: 0)) ?? 0 } }
    }

    deinit {
        shutDown()
        for web in webs {
            web.execute {
                $0.stopAccepting()
                $0.closeAll()
            }
            web.loop.stop()
        }
    }

    /// Closes all sessions.
    func shutDown() {
        for handler in handlers {
            Self.on(handler.loop) { handler.use { $0.routes.shutDown() } }
        }
    }

    var sessionCount: Int {
        handlers.reduce(0) { sum, handler in
            sum
                + Self.on(handler.loop) {
                    handler.use { $0.routes.sessionCount }
                }
        }
    }

    /// Waits until no session is left, ten seconds at most.
    func becomesEmpty() -> Bool {
        for _ in 0..<2000 {
            if sessionCount == 0 { return true }
            usleep(5000)
        }
        return false
    }

    /// Runs `body` on the loop and waits for its result.
    private static func on<Value: Sendable>(
        _ loop: EventLoop, _ body: @escaping @Sendable () -> Value
    ) -> Value {
        let box = Box<Value>()
        loop.execute {
            let value = body()
            box.result.withLock { $0 = value }
        }
        while true {
            if let value = box.result.withLock({ $0 }) { return value }
            usleep(200)
        }
    }

    private final class Box<Value: Sendable>: Sendable {
        let result = Mutex<Value?>(nil)
    }
}

private final class RouteHandler: HTTPHandler {
    let routes: MessageRoutes
    var webs: [LoopBound<WebLoop>] = []

    init(_ routes: [MessageRoute], on loop: EventLoop, index: Int, _ origins: AllowedOrigins) {
        self.routes = MessageRoutes(routes, on: loop, index: index) { SocketClient($0, origins) }
    }

    func home(of request: HTTPRequest) -> LoopBound<WebLoop>? {
        routes.home(of: request, among: webs.count).flatMap { webs.indices.contains($0) ? webs[$0] : nil }
    }

    func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        if !routes.handle(exchange) { exchange.respond(HTTPResponse(.notFound, text: "no route\n")) }
    }
}

/// Sends back what it gets, and closes when it is told to.
final class MessageEcho: MessageSessionDelegate {
    private let journal: MessageJournal
    private let closesAtOnce: Bool

    init(_ journal: MessageJournal, closesAtOnce: Bool = false) {
        self.journal = journal
        self.closesAtOnce = closesAtOnce
    }

    static func route(
        _ kind: MessageRoute.Kind, _ path: String, _ journal: MessageJournal, closesAtOnce: Bool = false,
        _ change: (inout MessageOptions) -> Void = { _ in }
    ) -> MessageRoute {
        var options = MessageOptions()
        change(&options)
        return MessageRoute(kind, at: path, options: options) { request, _ in
            journal.note("cookie \(request.head.headers["Cookie"] ?? "none")")
            if request.head.query["refuse"] != nil { return nil }
            return MessageEcho(journal, closesAtOnce: closesAtOnce)
        }
    }

    func sessionOpened(_ session: any MessageSession) {
        journal.note("opened")
        if closesAtOnce { session.close(3000, reason: "Go away!") }
    }

    func session(_ session: any MessageSession, received message: [UInt8]) {
        switch String(decoding: message, as: UTF8.self) {
        case "close": session.close(4000, reason: "told to")
        case "flood": for _ in 0..<100 { session.send([UInt8](repeating: 0x20, count: 50_000)) }
        case "alarm": session.setAlarm(at: session.now.advanced(by: .milliseconds(20)))
        case _ where !String(decoding: message, as: UTF8.self).utf8.elementsEqual(message):
            session.send(binary: message)
        default: session.send(message)
        }
    }

    func sessionAlarm(_ session: any MessageSession) { session.send(Array("alarm".utf8)) }

    func sessionClosed(_ session: any MessageSession, code: Int, reason: String) {
        journal.note("closed \(code)")
    }
}
