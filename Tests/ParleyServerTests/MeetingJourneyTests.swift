import HTTP
import JSON
// SPDX-License-Identifier: Apache-2.0
import ServerConfig
import Testing

/// Everything that starts whole servers: one at a time, the machine may have two cores.
@Suite("Server journeys", .serialized) enum ServerJourneys {}

extension ServerJourneys {
    @Suite("Meetings") struct Meetings {
        @Test(
            "two people meet, talk and leave",
            arguments: [
                (Visitor.Kind.webSocket, Visitor.Kind.webSocket), (.polling, .webSocket),
                (.polling, .polling),
            ])
        func meet(first: Visitor.Kind, second: Visitor.Kind) throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let (ana, ben) = (
                try Visitor.connected(server, over: first), try Visitor.connected(server, over: second)
            )

            let welcome = try ana.join(meeting, name: " Ana ", page: "pa")
            #expect(welcome["self"]?["name"]?.string == "Ana")
            #expect(welcome["participants"]?.array == [])
            #expect(welcome["capacity"]?.integer == 100)
            let other = try ben.join(meeting, name: "Ben", page: "pb")
            #expect(other["participants"]?[0]?["name"]?.string == "Ana")
            #expect(try ana.event("participant-joined")["participant"] == other["self"])

            let said = try ana.say("Hello")
            #expect(said["seq"]?.integer == 1)
            #expect(try ana.say("Hello") == said, "the same identifier is the same message")
            for visitor in [ana, ben] {
                let heard = try visitor.event("chat")["message"]
                #expect(heard?["text"]?.string == "Hello")
                #expect(heard?["from"] == welcome["self"]?["id"])
            }

            #expect(try ben.request("media", Visitor.media) == [:])
            #expect(try ben.request("leave") == [:])
            let left = try ana.event("participant-left")
            #expect(left["id"] == other["self"]?["id"])
            #expect(left["reason"]?.string == "left")
            #expect(try ben.say("Still here?", id: "m2")["refused"]?.string == "not-joined")
        }

        @Test("whoever comes late reads what was said")
        func lateComer() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let (ana, ben) = (try Visitor.connected(server), try Visitor.connected(server))
            _ = try ana.join(meeting)
            for number in 1...3 { _ = try ana.say("line \(number)", id: "m\(number)") }
            let chat = try ben.join(meeting, name: "Ben", after: 1)["chat"]
            #expect(chat?["messages"]?.array?.map { $0["text"]?.string } == ["line 2", "line 3"])
            #expect(chat?["complete"]?.bool == true)
        }

        @Test("what need not be kept is not shown to those who come late")
        func retentionNone() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting(retention: "none")
            let (ana, ben) = (try Visitor.connected(server), try Visitor.connected(server))
            _ = try ana.join(meeting)
            #expect(try ana.say("between us")["seq"] != nil)
            #expect(try ben.join(meeting, name: "Ben")["chat"]?["messages"]?.array == [])
        }

        @Test("signals reach the page they are for, and no other")
        func signals() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let (ana, ben) = (try Visitor.connected(server), try Visitor.connected(server, over: .polling))
            let ownID = try ana.join(meeting, page: "pa")["self"]?["id"] ?? .null
            let id = try ben.join(meeting, name: "Ben", page: "pb")["self"]?["id"] ?? .null
            let data: JSONValue = ["candidate": ["candidate": "candidate:1", "sdpMid": "0", "x": [1.50]]]
            #expect(try ana.request("signal", ["to": id, "page": "pb", "data": data]) == [:])
            #expect(try ben.event("signal") == ["from": ownID, "page": "pa", "data": data])
            let stale = try ana.request("signal", ["to": id, "page": "old", "data": data])
            #expect(stale["refused"]?.string == "stale-page")
            let nobody = try ana.request("signal", ["to": "nobody", "page": "pb", "data": data])
            #expect(nobody["refused"]?.string == "no-such-participant")
        }

        @Test("a client that began with polling goes on over a WebSocket")
        func upgrade() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let (ana, ben) = (try Visitor.connected(server, over: .polling), try Visitor.connected(server))
            _ = try ana.join(meeting)
            try ana.upgrade()
            _ = try ben.join(meeting, name: "Ben")
            #expect(try ana.event("participant-joined")["participant"]?["name"]?.string == "Ben")
            #expect(try ana.say("over the socket now")["seq"]?.integer == 1)
            #expect(try ben.event("chat")["message"]?["text"]?.string == "over the socket now")
        }

        @Test("meetings work over TLS with our own certificate")
        func encrypted() throws {
            let server = try TestServer(tls: .local)
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let (ana, ben) = (try Visitor.connected(server), try Visitor.connected(server, over: .polling))
            _ = try ana.join(meeting)
            _ = try ben.join(meeting, name: "Ben")
            _ = try ben.say("Hello")
            #expect(try ana.event("chat")["message"]?["text"]?.string == "Hello")
        }

        @Test("the server says who is in a meeting and draws its link")
        func description() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let ana = try Visitor.connected(server)
            _ = try ana.join(meeting)
            let answer = try server.get("/api/v1/meetings/\(meeting)")
            #expect(
                answer.json == [
                    "meeting": .string(meeting), "name": .null, "participants": 1, "capacity": 100,
                    "recording": .null,
                ])
            let picture = try server.get("/api/v1/meetings/\(meeting)/qr.svg")
            #expect(picture.headers["Content-Type"] == "image/svg+xml")
            #expect(picture.text.contains("<svg"))
        }
    }
}
