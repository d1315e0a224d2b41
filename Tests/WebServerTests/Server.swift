// SPDX-License-Identifier: Apache-2.0
import EngineKit
import EventLoops
import Glibc
import HTTP
import Synchronization
import TLS
import WebSocket

@testable import WebServer

/// What the handlers of a server have seen, for the test to wait for.
final class Journal: Sendable {
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

/// A server of one or two loops on a port of its own, gone with the value.
final class Server {
    let port: UInt16
    let journal = Journal()
    private let loops: [EventLoop]
    private let webs: [LoopBound<WebLoop>]
    private let handlers: [LoopBound<TestHandler>]

    /// - Parameters:
    ///   - loops: Only the first listens; requests with `home=1` belong to the second.
    ///   - frames: Whether STUN and TURN streams are taken as well.
    init(
        loops count: Int = 1, tls: TLSContext? = nil, settings: WebLoop.Settings = .init(),
        frames: Bool = false, packets: Bool = false
    ) throws {
        loops = try (0..<count).map { try EventLoop.start(name: "test-\($0)") }
        let journal = journal
        let parts = loops.map { loop in
            Server.on(loop) {
                let handler = TestHandler(loop, journal)
                let web = WebLoop(on: loop, handler: handler, settings: settings)
                web.tls = tls
                if frames { web.frames = FrameEcho(journal) }
                if packets { web.packets = PacketEcho(journal) }
                return (LoopBound(web, on: loop), LoopBound(handler, on: loop))
            }
        }
        webs = parts.map(\.0)
        handlers = parts.map(\.1)
        let webs = webs
        for handler in handlers {
            Server.on(handler.loop) { handler.use { $0.homes = webs } }
        }
        port = Server.on(loops[0]) { webs[0].use { (try? $0.listen(host: "127.0.0.1", port: 0)) ?? 0 } }
        guard port != 0 else { throw ClientError("no port") }
    }

    deinit {
        for web in webs {
            web.execute {
                $0.stopAccepting()
                $0.closeAll()
            }
            web.loop.stop()
        }
    }

    /// Runs `body` on the loop and waits for its result.
    private static func on<Value: Sendable>(
        _ loop: EventLoop, _ body: @escaping @Sendable () -> Value
    ) -> Value {
        let result = Mutex<Value?>(nil)
        let box = Box(result)
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
        let result: Mutex<Value?>
        init(_ result: consuming Mutex<Value?>) { self.result = result }
    }

    /// TCP_USER_TIMEOUT of all connections, in milliseconds.
    var userTimeouts: [Int32] {
        Server.on(loops[0]) { [webs] in
            webs[0].use { web in
                web.connections.map { connection in
                    var value: Int32 = 0
                    var size = socklen_t(MemoryLayout<Int32>.size)
                    _ = unsafe getsockopt(
                        connection.socket.descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &value, &size)
                    return value
                }
            }
        }
    }

    var counters: WebLoop.Counters { Server.on(loops[0]) { [webs] in webs[0].use { $0.counters } } }

    /// Waits until `condition` holds, ten seconds at most.
    func waits(until condition: (WebLoop.Counters) -> Bool) -> Bool {
        for _ in 0..<2000 {
            if condition(counters) { return true }
            usleep(5000)
        }
        return false
    }

    func stopAccepting() { Server.on(loops[0]) { [webs] in webs[0].use { $0.stopAccepting() } } }

    /// Answers the requests for `/wait` that have arrived.
    func release() {
        for handler in handlers { Server.on(handler.loop) { handler.use { $0.release() } } }
    }
}

/// `/big` in full; lives as long as the program, as static bytes do.
let bigFile: StaticBytes = {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 8_000_000, alignment: 8)
    for index in bytes.indices { unsafe bytes[index] = UInt8(truncatingIfNeeded: index / 1000) }
    return unsafe StaticBytes(UnsafeRawBufferPointer(bytes))
}()

private final class TestHandler: HTTPHandler {
    var homes: [LoopBound<WebLoop>] = []
    private let loop: EventLoop
    private let journal: Journal
    private var waiting: [HTTPExchange] = []
    private let room = Room()

    init(_ loop: EventLoop, _ journal: Journal) {
        self.loop = loop
        self.journal = journal
    }

    func home(of request: HTTPRequest) -> LoopBound<WebLoop>? {
        request.head.query["home"].flatMap { Int($0) }.map { homes[$0] }
    }

    func expect(_ exchange: HTTPExchange) {
        switch exchange.request.head.path {
        case "/loop":
            journal.note("expected on \(loop.name)")
            exchange.onAbort = { [journal] in journal.note("aborted") }
            exchange.onRefusal = { [journal] status in journal.note("refused with \(status.code)") }
        case "/unwanted": exchange.respond(HTTPResponse(.badRequest, text: "unwanted"))
        default: break
        }
    }

    func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        switch request.head.path {
        case "/wait":
            let name = request.head.query["name"] ?? ""
            exchange.onAbort = { [journal] in journal.note("aborted \(name)") }
            waiting.append(exchange)
            journal.note("waiting \(name)")
        case "/big":
            exchange.respond(HTTPResponse(.ok, body: .fixed(bigFile)))
        case "/heap":
            exchange.respond(HTTPResponse(.ok, body: .bytes([UInt8](repeating: 7, count: 3_000_000))))
        case "/socket", "/deflate":
            let echo = Echo(journal, room)
            echo.socket = exchange.upgrade(deflate: request.head.path == "/deflate", delegate: echo)
            if let socket = echo.socket { room.members.append(socket) }
        case "/stream":
            stream(exchange, journal, as: request.head.query["then"] ?? "")
        case "/loop":
            exchange.respond(HTTPResponse(.ok, text: loop.name))
        default:
            exchange.respond(
                HTTPResponse(
                    .ok,
                    text:
                        "\(request.head.method.rawValue) \(request.head.path) \(String(decoding: request.body, as: UTF8.self))"
                ))
        }
    }

    func release() {
        for exchange in waiting { exchange.respond(HTTPResponse(.ok, text: "released")) }
        waiting = []
    }
}

/// The WebSockets of a server.
private final class Room {
    var members: [WebSocketConnection] = []
}

/// Sends back what it gets, and does as it is told.
private final class Echo: WebSocketDelegate {
    var socket: WebSocketConnection?
    private let journal: Journal
    private let room: Room

    init(_ journal: Journal, _ room: Room) {
        self.journal = journal
        self.room = room
    }

    func webSocket(_ socket: WebSocketConnection, received text: [UInt8]) {
        switch String(decoding: text, as: UTF8.self) {
        case "close": socket.close(.goingAway, reason: "told to")
        case "writable?": journal.note("\(socket.isWritable) \(socket.backlog > 0)")
        case let order where order.hasPrefix("everybody "):
            let frame = WebSocketFrame.Encoded(.text, payload: Array(text.dropFirst(10)))
            for member in room.members { member.send(frame: frame) }
        case "deluge": for _ in 0..<16 { socket.send(binary: [UInt8](repeating: 0, count: 1_000_000)) }
        case "flood": for _ in 0..<64 { socket.send(binary: [UInt8](repeating: 0, count: 65_536)) }
        default: socket.send(text: text)
        }
    }

    func webSocket(_ socket: WebSocketConnection, receivedBinary bytes: [UInt8]) {
        socket.send(binary: bytes)
    }

    func webSocketDrained(_ socket: WebSocketConnection) {
        journal.note("drained \(socket.isWritable) \(socket.backlog)")
    }

    func webSocketClosed(_ socket: WebSocketConnection, code: WebSocketCloseCode?) {
        room.members.removeAll { $0 === socket }
        journal.note("closed \(code?.rawValue ?? 0)")
        self.socket = nil
    }
}
