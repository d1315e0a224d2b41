// SPDX-License-Identifier: Apache-2.0
import JSON
import ServerConfig
import Testing

extension ServerJourneys {
    @Suite("Seats") struct Seats {
        @Test("a lost connection keeps its seat, and its token brings it back")
        func resume() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let (ana, ben) = (try Visitor.connected(server), try Visitor.connected(server))
            let first = try ana.join(meeting, page: "pa")
            _ = try ben.join(meeting, name: "Ben")
            let id = first["self"]?["id"] ?? .null
            ana.hangUp()
            #expect(try ben.event("participant-connection") == ["id": id, "connected": false])
            _ = try ben.say("while you were away", id: "b1")

            let back = try Visitor.connected(server)
            let again = try back.join(meeting, page: "pa", seat: first["seat"] ?? .null, after: 0)
            #expect(again["self"]?["id"] == id)
            #expect(again["chat"]?["messages"]?[0]?["text"]?.string == "while you were away")
            #expect(try ben.event("participant-connection") == ["id": id, "connected": true])
            #expect(ben.unheard.contains("participant-left") == false)
        }

        @Test("a seat whose connection does not come back is given up")
        func lost() throws {
            let server = try TestServer { $0.rooms.reconnectGrace = .milliseconds(100) }
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let (ana, ben) = (try Visitor.connected(server), try Visitor.connected(server))
            let id = try ana.join(meeting)["self"]?["id"] ?? .null
            _ = try ben.join(meeting, name: "Ben")
            ana.hangUp()
            #expect(try ben.event("participant-left") == ["id": id, "reason": "lost"])
        }

        @Test("a seat that is opened elsewhere closes where it was")
        func takeover() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let (old, new) = (try Visitor.connected(server), try Visitor.connected(server, over: .polling))
            let first = try old.join(meeting, page: "p1")
            let second = try new.join(meeting, page: "p2", seat: first["seat"] ?? .null)
            #expect(second["self"]?["id"] == first["self"]?["id"])
            #expect(second["participants"]?.array == [])
            #expect(try old.event("replaced") == [:])
            try old.waitForDisconnect()
            #expect(try new.say("here now")["seq"]?.integer == 1)
        }

        @Test("a token is good for its own meeting only, and only as it was made")
        func forged() throws {
            let server = try TestServer()
            defer { server.stop() }
            let (here, elsewhere) = (try server.createMeeting(), try server.createMeeting())
            let ana = try Visitor.connected(server)
            let welcome = try ana.join(here)
            let seat = welcome["seat"]?.string ?? ""
            let id = welcome["self"]?["id"]?.string ?? ""
            let eve = try Visitor.connected(server)
            #expect(try eve.join(elsewhere, seat: .string(seat))["refused"]?.string == "invalid-seat")
            for wrong in ["x", id, "\(id).", "." + seat, seat + "A", String(seat.dropLast()), "b" + seat] {
                #expect(try eve.join(here, seat: .string(wrong))["refused"]?.string == "invalid-seat")
            }
            #expect(try eve.join(here, name: "Eve")["self"]?["id"]?.string != id)
        }

        @Test("seats and chat outlive a restart of the server")
        func restart() throws {
            let folder = TemporaryFolder()
            let before = try TestServer(in: folder)
            let meeting = try before.createMeeting()
            let ana = try Visitor.connected(before)
            let first = try ana.join(meeting)
            let said = try ana.say("remember this")
            before.stop()

            let after = try TestServer(in: folder)
            defer { after.stop() }
            let back = try Visitor.connected(after)
            let again = try back.join(meeting, seat: first["seat"] ?? .null)
            #expect(again["self"]?["id"] == first["self"]?["id"])
            #expect(again["chat"]?["messages"]?[0]?["text"]?.string == "remember this")
            #expect(again["server"] != first["server"])
            #expect(try back.say("remember this") == said, "an unanswered message is stored once")
        }
    }
}
