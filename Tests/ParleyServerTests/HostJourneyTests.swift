// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

extension ServerJourneys {
    @Suite("Hosts") struct Hosts {
        private static let open: JSONObject = [
            "locked": false, "lobby": false, "microphone": true, "camera": true, "screen": true, "chat": true,
        ]

        /// The rules of a meeting, with some of them changed.
        private static func rules(_ changes: (String, JSONValue)...) -> JSONValue {
            var rules = open
            for (name, value) in changes { rules[name] = value }
            return ["rules": .object(rules)]
        }

        private func host(_ server: TestServer, of meeting: String) throws -> Visitor {
            let host = try Visitor(server, headers: [try server.claimHost()])
            _ = try host.enter()
            #expect(try host.join(meeting, name: "Host")["role"] == "host")
            return host
        }

        @Test("open a lobby, in which people wait, come back, and are let in or sent away")
        func lobby() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let host = try host(server, of: meeting)
            #expect(try host.request("rules", Self.rules(("lobby", true))) == [:])

            let ana = try Visitor.connected(server)
            let place = try ana.join(meeting)["waiting"]?["seat"] ?? .null
            let id = try host.event("lobby")["waiting"]?[0]?["id"] ?? .null
            #expect(try ana.say("Is anybody there?")["refused"] == "not-joined")
            #expect(try ana.request("admit", ["participants": nil])["refused"] == "not-joined")
            ana.hangUp()
            let back = try Visitor.connected(server)
            #expect(try back.join(meeting, seat: place)["waiting"]?["seat"] == place)
            #expect(try host.request("admit", ["participants": [id]]) == [:])
            #expect(try back.event("admitted") == [:])
            #expect(try back.join(meeting, seat: place)["self"]?["id"] == id)

            let ben = try Visitor.connected(server)
            let other = try ben.join(meeting, name: "Ben")["waiting"]?["seat"] ?? .null
            #expect(try host.request("deny", ["participants": nil]) == [:])
            #expect(try ben.event("denied") == [:])
            try ben.waitForDisconnect()
            #expect(ben.unheard == [])
            let again = try Visitor.connected(server)
            #expect(try again.join(meeting, name: "Ben", seat: other)["refused"] == "denied")
        }

        @Test("who leaves the lobby may go elsewhere, over the same connection")
        func leavesLobby() throws {
            let server = try TestServer()
            defer { server.stop() }
            let (meeting, other) = (try server.createMeeting(), try server.createMeeting())
            let host = try host(server, of: meeting)
            _ = try host.request("rules", Self.rules(("lobby", true)))
            let ana = try Visitor.connected(server)
            _ = try ana.join(meeting)
            #expect(try ana.join(other)["refused"] == "already-joined")
            #expect(try ana.request("leave") == [:])
            #expect(try ana.join(other)["role"] == "participant")
            #expect(try host.event("lobby")["waiting"]?.array?.count == 1)
            #expect(try host.event("lobby")["waiting"] == [])
        }

        @Test("mute, forbid, give roles and remove; nobody else may")
        func manage() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let host = try host(server, of: meeting)
            let ana = try Visitor.connected(server)
            let first = try ana.join(meeting)
            let id = first["self"]?["id"] ?? .null
            for (name, payload) in [
                ("mute-all", ["source": "camera"]), ("remove", ["participant": id]),
                ("role", ["participant": id, "role": "host"]), ("rules", Self.rules(("locked", true))),
            ] as [(String, JSONValue)] {
                #expect(try ana.request(name, payload)["refused"] == "not-host")
            }
            #expect(try host.request("mute", ["participant": id, "source": "microphone"]) == [:])
            #expect(try ana.event("muted")["source"] == "microphone")
            #expect(try host.event("media-changed")["media"]?["microphone"] == false)
            #expect(try host.request("role", ["participant": id, "role": "viewer"]) == [:])
            #expect(try ana.event("role-changed")["role"] == "viewer")
            #expect(try ana.request("media", Visitor.media)["refused"] == "not-allowed")
            #expect(try host.request("remove", ["participant": id]) == [:])
            #expect(try ana.event("removed") == [:])
            try ana.waitForDisconnect()
            let back = try Visitor.connected(server)
            #expect(try back.join(meeting, seat: first["seat"] ?? .null)["refused"] == "removed")
        }

        @Test("lower hands; and what was said is changed on disk before it is told")
        func talk() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let host = try host(server, of: meeting)
            let ana = try Visitor.connected(server)
            let id = try ana.join(meeting)["self"]?["id"] ?? .null
            #expect(try ana.request("hand", ["raised": true]) == [:])
            #expect(try host.event("hands")["hands"]?[0]?["participant"] == id)
            #expect(try host.request("lower-hands", ["participant": nil]) == [:])
            #expect(try ana.event("hands")["hands"]?.array?.count == 1)
            #expect(try ana.event("hands") == ["hands": []])

            let seq = try ana.say("Sorry, wrong window")["seq"] ?? .null
            #expect(try host.request("chat-react", ["seq": seq, "reaction": "heart", "on": true]) == [:])
            #expect(try ana.event("chat-changed")["changed"]?.integer == 2)
            #expect(try ana.request("chat-delete", ["seq": seq]) == [:])
            #expect(try host.event("chat-changed")["reactions"]?["heart"]?.array?.count == 1)
            #expect(
                try host.event("chat-changed")
                    == ["seq": seq, "changed": 3, "deleted": true, "reactions": [:]])
            _ = try ana.request("leave")
            _ = try host.request("leave")
            let late = try Visitor.connected(server)
            let message = try late.join(meeting, name: "Late")["chat"]?["messages"]?[0]
            #expect(message?["deleted"] == true)
            #expect(message?["text"] == "")
        }
    }
}
