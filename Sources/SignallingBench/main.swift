// SPDX-License-Identifier: Apache-2.0
// The server that `Benchmarks/signalling` measures: plain WebSocket and polling on loopback.
import Glibc
import SocketIO

guard CommandLine.arguments.count >= 3, CommandLine.arguments[1] == "--port",
    let port = UInt16(CommandLine.arguments[2])
else {
    print("usage: SignallingBench --port N [--loops N]")
    exit(64)
}

let io = SocketServer()
io.main.on(raw: "bench:join") { socket, event in
    guard let room = event.arguments.first?.string else { return }
    socket.join(room)
    event.acknowledge()
}
io.main.on(raw: "bench:echo") { _, event in
    event.acknowledge(event.arguments)
}
io.main.on(raw: "bench:broadcast") { _, event in
    guard event.arguments.count == 2, let room = event.arguments[0].string else { return }
    io.main.to(room).emit("bench:msg", arguments: SocketIOArguments(texts: [event.arguments[1]]))
}

var listening = SocketServer.Listening(port: port)
// What it is compared with runs on one core each.
listening.loops = 1
if CommandLine.arguments.count >= 5, CommandLine.arguments[3] == "--loops" {
    listening.loops = Int(CommandLine.arguments[4]) ?? 0
}
print("listening", try await io.start(listening))
try await Task.sleep(for: .seconds(1_000_000_000))
