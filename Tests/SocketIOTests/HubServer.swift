// SPDX-License-Identifier: Apache-2.0
import EventLoops
import Glibc
import Synchronization
import WebServer

@testable import SocketIO

/// A Socket.IO server on one loop and a port of its own, gone with the value. Nothing of it is a task,
/// so that tests may block.
final class HubServer {
    let io: SocketServer
    let port: UInt16
    private let loop: EventLoop
    private let hub: LoopBound<Hub>
    private let web: LoopBound<WebLoop>

    /// - Parameter change: Limits count for this machine, too, unless they are changed to.
    init(_ change: (inout SocketServerOptions) -> Void = { _ in }) throws {
        var options = SocketServerOptions()
        options.limits.exemptsLoopback = false
        change(&options)
        let io = SocketServer(options)
        let loop = try EventLoop.start(name: "hub")
        let settings = WebLoop.Settings(options)
        let (hub, web) = Self.on(loop) {
            let hub = Hub(index: 0, loop: loop, server: io) { SocketClient($0, .any) }
            let web = WebLoop(on: loop, handler: HubHandler(hub), settings: settings)
            return (LoopBound(hub, on: loop), LoopBound(web, on: loop))
        }
        io.attach([hub])
        self.io = io
        self.loop = loop
        self.hub = hub
        self.web = web
        port = Self.on(loop) { web.use { (try? $0.listen(host: "127.0.0.1", port: 0)) ?? 0 } }
    }

    deinit {
        hub.execute { $0.shutDown() }
        web.execute {
            $0.stopAccepting()
            $0.closeAll()
        }
        loop.stop()
    }

    var statistics: SocketServerStatistics { Self.on(loop) { [hub] in hub.use(\.statistics) } }

    func refusals(_ reason: SocketRefusal) -> Int { statistics.refusals[reason] ?? 0 }

    func drain(over longest: Duration) { Self.on(loop) { [hub] in hub.use { $0.drain(over: longest) } } }

    /// Waits until the figures fit, ten seconds at most.
    func waits(_ fits: (SocketServerStatistics) -> Bool) -> Bool {
        for _ in 0..<2000 {
            if fits(statistics) { return true }
            usleep(5000)
        }
        return false
    }

    // MARK: Clients

    static let polling = "/socket.io/?EIO=4&transport=polling"
    static let webSocket = "/socket.io/?EIO=4&transport=websocket"

    /// A client that has a session over WebSocket and is in the main namespace.
    func connect() throws -> RouteClient {
        let client = try open()
        try client.sendText("40")
        guard try client.message().hasPrefix("40{") else { throw RouteClient.Failure("not let in") }
        return client
    }

    /// A client that has a session over WebSocket, and no more.
    func open() throws -> RouteClient {
        let client = try RouteClient(port: port)
        let status = try client.openWebSocket(Self.webSocket).status
        guard status == 101 else { throw RouteClient.Failure("status \(status)") }
        _ = try client.message()
        return client
    }

    /// A handshake over polling; the path of the session's later requests.
    func openPolling(_ client: RouteClient) throws -> String {
        let parts = try client.ask("GET", Self.polling).body.split(separator: "\"")
        guard parts.count > 3, parts[1] == "sid" else { throw RouteClient.Failure("no session") }
        return Self.polling + "&sid=" + parts[3]
    }

    static func on<Value: Sendable>(_ loop: EventLoop, _ body: @escaping @Sendable () -> Value) -> Value {
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

private final class HubHandler: HTTPHandler {
    private let hub: Hub

    init(_ hub: Hub) { self.hub = hub }

    func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) { hub.handle(exchange) }
}
