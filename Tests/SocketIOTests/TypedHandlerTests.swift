// SPDX-License-Identifier: Apache-2.0
import EventLoops
import SocketIO
import Testing

@Suite("Typed handlers", .timeLimit(.minutes(1)))
struct TypedHandlerTests {
    struct Person: Codable, Hashable { var name: String, age: Int? }
    struct Joined: SocketMessage, Hashable {
        static let name = "joined"
        var user: Person
    }
    struct Refused: Error {}

    private func connected(
        _ prepare: @escaping @Sendable (Socket) -> Void
    ) async throws -> (TestServer, TestClient) {
        let server = try await TestServer { $0.onConnect(prepare) }
        return (server, try await server.client())
    }

    @Test("are given values, and what they return is the acknowledgement")
    func values() async throws {
        let (server, client) = try await connected { socket in
            socket.on("add") { (a: Int, b: Double) in Double(a) + b }
            socket.on("older") { (person: Person, by: Int?) in
                Person(name: person.name, age: (person.age ?? 0) + (by ?? 1))
            }
            socket.on("none") { (_: [String: Bool]) in }
        }
        #expect(await client.ask("add", [1, 2.5]) == [3.5])
        #expect(await client.ask("older", [["name": "ana"]]) == [["name": "ana", "age": 1]])
        #expect(await client.ask("older", [["name": "ana", "age": 4], 3]) == [["name": "ana", "age": 7]])
        #expect(await client.ask("none", [["a": true]]) == [])
        _ = server
    }

    @Test("may take their time in a task, and do not hold up other events")
    func asynchronous() async throws {
        let gate = Gate()
        let (server, client) = try await connected { socket in
            socket.on("slow") { (number: Int) async throws -> Int in
                await gate.opened()
                return number + 1
            }
            socket.on("quick") { (number: Int) in number }
        }
        client.emit("slow", [1], id: 1)
        await gate.reached()
        #expect(await client.ask("quick", [5]) == [5])
        gate.open()
        #expect(await client.event() == "ack 2")
        _ = server
    }

    @Test("are not called with values of other types: that is an error of the socket")
    func wrongTypes() async throws {
        let errors = Mailbox<String>()
        let (server, client) = try await connected { socket in
            socket.on("number") { (_: Int) in Issue.record("called") }
            socket.on("task") { (_: Person) async throws in Issue.record("called") }
            socket.onError { errors.put("\($0)") }
            socket.on("end") { true }
        }
        client.emit("number", ["text"], id: 1)
        client.emit("number", [], id: 2)
        client.emit("task", [["name": 3]], id: 3)
        #expect(
            await errors.next(3) == [
                "number[0] is a string, not a number", "number[0] is missing",
                "task[0].name is a number, not a string",
            ])
        #expect(await client.ask("end") == [true])
        _ = server
    }

    @Test("throw to the error handlers of the socket and of the namespace")
    func thrown() async throws {
        let errors = Mailbox<String>()
        let (server, client) = try await connected { socket in
            socket.on("now") { () throws in throw Refused() }
            socket.on("later") { () async throws in
                await Task.yield()
                throw Refused()
            }
            socket.onError { errors.put("socket \(type(of: $0))") }
        }
        server.io.main.onError { errors.put("namespace \($0.id == client.id) \(type(of: $1))") }
        for name in ["now", "later"] {
            client.emit(name)
            #expect(await errors.next(2) == ["namespace true Refused", "socket Refused"])
        }
    }

    @Test("that run when their socket leaves are cancelled, and no error")
    func cancelled() async throws {
        let (started, ended) = (Mailbox<Void>(), Mailbox<String>())
        let (server, client) = try await connected { socket in
            socket.on("wait") { () async throws in
                started.put(())
                do { try await Task.sleep(for: .seconds(1000)) } catch {
                    ended.put("cancelled")
                    throw error
                }
            }
            socket.onError { ended.put("\($0)") }
            socket.onDisconnect { _ in ended.put("left") }
        }
        client.emit("wait")
        await started.next()
        client.drop()
        #expect(await Set(ended.next(2)) == ["cancelled", "left"])
        let io = server.io
        io.main.onError { _, error in ended.put("\(error)") }
        let next = try await server.client()
        next.emit("wait")
        await started.next()
        next.send(.disconnect)
        #expect(await Set(ended.next(2)) == ["cancelled", "left"])
    }

    @Test("that begin when an earlier one has made the socket leave are cancelled")
    func tooLate() async throws {
        let ended = Mailbox<Bool>()
        let (server, client) = try await connected { socket in
            socket.on(raw: "leave") { _ in socket.disconnect() }
            socket.on("leave") { () async in
                try? await Task.sleep(for: .seconds(1000))
                ended.put(Task.isCancelled)
            }
        }
        client.emit("leave")
        #expect(await ended.next() == true)
        _ = server
    }

    @Test("that await begin before later events are handled")
    func beginAtOnce() async throws {
        let (server, client) = try await connected { socket in
            socket.on("enter") { (room: String) async in
                socket.join(room)
                await Task.yield()
                return "entered"
            }
            socket.on("where") { socket.rooms.contains("a") }
        }
        client.emit("enter", ["a"], id: 1)
        client.emit("where", id: 2)
        #expect(await Set([client.event(), client.event()]) == [#"ack "entered""#, "ack true"])
        _ = server
    }

    @Test("answer once, and for messages by type, too")
    func moreAnswers() async throws {
        let (server, client) = try await connected { socket in
            socket.once("next") { (number: Int) in number + 1 }
            socket.on(Joined.self) { joined in joined.user.name }
        }
        client.emit("next", [1], id: 1)
        #expect(await client.event() == "ack 2")
        client.emit("joined", [["user": ["name": "ana"]]], id: 2)
        #expect(await client.event() == #"ack "ana""#)
        _ = server
    }

    @Test("of messages have the message's type, and messages are sent by type")
    func messages() async throws {
        let (server, client) = try await connected { socket in
            socket.on(Joined.self) { joined in
                #expect(joined.user.age == nil)
                socket.emit(joined)
                do { try socket.namespace.emit(joined) } catch { Issue.record(error) }
            }
        }
        client.emit("joined", [["user": ["name": "ana"]]])
        for _ in 0..<2 { #expect(await client.event() == #"joined {"user":{"name":"ana"}}"#) }
        _ = server
    }

    @Test("of a socket's own tasks end with it")
    func tasks() async throws {
        let ended = Mailbox<String>()
        let (server, client) = try await connected { socket in
            socket.onError { ended.put("\(type(of: $0))") }
            socket.task { socket in
                socket.emit("running")
                try? await Task.sleep(for: .seconds(1000))
                ended.put(Task.isCancelled ? "cancelled" : "slept")
            }
            socket.task { _ in throw Refused() }
        }
        #expect(await client.event() == "running")
        #expect(await ended.next() == "Refused")
        client.drop()
        #expect(await ended.next() == "cancelled")
        _ = server
    }

    @Test("hear of values that cannot be sent, on the socket's loop")
    func unencodable() async throws {
        let errors = Mailbox<Bool>()
        let (server, client) = try await connected { socket in
            socket.onError { _ in errors.put(socket.loop.isCurrent) }
        }
        let socket = try #require(await server.socket(of: client))
        socket.emit("number", Double.nan)
        #expect(await errors.next() == true)
        socket.emit("number", 1)
        #expect(await client.event() == "number 1")
    }
}
