// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import Testing

extension ServerJourneys {
    @Suite("Invites") struct Invites {
        private static let far: Int64 = 4_000_000_000_000
        private static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

        /// A meeting of the host's, and what the host sends along.
        private func meeting(_ server: TestServer) throws -> (String, [(String, String)]) {
            let host = server.ownPage + [try server.claimHost()]
            return (try server.createMeeting(), host)
        }

        private func invite(
            to meeting: String, _ body: String = "{}", by host: [(String, String)], _ server: TestServer
        ) throws -> JSONValue {
            let answer = try server.request(
                "POST", "/api/v1/meetings/\(meeting)/invites", headers: host, body: body)
            #expect(answer.status == 201)
            return answer.json
        }

        private func token(_ invite: JSONValue) -> String {
            String(invite["link"]?.string?.split(separator: "/").last ?? "")
        }

        private func use(
            _ token: String, _ server: TestServer, cookie: (String, String)? = nil
        ) throws -> HTTPAnswer {
            try server.request(
                "POST", "/api/v1/invites/use", headers: server.ownPage + (cookie.map { [$0] } ?? []),
                body: #"{"token":"\#(token)"}"#)
        }

        private func cookie(of answer: HTTPAnswer) -> (String, String) {
            ("Cookie", String((answer.headers["Set-Cookie"] ?? "").prefix { $0 != ";" }))
        }

        @Test("a link leads into its meeting, and its picture is for who made it")
        func link() throws {
            let server = try TestServer()
            defer { server.stop() }
            let (meeting, host) = try meeting(server)
            let invite = try invite(to: meeting, by: host, server)
            #expect(invite["link"]?.string?.hasPrefix("\(server.origin)/i/") == true)
            #expect(invite["role"] == "participant")
            #expect(invite["state"] == "open")
            let entry = try use(token(invite), server)
            #expect(entry.json == ["meeting": .string(meeting), "role": "participant"])
            #expect(entry.headers["Set-Cookie"]?.contains("; HttpOnly; SameSite=Lax") == true)
            let path = "/api/v1/invites/\(invite["id"]?.string ?? "")/qr.svg"
            #expect(try server.get(path).status == 401)
            #expect(try server.get(path, headers: host).text.contains("<svg"))
            let list = try server.get("/api/v1/meetings/\(meeting)/invites", headers: host).json["invites"]
            #expect(list?.array?.count == 1)
            #expect(list?[0]?["usedAt"]?.integer != nil)
        }

        @Test("looking at a link does not use it up; a page of ours has to ask")
        func preview() throws {
            let server = try TestServer()
            defer { server.stop() }
            let (meeting, host) = try meeting(server)
            let invite = try invite(to: meeting, #"{"singleUse":true}"#, by: host, server)
            _ = try server.get("/i/\(token(invite))")
            let foreign = try server.request(
                "POST", "/api/v1/invites/use", body: #"{"token":"\#(token(invite))"}"#)
            #expect(foreign.error == "csrf")
            #expect(try use(token(invite), server).status == 200)
        }

        @Test("an invite for one person is the first browser's, which may come back")
        func singleUse() throws {
            let server = try TestServer()
            defer { server.stop() }
            let (meeting, host) = try meeting(server)
            let invite = try invite(to: meeting, #"{"singleUse":true}"#, by: host, server)
            let first = try use(token(invite), server)
            #expect(first.status == 200)
            #expect(try use(token(invite), server).error == "invite-used")
            #expect(try use(token(invite), server, cookie: cookie(of: first)).status == 200)
            // The cookie is no link, and one for another invite opens nothing.
            let value = cookie(of: first).1.split(separator: "=").last.map(String.init) ?? ""
            #expect(try use(value, server).error == "no-such-invite")
            let other = try use(token(try self.invite(to: meeting, by: host, server)), server)
            #expect(try use(token(invite), server, cookie: cookie(of: other)).error == "invite-used")
        }

        @Test("too early, over and taken back each have their own answer")
        func times() throws {
            let server = try TestServer()
            defer { server.stop() }
            let (meeting, host) = try meeting(server)
            let early = try invite(to: meeting, #"{"notBefore":\#(Self.far)}"#, by: host, server)
            #expect(early["state"] == "early")
            let refused = try use(token(early), server)
            #expect(refused.error == "invite-early")
            #expect(refused.json["notBefore"]?.integer == Self.far)

            let soon = Self.now + 1500
            let over = try invite(to: meeting, #"{"expiresAt":\#(soon)}"#, by: host, server)
            while Self.now < soon { usleep(50_000) }
            let gone = try use(token(over), server)
            #expect((gone.status, gone.error) == (410, "invite-expired"))

            let revoked = try invite(to: meeting, by: host, server)
            let entered = cookie(of: try use(token(revoked), server))
            let path = "/api/v1/invites/\(revoked["id"]?.string ?? "")"
            #expect(try server.request("DELETE", path, headers: host).status == 204)
            #expect(try use(token(revoked), server).error == "invite-revoked")
            #expect(try use(token(revoked), server, cookie: entered).error == "invite-revoked")

            let ended = try invite(to: meeting, by: host, server)
            _ = try server.request("POST", "/api/v1/meetings/\(meeting)/end", headers: host)
            #expect(try use(token(ended), server).error == "meeting-ended")
        }

        @Test("a host by an invite is one until it expires, and cannot renew it; a participant may come back")
        func hostLapses() throws {
            let server = try TestServer()
            defer { server.stop() }
            let (meeting, host) = try meeting(server)
            let soon = Self.now + 2000
            func come(as role: String) throws -> (String, (String, String)) {
                let body = #"{"role":"\#(role)","expiresAt":\#(soon)}"#
                let token = token(try invite(to: meeting, body, by: host, server))
                return (token, cookie(of: try use(token, server)))
            }
            let (asHost, asGuest) = (try come(as: "host"), try come(as: "participant"))
            while Self.now < soon { usleep(50_000) }
            #expect(try use(asHost.0, server, cookie: asHost.1).error == "invite-expired")
            #expect(try use(asGuest.0, server, cookie: asGuest.1).status == 200)
            let visitor = try Visitor(server, headers: [asHost.1])
            _ = try visitor.enter()
            #expect(try visitor.join(meeting, name: "Ana")["role"] == "participant")
            let end = "/api/v1/meetings/\(meeting)/end"
            #expect(try server.request("POST", end, headers: server.ownPage + [asHost.1]).status == 401)
        }

        @Test("a link that was not made here, or was changed, leads nowhere")
        func forged() throws {
            let server = try TestServer()
            defer { server.stop() }
            let (meeting, host) = try meeting(server)
            let real = token(try invite(to: meeting, by: host, server))
            let id = real.split(separator: ".")[0]
            for forged in [
                "x", "\(id)", "\(id).", "\(id).AAAAAAAAAAAAAAAAAAAAAA", "\(real)A", String(real.dropLast()),
                "\(real).\(real)", ".", "A" + real.dropFirst(),
            ] where forged != real {
                #expect(try use(forged, server).error == "no-such-invite", "\(forged)")
            }
        }

        @Test(
            "nonsense invites nobody",
            arguments: [
                #"{"role":"admin"}"#, #"{"notBefore":"soon"}"#, #"{"expiresAt":1}"#, #"{"singleUse":1}"#,
                #"{"notBefore":4000000000000,"expiresAt":3900000000000}"#, #"{"expiresAt":-1}"#,
                #"{"notBefore":1e300}"#,
            ])
        func nonsense(body: String) throws {
            let server = try TestServer()
            defer { server.stop() }
            let (meeting, host) = try meeting(server)
            let answer = try server.request(
                "POST", "/api/v1/meetings/\(meeting)/invites", headers: host, body: body)
            #expect(answer.error == "invalid-request")
        }

        @Test("what one was invited as counts in the meeting, until the invite is taken back")
        func role() throws {
            let server = try TestServer()
            defer { server.stop() }
            let (meeting, host) = try meeting(server)
            let invite = try invite(to: meeting, #"{"role":"host"}"#, by: host, server)
            let guest = cookie(of: try use(token(try self.invite(to: meeting, by: host, server)), server))
            let invited = cookie(of: try use(token(invite), server))
            for (header, role) in [(invited, "host"), (guest, "participant"), (host[2], "host")] {
                let visitor = try Visitor(server, headers: [header])
                _ = try visitor.enter()
                #expect(try visitor.join(meeting, name: "Ana")["role"]?.string == role)
            }
            #expect(try Visitor.connected(server).join(meeting)["role"] == "participant")

            let end = "/api/v1/meetings/\(meeting)/end"
            #expect(try server.request("POST", end, headers: server.ownPage + [guest]).status == 401)
            #expect(try server.request("POST", end, headers: [invited]).error == "csrf")
            let other = try server.createMeeting()
            let elsewhere = try server.request(
                "POST", "/api/v1/meetings/\(other)/end", headers: server.ownPage + [invited])
            #expect(elsewhere.status == 401)

            let path = "/api/v1/invites/\(invite["id"]?.string ?? "")"
            _ = try server.request("DELETE", path, headers: host)
            #expect(try server.request("POST", end, headers: server.ownPage + [invited]).status == 401)
            let visitor = try Visitor(server, headers: [invited])
            _ = try visitor.enter()
            #expect(try visitor.join(meeting)["role"] == "participant")
        }

        @Test("whoever was invited as a host may end the meeting")
        func endedByInvited() throws {
            let server = try TestServer()
            defer { server.stop() }
            let (meeting, host) = try meeting(server)
            let invite = try invite(to: meeting, #"{"role":"host"}"#, by: host, server)
            let invited = cookie(of: try use(token(invite), server))
            let ana = try Visitor.connected(server)
            _ = try ana.join(meeting)
            let end = "/api/v1/meetings/\(meeting)/end"
            #expect(try server.request("POST", end, headers: server.ownPage + [invited]).status == 204)
            #expect(try ana.event("ended") == ["reason": "ended-by-host"])
        }

        @Test("invites of others are as unknown as none")
        func others() throws {
            let server = try TestServer()
            defer { server.stop() }
            let (meeting, host) = try meeting(server)
            let body = #"{"email":"eve@example.org","name":"Eve","password":"a long password"}"#
            _ = try server.request("POST", "/api/v1/users", headers: host, body: body)
            let login = try server.request("POST", "/api/v1/session", headers: server.ownPage, body: body)
            let eve = server.ownPage + [cookie(of: login)]
            let id = try invite(to: meeting, by: host, server)["id"]?.string ?? ""
            #expect(
                try server.request("DELETE", "/api/v1/invites/\(id)", headers: eve).error == "no-such-invite")
            #expect(try server.get("/api/v1/invites/\(id)/qr.svg", headers: eve).error == "no-such-invite")
            let path = "/api/v1/meetings/\(meeting)/invites"
            #expect(try server.get(path, headers: eve).error == "not-allowed")
            #expect(try server.request("POST", path, headers: eve, body: "{}").error == "not-allowed")
        }

        @Test("a new link for the meeting leaves its invites good")
        func rotated() throws {
            let server = try TestServer()
            defer { server.stop() }
            let (meeting, host) = try meeting(server)
            let invite = try invite(to: meeting, #"{"singleUse":true}"#, by: host, server)
            let before = cookie(of: try use(token(invite), server))
            let rotated = try server.request("POST", "/api/v1/meetings/\(meeting)/rotate", headers: host)
            let again = try use(token(invite), server, cookie: before)
            #expect(again.json["meeting"] == rotated.json["meeting"])
        }
    }
}
