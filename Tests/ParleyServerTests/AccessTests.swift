import HTTP
import JSON
// SPDX-License-Identifier: Apache-2.0
import NetworkAddresses
import ParleyServer
import ServerConfig
import Testing

extension ServerJourneys {
    @Suite("Access") struct Access {
        private static let polling = "/socket.io/?EIO=4&transport=polling"
        private static let foreign = ("Origin", "https://evil.example")

        @Test("pages of other sites may neither connect nor create meetings")
        func foreignOrigin() throws {
            let server = try TestServer()
            defer { server.stop() }
            for origin in ["https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", "x"] {
                let header = ("Origin", origin)
                #expect(try server.get(Self.polling, headers: [header]).status == 403)
                let created = try server.request("POST", "/api/v1/meetings", headers: [header])
                #expect(created.status == 403)
                #expect(created.error == "foreign-origin")
                let socket = try server.get(
                    "/socket.io/?EIO=4&transport=websocket", headers: WebSocketTransport.handshake + [header])
                #expect(socket.status == 400)
                #expect(socket.text == "Forbidden")
            }
        }

        @Test("a stolen session name is of no use to another site")
        func foreignSession() throws {
            let server = try TestServer()
            defer { server.stop() }
            let ana = try Visitor(server, over: .polling)
            let path = Self.polling + "&sid=\(ana.sessionID)"
            #expect(try server.request("POST", path, headers: [Self.foreign], body: "40/meet,").status == 403)
        }

        @Test("the server's own pages may connect, and no answer is for other sites")
        func ownOrigin() throws {
            let server = try TestServer()
            defer { server.stop() }
            let own = ("Origin", server.origin)
            let answer = try server.get(Self.polling, headers: [own])
            #expect(answer.status == 200)
            #expect(answer.headers["Access-Control-Allow-Origin"] == nil)
            #expect(try server.request("POST", "/api/v1/meetings", headers: [own]).status == 201)
            _ = try Visitor(server, headers: [own])
        }

        @Test("sites that the operator allows may read what they get")
        func allowedOrigin() throws {
            let friend = "https://course.example"
            let server = try TestServer {
                $0.http.allowedOrigins = [Origin(setting: friend)].compactMap(\.self)
            }
            defer { server.stop() }
            for (method, status) in [("GET", 200), ("OPTIONS", 204)] {
                let answer = try server.request(method, Self.polling, headers: [("Origin", friend)])
                #expect(answer.status == status)
                #expect(answer.headers["Access-Control-Allow-Origin"] == friend)
                #expect(answer.headers["Access-Control-Allow-Credentials"] == "true")
                #expect(answer.headers["Vary"] == "Origin")
            }
            for (method, status) in [("POST", 201), ("OPTIONS", 204)] {
                let answer = try server.request(method, "/api/v1/meetings", headers: [("Origin", friend)])
                #expect(answer.status == status)
                #expect(answer.headers["Access-Control-Allow-Origin"] == friend)
                #expect(
                    answer.headers["Access-Control-Allow-Credentials"] == nil, "the host's cookie is ours")
            }
            let tooLarge = [("Origin", friend), ("Content-Length", "1000001")]
            let refused = try server.get("/api/v1/meetings", headers: tooLarge)
            #expect(refused.status == 413)
            #expect(refused.headers["Access-Control-Allow-Origin"] == friend)
            let stranger = try server.request("OPTIONS", Self.polling, headers: [Self.foreign])
            #expect(stranger.headers["Access-Control-Allow-Origin"] == nil)
        }

        @Test("forwarding headers are believed from a trusted proxy only")
        func proxy() throws {
            let headers = [
                ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "meet.example"),
                ("X-Forwarded-For", "203.0.113.9"), ("Origin", "https://meet.example"),
            ]
            let direct = try TestServer()
            #expect(try direct.get(Self.polling, headers: headers).status == 403)
            direct.stop()
            let behind = try TestServer {
                $0.http.trustedProxies = [AddressRange(setting: "127.0.0.1")].compactMap(\.self)
                $0.http.strictTransportSecurity = true
            }
            defer { behind.stop() }
            #expect(try behind.get(Self.polling, headers: headers).status == 200)
            #expect(try behind.get("/", headers: headers).headers["Strict-Transport-Security"] != nil)
            #expect(try behind.get("/").headers["Strict-Transport-Security"] == nil)
            let cookie = try behind.get("/host/\(behind.server.hostToken)", headers: headers)
            #expect(cookie.headers["Set-Cookie"]?.contains("; Secure") == true)
        }

        @Test("the host link works once; its cookie lists and ends meetings")
        func host() throws {
            let server = try TestServer()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let ana = try Visitor.connected(server)
            _ = try ana.join(meeting)
            #expect(try server.get("/host/wrong").status == 410)

            let claim = try server.get("/host/\(server.server.hostToken)")
            #expect(claim.status == 303)
            #expect(claim.headers["Location"] == "/")
            let flags = claim.headers["Set-Cookie"]?.split(separator: ";").dropFirst().map { $0.dropFirst() }
            #expect(flags == ["Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=Lax"])
            let cookie = ("Cookie", String((claim.headers["Set-Cookie"] ?? "").prefix { $0 != ";" }))
            #expect(try server.get("/host/\(server.server.hostToken)").status == 410)

            #expect(try server.get("/api/v1/server").json["host"] == false)
            #expect(try server.get("/api/v1/server", headers: [cookie]).json["host"] == true)
            let list = try server.get("/api/v1/meetings", headers: [cookie]).json["meetings"]
            #expect(list?[0]?["meeting"]?.string == meeting)
            #expect(list?[0]?["participants"]?.integer == 1)

            let meetingPath = "/api/v1/meetings/\(meeting)"
            let path = meetingPath + "/end"
            #expect(try server.request("POST", path).status == 401)
            let foreign = [cookie, Self.foreign, ("X-Parley-CSRF", "1")]
            #expect(try server.request("POST", path, headers: foreign).status == 403)
            #expect(try server.request("POST", path, headers: [cookie]).error == "csrf")
            let ours = server.ownPage + [cookie]
            #expect(try server.request("POST", path, headers: ours).status == 204)
            #expect(try ana.event("ended") == ["reason": "ended-by-host"])
            try ana.waitForDisconnect()
            let ben = try Visitor.connected(server)
            #expect(try ben.join(meeting)["refused"]?.string == "meeting-ended")
            #expect(try server.get(meetingPath).error == "meeting-ended")
            #expect(try server.request("POST", path, headers: ours).status == 404)
            #expect(try server.request("DELETE", meetingPath, headers: ours).status == 204)
            #expect(try server.get(meetingPath).error == "no-such-meeting")
        }

        @Test("signing out leaves the browser nobody, and every cookie of the host worthless for good")
        func signOut() throws {
            let server = try TestServer()
            let cookie = try server.claimHost()
            let path = "/api/v1/session"
            #expect(try server.request("DELETE", path, headers: [cookie]).error == "csrf")
            #expect(try server.get("/api/v1/meetings", headers: [cookie]).status == 200)
            let out = try server.request("DELETE", path, headers: server.ownPage + [cookie])
            #expect(out.status == 204)
            let removed = out.headers.values(for: "Set-Cookie").filter { $0.contains("=; ") }
            #expect(removed.allSatisfy { $0.contains("Max-Age=0") })
            #expect(removed.map { $0.prefix { $0 != "=" } }.sorted() == ["parley_host", "parley_session"])
            #expect(try server.get("/api/v1/meetings", headers: [cookie]).status == 401)
            server.stop()
            let again = try TestServer(in: server.folder)
            defer { again.stop() }
            #expect(try again.get("/api/v1/meetings", headers: [cookie]).status == 401)
            let fresh = try again.claimHost()
            #expect(try again.get("/api/v1/meetings", headers: [fresh]).status == 200)
            // Who is signed out already signs nobody else out.
            _ = try again.request("DELETE", path, headers: again.ownPage + [cookie])
            #expect(try again.get("/api/v1/meetings", headers: [fresh]).status == 200)
        }

        @Test("a forged cookie makes nobody host")
        func forgedCookie() throws {
            let server = try TestServer()
            defer { server.stop() }
            let real = try server.claimHost().1
            let mac = real.split(separator: ".").last ?? ""
            for forged in [
                "9999999999.\(mac)", "\(real)A", "parley_host=.\(mac)", "parley_host=", "x=\(real)",
            ] {
                let value =
                    forged.hasPrefix("parley_host") || forged.hasPrefix("x=")
                    ? forged : "parley_host=\(forged)"
                #expect(try server.get("/api/v1/meetings", headers: [("Cookie", value)]).status == 401)
            }
        }

        @Test("where only the host creates meetings, others are told so")
        func restricted() throws {
            let server = try TestServer { $0.rooms.creation = .host }
            defer { server.stop() }
            let refused = try server.request("POST", "/api/v1/meetings")
            #expect(refused.status == 403)
            #expect(refused.error == "creation-restricted")
            let cookie = try server.claimHost()
            #expect(
                try server.request("POST", "/api/v1/meetings", headers: server.ownPage + [cookie]).status
                    == 201)
        }
    }
}
