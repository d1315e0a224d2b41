// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import ServerConfig
import Testing

extension ServerJourneys {
    @Suite("Files in the chat") struct Files {
        private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3, 4]

        /// Somebody who sits in a meeting, and what proves it.
        private struct Sitter {
            let visitor: Visitor
            let meeting: String
            let headers: [(String, String)]
            let limits: JSONValue?

            init(_ server: TestServer, in meeting: String, name: String = "Ana") throws {
                visitor = try Visitor.connected(server)
                self.meeting = meeting
                let welcome = try visitor.join(meeting, name: name, page: "page of \(name)")
                headers = [("Authorization", "Bearer \(welcome["seat"]?.string ?? "")")]
                limits = welcome["files"]
            }

            func announce(_ name: String, _ size: Int) throws -> HTTPAnswer {
                let body: JSONValue = ["name": .string(name), "size": .number(JSONNumber(Int64(size)))]
                return try visitor.server.request(
                    "POST", "/api/v1/meetings/\(meeting)/files", headers: headers, body: body.formatted)
            }

            func put(_ bytes: [UInt8], to id: String, from offset: Int = 0) throws -> HTTPAnswer {
                try HTTPConnection(visitor.server).request(
                    "PUT", "/api/v1/meetings/\(meeting)/files/\(id)?from=\(offset)", headers: headers,
                    body: bytes)
            }

            func send(_ bytes: [UInt8], as name: String) throws -> String {
                let id = try announce(name, bytes.count).json["id"]?.string ?? ""
                #expect(try put(bytes, to: id).json["received"]?.integer == Int64(bytes.count))
                return id
            }

            func say(_ file: String, id: String) throws -> JSONValue {
                try visitor.request("chat", ["id": .string(id), "text": "", "file": .string(file)])
            }
        }

        @Test("a file goes part by part, is told of, fetched, and gone with its message")
        func journey() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let (ana, ben) = (try Sitter(server, in: meeting), try Sitter(server, in: meeting, name: "Ben"))
            #expect(ana.limits?["size"]?.integer == 25_000_000)
            let id = try ana.announce("../plan\u{202E}.png", Self.png.count).json["id"]?.string ?? ""
            #expect(try ana.put(Array(Self.png.prefix(8)), to: id).json["received"]?.integer == 8)
            // An answer may have been lost: the server says where it goes on.
            let again = try ana.put(Array(Self.png.prefix(8)), to: id)
            #expect(again.status == 409 && again.json["received"]?.integer == 8)
            #expect(try server.get("/api/v1/files/\(id)").status == 404, "it is not all there")
            #expect(try ana.say(id, id: "early")["refused"]?.string == "no-such-file")
            let last = try ana.put(Array(Self.png.dropFirst(8)), to: id, from: 8).json
            #expect(last["file"]?["type"]?.string == "image/png")
            #expect(last["file"]?["name"]?.string == "plan.png")
            #expect(try ben.say(id, id: "theft")["refused"]?.string == "no-such-file")
            let seq = try #require(try ana.say(id, id: "m1")["seq"])
            #expect(try ben.visitor.event("chat")["message"]?["file"] == last["file"])
            #expect(try ana.say(id, id: "m2")["refused"]?.string == "no-such-file", "it has its message")

            let fetched = try server.get("/api/v1/files/\(id)")
            #expect(fetched.body == Self.png)
            #expect(fetched.headers["Content-Type"] == "image/png")
            #expect(
                fetched.headers["Content-Disposition"]?.hasPrefix("inline; filename=\"plan.png\"") == true)
            #expect(fetched.headers["Content-Security-Policy"]?.contains("sandbox") == true)
            #expect(fetched.headers["X-Content-Type-Options"] == "nosniff")

            #expect(try ana.visitor.request("chat-delete", ["seq": seq]) == [:])
            #expect(try server.get("/api/v1/files/\(id)").status == 404)
            let late = try Visitor.connected(server)
            let messages = try late.join(meeting, name: "Cem", page: "pc")["chat"]?["messages"]
            #expect(messages?[0]?["deleted"]?.bool == true && messages?[0]?["file"] == nil)
        }

        @Test("what is no picture is never shown in place, whatever its name and bytes say")
        func attachments() throws {
            let server = try TestServer()
            defer { server.stop() }
            let ana = try Sitter(server, in: try server.createMeeting())
            let page = Array("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".utf8)
            for name in ["a\"b.svg", "picture.png", "page.html"] {
                let answer = try server.get("/api/v1/files/\(try ana.send(page, as: name))")
                #expect(answer.headers["Content-Type"] == "application/octet-stream")
                #expect(answer.headers["Content-Disposition"]?.hasPrefix("attachment; ") == true)
                #expect(answer.body == page)
            }
            // Larger than what is read from the disk at once.
            let large = [UInt8]((0..<500_000).map { UInt8(truncatingIfNeeded: $0 / 7) })
            #expect(try server.get("/api/v1/files/\(try ana.send(large, as: "large"))").body == large)
        }

        @Test("only who sits there sends files, within the limits, and no programs")
        func limits() throws {
            let server = try TestServer {
                $0.files.size = 1
                $0.files.perMeeting = 2
                $0.files.space = 2
            }
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let ana = try Sitter(server, in: meeting)
            let path = "/api/v1/meetings/\(meeting)/files"
            let stranger = try server.request("POST", path, body: #"{"name":"a","size":1}"#)
            #expect(stranger.status == 401 && stranger.json["code"]?.string == "no-seat")
            let forged = try server.request(
                "POST", path, headers: [("Authorization", "Bearer x.y")], body: #"{"name":"a","size":1}"#)
            #expect(forged.status == 401)
            for (name, size, code) in [
                ("a", 0, "file-empty"), ("a", 1_000_001, "file-too-large"), ("setup.EXE", 5, "file-refused"),
                ("a", -1, "invalid-request"),
            ] {
                #expect(try ana.announce(name, size).json["code"]?.string == code)
            }
            let id = try ana.announce("a", 1_000_000).json["id"]?.string ?? ""
            #expect(try ana.put([], to: id).json["code"]?.string == "invalid-request")
            #expect(try ana.put([1], to: id, from: 5).json["code"]?.string == "wrong-part")
            #expect(try ana.put([1], to: "../../parley.sqlite").status == 404)
            let ben = try Sitter(server, in: meeting, name: "Ben")
            #expect(try ben.put([1], to: id).json["code"]?.string == "no-such-file")
            _ = try ana.announce("b", 1_000_000)
            #expect(try ana.announce("c", 1).json["code"]?.string == "too-many-files")
            let other = try Sitter(server, in: try server.createMeeting())
            #expect(try other.announce("c", 1).json["code"]?.string == "no-space")
            // What is given up is free for others.
            let given = try server.request("DELETE", "\(path)/\(id)", headers: ana.headers)
            #expect(given.status == 204)
            #expect(try other.announce("c", 1).status == 201)
            // Who has left has no say any more, though the token is still good for a seat.
            #expect(try ana.visitor.request("leave") == [:])
            #expect(try ana.announce("d", 1).json["code"]?.string == "no-seat")
        }

        @Test("files outlive the server, and go with the meeting")
        func restart() throws {
            let folder = TemporaryFolder()
            var server = try TestServer(in: folder)
            let host = server.ownPage + [try server.claimHost()]
            let meeting = try server.createMeeting()
            let ana = try Sitter(server, in: meeting)
            let id = try ana.send(Self.png, as: "plan.png")
            _ = try ana.say(id, id: "m1")
            let unfinished = try ana.announce("b", 9).json["id"]?.string ?? ""
            _ = try ana.put([1, 2], to: unfinished)
            #expect(host.count == 3)
            server.stop()

            server = try TestServer(in: folder)
            defer { server.stop() }
            #expect(try server.get("/api/v1/files/\(id)").body == Self.png)
            let files = folder.path + "/files"
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: files).sorted()
                    == [id, id + ".json"].sorted())
            let again = server.ownPage + [try server.claimHost()]
            #expect(
                try server.request("POST", "/api/v1/meetings/\(meeting)/end", headers: again).status == 204)
            #expect(try server.get("/api/v1/files/\(id)").status == 404)
        }

        @Test("meetings that keep no chat have no files, nor has a server without")
        func off() throws {
            let server = try TestServer()
            defer { server.stop() }
            let ana = try Sitter(server, in: try server.createMeeting(retention: "none"))
            #expect(ana.limits == nil)
            #expect(try ana.announce("a", 1).json["code"]?.string == "files-off")
            let without = try TestServer { $0.files.size = 0 }
            defer { without.stop() }
            let ben = try Sitter(without, in: try without.createMeeting())
            #expect(ben.limits == nil)
            #expect(try ben.announce("a", 1).json["code"]?.string == "files-off")
            #expect(try ben.say("abc", id: "m1")["refused"]?.string == "no-such-file")
        }
    }
}
