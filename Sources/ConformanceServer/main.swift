// SPDX-License-Identifier: Apache-2.0
// The server that the protocols' official suites and foreign clients are run against.
import Glibc
import SocketIO

/// `--name value` pairs.
func argument(_ name: String) -> String? {
    guard let index = CommandLine.arguments.firstIndex(of: "--\(name)"),
        index + 1 < CommandLine.arguments.count
    else { return nil }
    return CommandLine.arguments[index + 1]
}

func milliseconds(_ name: String, _ fallback: Int) -> Duration {
    .milliseconds(argument(name).flatMap(Int.init) ?? fallback)
}

guard let port = argument("port").flatMap(UInt16.init) else {
    print(
        """
        usage: ConformanceServer --port N [--ping-interval MS] [--ping-timeout MS]
               [--parser messagepack] [--recovery MS] [--redis URL [--sharded yes]]
               [--admin USER:PASSWORD [--admin-mode production] [--admin-readonly yes]]
        """)
    exit(64)
}

var options = SocketServerOptions()
options.pingInterval = milliseconds("ping-interval", 300)
options.pingTimeout = milliseconds("ping-timeout", 200)
// The suites allow the end of a connection without a namespace two seconds, and count three pings, which
// take 900 ms, on one: a time in the middle leaves both a busy machine's leisure.
options.connectTimeout = .milliseconds(1500)
options.origins = .any
if let duration = argument("recovery") {
    var recovery = RecoveryOptions()
    recovery.maxDisconnection = .milliseconds(Int(duration) ?? 120_000)
    options.recovery = recovery
}
if argument("parser") == "messagepack" { options.parser = .messagePack }

let io = SocketServer(options)
for name in ["/", "/custom", "/refusing"] { serve(io.of(name)) }
try joinCluster(io)
try openAdmin(io)
io.of("/refusing").use { socket in
    guard socket.handshake.auth["token"] == "right" else {
        throw ConnectRefusal("not allowed", data: ["code": 7, "auth": .object(socket.handshake.auth)])
    }
}

options.path = "/engine.io/"
let engine = SocketServer(options)
engine.onEngineConnect { socket in
    socket.onMessage { message in socket.send(message) }
}

var listening = SocketServer.Listening(port: port)
listening.others = [engine]
listening.routes = messageRoutes()
signal(SIGTERM) { _ in _exit(0) }
_ = try await io.start(listening)
print("listening")
fflush(nil)
try await Task.sleep(for: .seconds(1_000_000_000))
