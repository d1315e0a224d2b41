// SPDX-License-Identifier: Apache-2.0
import EngineIO
import JSON
import MeetingProtocol
import ServerConfig
import SocketIOPackets
import Testing

extension ServerJourneys {
    @Suite("Refusals") struct Refusals {
        @Test("clients of another protocol version are told which we speak")
        func version() throws {
            let server = try TestServer()
            defer { server.stop() }
            for auth: JSONValue in [["protocol": 1], ["protocol": "2"], [:], .null] {
                let answer = try Visitor(server).enter(auth: auth)
                guard case .connectError(let error) = answer else {
                    Issue.record("let in with \(auth)")
                    continue
                }
                #expect(error["message"]?.string == "unsupported-protocol")
                #expect(error["data"] == ["supported": [3]])
            }
        }

        @Test(
            "events that break the protocol are refused, and the connection goes on",
            arguments: [
                ("dance", [:], "invalid-event"), ("join", [:], "invalid-event"),
                ("join", "abc", "invalid-event"), ("join", .null, "invalid-event"),
                ("chat", ["id": "m1", "text": "Hi"], "not-joined"), ("leave", [:], "not-joined"),
                ("media", ["microphone": 1], "invalid-event"),
                ("signal", ["to": "a", "page": "b", "data": []], "invalid-event"),
            ] as [(String, JSONValue, String)])
        func malformed(name: String, payload: JSONValue, refusal: String) throws {
            let server = try TestServer()
            defer { server.stop() }
            let ana = try Visitor.connected(server)
            let answer = try ana.request(name, payload)
            #expect(answer["refused"]?.string == refusal)
            #expect(answer["message"]?.string?.isEmpty == false)
            #expect(try ana.join(server.createMeeting())["self"] != nil)
        }

        @Test("names and messages that people get wrong have refusals of their own")
        func mistakes() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let ana = try Visitor.connected(server)
            for name in ["", " \u{202E} ", String(repeating: "x", count: 61)] {
                #expect(try ana.join(meeting, name: name)["refused"]?.string == "invalid-name")
            }
            #expect(try ana.join("aaa-bbbb-ccc")["refused"]?.string == "no-such-meeting")
            #expect(try ana.join(meeting)["self"] != nil, "a refused join may be tried again")
            let long = String(repeating: "x", count: 4001)
            #expect(try ana.say(long)["refused"]?.string == "chat-too-long")
            #expect(try ana.say(" \n ")["refused"]?.string == "chat-empty")
            #expect(try ana.say(String(long.dropLast()))["seq"]?.integer == 1)
        }

        @Test("a connection has one seat")
        func duplicateJoin() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let ana = try Visitor.connected(server)
            _ = try ana.join(meeting)
            #expect(try ana.join(meeting)["refused"]?.string == "already-joined")
            #expect(try ana.join(server.createMeeting())["refused"]?.string == "already-joined")
            #expect(try ana.say("still in")["seq"]?.integer == 1)
        }

        @Test("the seventh person finds the meeting full, until somebody leaves")
        func full() throws {
            let server = try TestServer { $0.rooms.capacity = 6 }
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let seated = try (0..<6).map { _ in try Visitor.connected(server) }
            for visitor in seated { _ = try visitor.join(meeting) }
            let late = try Visitor.connected(server)
            #expect(try late.join(meeting)["refused"]?.string == "meeting-full")
            _ = try seated[3].request("leave")
            #expect(try late.join(meeting)["participants"]?.array?.count == 5)
        }

        @Test("whoever talks too fast is held up, and only they")
        func tooFast() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let (ana, ben) = (try Visitor.connected(server), try Visitor.connected(server))
            _ = try ana.join(meeting)
            _ = try ben.join(meeting, name: "Ben")
            let asked = try (0..<20).map {
                try ana.send("chat", ["id": .string("m\($0)"), "text": "spam"])
            }
            let answers = try asked.map { try ana.answer(to: $0) }
            #expect(answers.prefix(10).allSatisfy { $0["seq"] != nil })
            #expect(answers.last?["refused"]?.string == "too-fast")
            #expect(try ben.say("calm", id: "b1")["seq"] != nil)
        }

        @Test("looking for meetings is slowed down")
        func guessing() throws {
            let server = try TestServer()
            defer { server.stop() }
            let connection = try HTTPConnection(server)
            var statuses: [Int] = []
            for _ in 0..<70 {
                statuses.append(try connection.request("GET", "/api/v1/meetings/aaa-bbbb-ccc").status)
            }
            #expect(statuses.prefix(60).allSatisfy { $0 == 404 })
            #expect(statuses.last == 429)
        }

        @Test("making meetings is slowed down")
        func creating() throws {
            let server = try TestServer()
            defer { server.stop() }
            let connection = try HTTPConnection(server)
            var last: HTTPAnswer?
            for _ in 0..<90 {
                last = try connection.request("POST", "/api/v1/meetings")
                if last?.status != 201 { break }
            }
            #expect(last?.status == 429)
            #expect(last?.error == "too-many-requests")
        }

        @Test(
            "a body that makes no sense creates no meeting",
            arguments: ["[]", "{", "7", #"{"retention":"ever"}"#, #"{"retention":1}"#])
        func badBody(body: String) throws {
            let server = try TestServer()
            defer { server.stop() }
            let answer = try server.request("POST", "/api/v1/meetings", body: body)
            #expect(answer.status == 400)
            #expect(answer.error == "invalid-request")
        }

        @Test("members that are null count as left out")
        func nullMember() throws {
            let server = try TestServer()
            defer { server.stop() }
            #expect(
                try server.request("POST", "/api/v1/meetings", body: #"{"retention":null}"#).status == 201)
        }
    }
}
