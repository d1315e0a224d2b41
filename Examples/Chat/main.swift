// SPDX-License-Identifier: Apache-2.0
// Rooms, names and a page: `swift run ChatExample`, then http://127.0.0.1:3000. Told in docs/socketio.md.
import SocketIO

struct Message: Codable { var from: String, text: String }

let io = SocketServer()

io.use { socket in
    guard socket.handshake.auth["name"]?.string != nil else { throw ConnectRefusal("Tell your name.") }
}

io.onConnect { socket in
    let name = socket.handshake.auth["name"]?.string ?? ""
    socket.on("join") { (room: String) async throws in
        socket.join(room)
        try socket.to(room).emit("joined", name)
        return await io.to(room).fetchSockets().count
    }
    socket.on("say") { (room: String, text: String) in
        guard socket.rooms.contains(room) else { return false }
        try io.to(room).emit("message", Message(from: name, text: text))
        return true
    }
    socket.onDisconnecting { _ in
        for room in socket.rooms { try socket.to(room).emit("left", name) }
    }
}

var listening = SocketServer.Listening(port: 3000)
listening.pages["/"] = .html(page)
try await io.run(listening)
