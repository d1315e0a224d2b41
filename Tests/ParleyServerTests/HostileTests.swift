// SPDX-License-Identifier: Apache-2.0
import EngineIO
import JSON
import MeetingProtocol
import SocketIOPackets
import Testing

extension ServerJourneys {
    /// What a client may do to hurt others, and must not achieve.
    @Suite("Hostile clients") struct HostileClients {
        @Test("a client that moved on before its first join was refused is still missed when it goes")
        func staleRefusal() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let ana = try Visitor.connected(server)
            _ = try ana.join(meeting)
            let eve = try Visitor.connected(server, over: .polling)
            try eve.sendTogether([
                ("join", Visitor.joining("aaa-bbbb-ccc")), ("leave", [:]),
                ("join", Visitor.joining(meeting, name: "Eve")),
            ])
            #expect(try eve.answer(to: 1)["refused"]?.string == "no-such-meeting")
            #expect(try eve.answer(to: 2)["refused"] != nil)
            let id = try eve.answer(to: 3)["self"]?["id"] ?? .null
            _ = try ana.event("participant-joined")
            try eve.send(raw: [.close])
            #expect(try ana.event("participant-connection") == ["id": id, "connected": false])
        }

        @Test("what was asked in one breath while the room opened is all answered")
        func hurry() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let ana = try Visitor.connected(server, over: .polling)
            let message: JSONValue = ["id": "m1", "text": "Hello and goodbye"]
            try ana.sendTogether([("join", Visitor.joining(meeting)), ("chat", message), ("leave", [:])])
            #expect(try ana.answer(to: 1)["self"] != nil)
            #expect(try ana.answer(to: 2)["seq"]?.integer == 1)
            #expect(try ana.answer(to: 3) == [:])
            let chat = try ana.join(meeting)["chat"]
            #expect(chat?["messages"]?[0]?["text"]?.string == "Hello and goodbye")
        }

        @Test("a flood of signals is answered to the last and held up, and nobody else notices")
        func flood() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let (eve, ben) = (try Visitor.connected(server), try Visitor.connected(server))
            _ = try eve.join(meeting, name: "Eve")
            let id = try ben.join(meeting, name: "Ben", page: "pb")["self"]?["id"] ?? .null
            let signal: JSONValue = ["to": id, "page": "pb", "data": ["candidate": nil]]
            let asked = try (0..<2000).map { _ in try eve.send("signal", signal) }
            let answers = try asked.map { try eve.answer(to: $0) }
            let relayed = answers.count { $0 == [:] }
            #expect((300..<2000).contains(relayed))
            #expect(answers.allSatisfy { $0 == [:] || $0["refused"]?.string == "too-fast" })
            #expect(try ben.say("all well")["seq"]?.integer == 1)
            for _ in 0..<relayed { _ = try ben.event("signal") }
            #expect(!ben.unheard.contains("signal"))
        }

        @Test("acknowledgement numbers may repeat; each request is answered for itself")
        func repeatedAcks() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let (ana, ben) = (try Visitor.connected(server), try Visitor.connected(server))
            _ = try ana.join(meeting)
            let id = try ben.join(meeting, name: "Ben")["self"]?["id"] ?? .null
            for event in ["dance", "leave"] {
                try ben.send(
                    SocketIOPacket(
                        .event(event, [[:]], id: .init(rawValue: 1)), namespace: Handshake.namespace)
                )
            }
            #expect(try ben.answer(to: 1)["refused"]?.string == "invalid-event")
            #expect(try ana.event("participant-left") == ["id": id, "reason": "left"])
        }

        @Test("a namespace asked for and broken in one breath leaves nothing behind")
        func brokenEntry() throws {
            let server = try TestServer()
            for _ in 0..<10 {
                let eve = try Visitor(server, over: .polling)
                let entry = SocketIOPacket(.connect(Handshake.auth.object), namespace: Handshake.namespace)
                try eve.send(
                    raw: entry.messages.map(EngineIOPacket.message) + [.message(.text(Array("9".utf8)))])
                // The poll that fetches the end is the last that the session waits for.
                #expect(throws: TransportFailure.self) { try eve.waitForDisconnect() }
            }
            #expect(try server.get("/healthz").status == 200)
            // Stopping speaks to every client that is registered.
            server.stop()
        }

        @Test(
            "what is no Socket.IO ends its own session and nothing else",
            arguments: ["9", "2/meet,{}", "x", "51-"])
        func garbage(text: String) throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let (ana, eve) = (try Visitor.connected(server), try Visitor.connected(server))
            _ = try ana.join(meeting)
            _ = try eve.join(meeting, name: "Eve")
            try eve.send(raw: [.message(.text(Array(text.utf8)))])
            #expect(throws: TransportFailure.self) { try eve.waitForDisconnect() }
            #expect(try ana.event("participant-connection")["connected"]?.bool == false)
            #expect(try ana.say("all well")["seq"]?.integer == 1)
        }

        @Test("a session belongs to whoever knows its whole name")
        func unknownSession() throws {
            let server = try TestServer()
            defer { server.stop() }
            let ana = try Visitor(server, over: .polling)
            let shard = ana.sessionID.prefix(1)
            for name in [shard + "AAAAAAAAAAAAAAAAAAA", "x", "-", "é", ana.sessionID + "x", "%00"] {
                let path = "/socket.io/?EIO=4&transport=polling&sid=\(name == "é" ? "%C3%A9" : String(name))"
                let answer = try server.get(path)
                #expect(answer.status == 400)
                #expect(answer.json["code"]?.integer == 1, "\(name)")
            }
        }

        @Test("a room nobody could open is not kept")
        func noRoomLeft() throws {
            let server = try TestServer()
            defer { server.stop() }
            let eve = try Visitor.connected(server)
            for _ in 0..<5 { _ = try eve.join("aaa-bbbb-ccc") }
            #expect(try server.get("/metrics").text.contains("\nparley_rooms_open 0\n"))
        }
    }
}
