// SPDX-License-Identifier: Apache-2.0
import SocketIO
import Testing

@Suite("Handlers", .timeLimit(.minutes(1)))
struct HandlerTests {
    private func client(
        _ heard: Mailbox<String>, _ prepare: @escaping @Sendable (Socket) -> Void
    ) async throws -> (TestServer, TestClient) {
        let server = try await TestServer { io in
            io.onConnect { socket in
                prepare(socket)
                socket.on(raw: "end") { _ in heard.put("end") }
            }
        }
        return (server, try await server.client())
    }

    @Test("are called in the order of events, and of registration")
    func order() async throws {
        let heard = Mailbox<String>()
        let (server, client) = try await client(heard) { socket in
            socket.on(raw: "a") { _ in heard.put("a 1") }
            socket.on(raw: "a") { _ in heard.put("a 2") }
            socket.on(raw: "b") { _ in heard.put("b") }
            socket.namespace.on(raw: "a") { _, _ in heard.put("a of the namespace") }
        }
        for name in ["a", "b"] { client.emit(name) }
        #expect(await heard.next(4) == ["a 1", "a 2", "a of the namespace", "b"])
        _ = server
    }

    @Test("for once are called once")
    func once() async throws {
        let heard = Mailbox<String>()
        let (server, client) = try await client(heard) { socket in
            socket.once(raw: "a") { _ in heard.put("once") }
            socket.on(raw: "a") { _ in heard.put("always") }
        }
        for name in ["a", "a", "end"] { client.emit(name) }
        #expect(await heard.next(4) == ["once", "always", "always", "end"])
        _ = server
    }

    @Test("taken off are not called, one by one or all of a name")
    func off() async throws {
        let heard = Mailbox<String>()
        let (server, client) = try await client(heard) { socket in
            let first = socket.on(raw: "a") { _ in heard.put("a 1") }
            socket.on(raw: "a") { _ in heard.put("a 2") }
            let any = socket.onAny { if $0.name == "a" { heard.put("any") } }
            let ofAll = socket.namespace.on(raw: "a") { _, _ in heard.put("namespace") }
            socket.on(raw: "off") { event in
                switch event.arguments.first?.string {
                case "first": socket.off(first)
                case "any": socket.off(any)
                case "namespace": socket.namespace.off(ofAll)
                default: socket.off("a")
                }
            }
        }
        let rest = [
            ["any", "a 1", "a 2", "namespace"], ["any", "a 2", "namespace"], ["a 2", "namespace"], ["a 2"],
        ]
        for (off, expected) in zip(["first", "any", "namespace", "all"], rest) {
            client.emit("a")
            client.emit("off", [.string(off)])
            #expect(await heard.next(expected.count) == expected)
        }
        for name in ["a", "end"] { client.emit(name) }
        #expect(await heard.next() == "end")
        _ = server
    }

    @Test("of any event come before those of its name, the prepended first")
    func any() async throws {
        let heard = Mailbox<String>()
        let (server, client) = try await client(heard) { socket in
            socket.onAny { heard.put("any \($0.name) \($0.arguments.count)") }
            socket.prependAny { heard.put("before \($0.name)") }
            socket.on(raw: "a") { _ in heard.put("a") }
        }
        client.emit("a", [1, 2])
        client.emit("nobody's")
        #expect(await heard.next(5) == ["before a", "any a 2", "a", "before nobody's", "any nobody's 0"])
        _ = server
    }

    @Test("of any event sent see those of broadcasts, too")
    func anyOutgoing() async throws {
        let heard = Mailbox<String>()
        let (server, client) = try await client(heard) { socket in
            socket.onAnyOutgoing { heard.put("out \($0.name) \($0.arguments.count)") }
            let second = socket.prependAnyOutgoing { heard.put("first \($0.name)") }
            socket.on(raw: "off") { _ in
                socket.off(second)
                socket.emit("c")
            }
            socket.emit("a", 1, 2)
        }
        server.io.main.emit("b", arguments: [])
        #expect(await heard.next(4) == ["first a", "out a 2", "first b", "out b 0"])
        client.emit("off")
        #expect(await heard.next() == "out c 0")
    }

    @Test("that look at events first may drop them, one at a time and in order")
    func middleware() async throws {
        let heard = Mailbox<String>()
        struct Unwanted: Error {}
        let (server, client) = try await client(heard) { socket in
            socket.use { event in
                await Task.yield()
                if event.name == "bad" { throw Unwanted() }
            }
            socket.on(raw: "good") { heard.put("good \($0.arguments.map(\.description))") }
            socket.on(raw: "bad") { _ in heard.put("bad") }
            socket.onError { heard.put("\(type(of: $0))") }
        }
        client.emit("good", [1])
        client.emit("bad")
        client.emit("good", [2])
        #expect(await heard.next(3) == [#"good ["1"]"#, "Unwanted", #"good ["2"]"#])
        _ = server
    }

    @Test("may be named like anything that JavaScript objects have")
    func oddNames() async throws {
        let heard = Mailbox<String>()
        let (server, client) = try await client(heard) { socket in
            socket.onAny { heard.put($0.name) }
        }
        let names = ["__proto__", "constructor", "hasOwnProperty", "", "7", "ü€\u{10348}", "error"]
        for name in names { client.emit(name) }
        #expect(await heard.next(names.count) == names)
        _ = server
    }

    @Test("are not called any more when the socket has left")
    func left() async throws {
        let heard = Mailbox<String>()
        let (server, client) = try await client(heard) { socket in
            socket.on(raw: "leave") { _ in socket.disconnect(closing: true) }
            socket.onAny { heard.put($0.name) }
            socket.onDisconnect { heard.put($0.rawValue) }
        }
        for name in ["leave", "too late"] { client.emit(name) }
        _ = await client.ending()
        let other = try await server.client()
        other.emit("other")
        #expect(await heard.next(3) == ["leave", "server namespace disconnect", "other"])
    }
}
