// SPDX-License-Identifier: Apache-2.0
import SocketIO

/// The events that the suites and the journeys ask for.
func serve(_ namespace: Namespace) {
    namespace.onConnect { socket in
        socket.emit("auth", arguments: [.object(socket.handshake.auth)])
        serveMessages(socket)
        serveRooms(socket, in: namespace)
        serveQuestions(socket, in: namespace)
        socket.on(raw: "kick") { _ in socket.disconnect() }
        socket.on(raw: "kick-all") { _ in socket.disconnect(closing: true) }
        socket.on(raw: "remember") { event in
            socket.data = JSONObject([("value", event.arguments.first?.value ?? .null)])
            event.acknowledge()
        }
        socket.on(raw: "remembered") { event in event.acknowledge([socket.data["value"] ?? .null]) }
    }
}

func serveMessages(_ socket: Socket) {
    socket.on(raw: "message") { event in socket.emit("message-back", arguments: event.arguments) }
    socket.on(raw: "message-with-ack") { event in event.acknowledge(event.arguments) }
    socket.on(raw: "count") { event in
        guard let count = event.arguments.first?.value.integer else { return }
        socket.task { socket in
            for value in 0..<count {
                if value > 0, value % 50 == 0 { try await Task.sleep(for: .milliseconds(1)) }
                guard value % 5 == 0 else {
                    socket.emit("count", arguments: [.number(JSONNumber(value))])
                    continue
                }
                let data: JSONValue = [
                    "value": .number(JSONNumber(value)), "bytes": ["_placeholder": true, "num": 0],
                ]
                socket.emit(
                    "count", arguments: SocketIOArguments([data], attachments: [[UInt8(value % 256)]]))
            }
        }
    }
}

func serveRooms(_ socket: Socket, in namespace: Namespace) {
    func on(_ name: String, _ body: @escaping @Sendable (String, SocketIOArguments) -> Void) {
        socket.on(raw: name) { event in
            guard let room = event.arguments.first?.string else { return }
            body(room, event.arguments.dropping(1))
            event.acknowledge()
        }
    }
    on("join") { room, _ in socket.join(room) }
    on("leave") { room, _ in socket.leave(room) }
    on("say") { room, rest in socket.to(room).emit("said", arguments: rest) }
    on("say-all") { room, rest in namespace.to(room).emit("said", arguments: rest) }
    on("say-volatile") { room, rest in namespace.volatile.to(room).emit("said", arguments: rest) }
    on("say-except") { room, rest in
        namespace.to(room).except(rest.first?.string ?? "").emit("said", arguments: rest.dropping(1))
    }
    socket.on(raw: "rooms") { event in
        event.acknowledge([.array(socket.rooms.sorted().map(JSONValue.string))])
    }
}

func serveQuestions(_ socket: Socket, in namespace: Namespace) {
    socket.on(raw: "ask") { event in
        socket.task { socket in
            do {
                let answer = try await socket.timeout(.milliseconds(500)).emitWithAck(
                    "question", arguments: event.arguments)
                socket.emit(
                    "answer",
                    arguments: SocketIOArguments(
                        texts: [JSONText(.null), answer.first ?? JSONText(.null)],
                        attachments: answer.attachments))
            } catch {
                socket.emit("answer", arguments: [.string("\(error)")])
            }
        }
    }
    socket.on(raw: "ask-room") { event in
        guard let room = event.arguments.first?.string else { return }
        socket.task { socket in
            var answers: [SocketIOArguments] = []
            var isComplete = true
            do {
                answers = try await namespace.to(room).timeout(.milliseconds(500)).emitWithAck(
                    "question", arguments: event.arguments.dropping(1))
            } catch let timeout as BroadcastTimeout {
                answers = timeout.answers
                isComplete = false
            }
            socket.emit(
                "answers", arguments: [.bool(isComplete), .array(answers.map { $0.first?.value ?? .null })])
        }
    }
}

extension SocketIOArguments {
    /// All but the first `count`.
    func dropping(_ count: Int) -> SocketIOArguments {
        SocketIOArguments(texts: Array(dropFirst(count)), attachments: attachments)
    }
}
