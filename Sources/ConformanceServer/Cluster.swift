// SPDX-License-Identifier: Apache-2.0
import SocketIO

/// Joins the server with others, if the arguments say so: `--redis URL`, and `--sharded yes` for the
/// sharded format.
func joinCluster(_ io: SocketServer) throws {
    guard let url = argument("redis") else { return }
    var options = RedisAdapter.Options()
    if argument("sharded") != nil { options.format = .sharded(.shared) }
    io.join(try RedisAdapter(RedisURL(url), options: options))
    io.main.onServerEvent("serverPing") { arguments in
        SocketIOArguments(texts: [JSONText("pong of parley")] + arguments, attachments: arguments.attachments)
    }
    io.main.onConnect { socket in serveCluster(socket, in: io.main) }
}

/// The events that ask for what several servers do together.
private func serveCluster(_ socket: Socket, in namespace: Namespace) {
    socket.on(raw: "fetch") { event in
        let target = namespace.to(event.arguments.first?.string ?? "")
        socket.task { _ in
            let sockets = await target.fetchSockets().map { socket -> JSONValue in
                [
                    "id": .string(socket.id), "rooms": .array(socket.rooms.map(JSONValue.string)),
                    "data": socket.data.value,
                ]
            }
            event.acknowledge([.array(sockets)])
        }
    }
    socket.on(raw: "all-rooms") { event in
        socket.task { _ in
            event.acknowledge([.array(await namespace.allRooms().map(JSONValue.string))])
        }
    }
    socket.on(raw: "say-local") { event in
        guard let room = event.arguments.first?.string else { return }
        namespace.local.to(room).emit("said", arguments: event.arguments.dropping(1))
        event.acknowledge()
    }
    socket.on(raw: "sockets-join") { event in
        let rooms = event.arguments.compactMap(\.string)
        for room in rooms.dropFirst() { namespace.to(rooms[0]).socketsJoin(room) }
        event.acknowledge()
    }
    socket.on(raw: "sockets-leave") { event in
        let rooms = event.arguments.compactMap(\.string)
        for room in rooms.dropFirst() { namespace.to(rooms[0]).socketsLeave(room) }
        event.acknowledge()
    }
    socket.on(raw: "disconnect-sockets") { event in
        guard let room = event.arguments.first?.string else { return }
        event.acknowledge()
        namespace.to(room).disconnectSockets(closing: event.arguments.dropping(1).first?.value == true)
    }
    socket.on(raw: "server-side") { event in
        socket.task { _ in
            let answers = await namespace.serverSideEmitWithAck("serverPing", arguments: event.arguments)
            event.acknowledge([.array(answers.map { $0.first?.value ?? .null })])
        }
    }
}
