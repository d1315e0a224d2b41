// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import JWT
import ParleyServer
import ServerConfig
import TLS
import Testing

extension ServerJourneys {
    @Suite("Accounts over HTTP") struct AccountJourneys {
        private static let password = "a long enough password"

        /// Makes an account as the host and returns its id.
        @discardableResult
        private func add(
            _ email: String, role: String = "host", to server: TestServer, as host: (String, String)
        ) throws -> String {
            let body =
                #"{"email":"\#(email)","name":"Someone","password":"\#(Self.password)","role":"\#(role)"}"#
            let answer = try server.request(
                "POST", "/api/v1/users", headers: server.ownPage + [host], body: body)
            #expect(answer.status == 201)
            return answer.json["id"]?.string ?? ""
        }

        private func credentials(_ email: String, _ password: String = password) -> String {
            #"{"email":"\#(email)","password":"\#(password)"}"#
        }

        /// Signs in and returns the cookie to send from then on.
        private func signIn(_ email: String, to server: TestServer) throws -> (String, String) {
            let answer = try server.request(
                "POST", "/api/v1/session", headers: server.ownPage, body: credentials(email))
            #expect(answer.status == 200)
            return ("Cookie", String((answer.headers["Set-Cookie"] ?? "").prefix { $0 != ";" }))
        }

        private func token(_ email: String, from server: TestServer) throws -> (String, String) {
            let answer = try server.request("POST", "/api/v1/tokens", body: credentials(email))
            return ("Authorization", "Bearer \(answer.json["token"]?.string ?? "")")
        }

        private func ours(_ server: TestServer, _ cookie: (String, String)) -> [(String, String)] {
            server.ownPage + [cookie]
        }

        @Test("whoever opened the host link is asked for the first administrator, once")
        func firstAdministrator() throws {
            let server = try TestServer()
            defer { server.stop() }
            let nobody = try server.get("/api/v1/session").json
            #expect(nobody == ["user": .null, "host": false, "needsAdmin": false])
            let host = try server.claimHost()
            #expect(try server.get("/api/v1/session", headers: [host]).json["needsAdmin"] == true)
            try add("root@example.org", role: "admin", to: server, as: host)
            let after = try server.get("/api/v1/session", headers: [host]).json
            #expect(after == ["user": .null, "host": true, "needsAdmin": false])
        }

        @Test("signing in sets a cookie for browsers only, signing out ends it for good")
        func session() throws {
            let server = try TestServer()
            defer { server.stop() }
            try add("ana@example.org", to: server, as: server.claimHost())
            let answer = try server.request(
                "POST", "/api/v1/session", headers: server.ownPage, body: credentials("ANA@example.org"))
            #expect(answer.json["user"]?["email"] == "ana@example.org")
            #expect(answer.json["user"]?["password"] == nil)
            let flags = answer.headers["Set-Cookie"]?.split(separator: ";").dropFirst().map { $0.dropFirst() }
            #expect(flags == ["Path=/", "Max-Age=7776000", "HttpOnly", "SameSite=Lax"])
            let cookie = ("Cookie", String((answer.headers["Set-Cookie"] ?? "").prefix { $0 != ";" }))
            #expect(try server.get("/api/v1/users/me", headers: [cookie]).json["role"] == "host")
            let out = try server.request("DELETE", "/api/v1/session", headers: ours(server, cookie))
            #expect(out.status == 204)
            #expect(out.headers["Set-Cookie"]?.contains("Max-Age=0") == true)
            #expect(try server.get("/api/v1/users/me", headers: [cookie]).error == "not-signed-in")
        }

        @Test("wrong passwords and unknown accounts get one answer, and are slowed down")
        func wrongPassword() throws {
            let server = try TestServer()
            defer { server.stop() }
            try add("ana@example.org", to: server, as: server.claimHost())
            let bodies = [
                credentials("ana@example.org", "wrong"), credentials("nobody@example.org", "wrong"),
            ]
            let answers = try bodies.map {
                try server.request("POST", "/api/v1/session", headers: server.ownPage, body: $0)
            }
            #expect(answers.map(\.status) == [401, 401])
            #expect(answers[0].json == answers[1].json)
            #expect(answers[0].headers["Set-Cookie"] == nil)
            var last: HTTPAnswer?
            for _ in 0..<20 {
                last = try server.request("POST", "/api/v1/tokens", body: bodies[0])
                if last?.status != 401 { break }
            }
            #expect(last?.status == 429)
        }

        @Test("nobody is signed in, and nothing is changed by a cookie, for another site's page")
        func forgery() throws {
            let server = try TestServer()
            defer { server.stop() }
            try add("ana@example.org", to: server, as: server.claimHost())
            let cookie = try signIn("ana@example.org", to: server)
            let header = ("X-Parley-CSRF", "1")
            let origin = ("Origin", server.origin)
            for headers in [
                [], [header], [origin], [header, ("Sec-Fetch-Site", "cross-site")],
                [header, origin, ("Sec-Fetch-Site", "same-site")], [origin, ("X-Parley-CSRF", "0")],
            ] {
                let login = try server.request(
                    "POST", "/api/v1/session", headers: headers, body: credentials("ana@example.org"))
                #expect(login.error == "csrf")
                let change = try server.request(
                    "PATCH", "/api/v1/users/me", headers: headers + [cookie], body: #"{"name":"Eve"}"#)
                #expect(change.error == "csrf")
            }
            let foreign = [header, ("Origin", "https://evil.example"), cookie]
            let refused = try server.request(
                "PATCH", "/api/v1/users/me", headers: foreign, body: #"{"name":"Eve"}"#)
            #expect(refused.error == "foreign-origin")
            for headers in [[header, origin], [header, ("Sec-Fetch-Site", "same-origin")]] {
                let change = try server.request(
                    "PATCH", "/api/v1/users/me", headers: headers + [cookie], body: #"{"name":"Ana"}"#)
                #expect(change.json["name"] == "Ana")
            }
        }

        @Test("a bearer token needs no page of ours, and dies with the password")
        func bearer() throws {
            let server = try TestServer()
            defer { server.stop() }
            let host = try server.claimHost()
            let id = try add("ana@example.org", to: server, as: host)
            let token = try token("ana@example.org", from: server)
            #expect(try server.get("/api/v1/users/me", headers: [token]).json["id"]?.string == id)
            let made = try server.request("POST", "/api/v1/meetings", headers: [token])
            #expect(made.json["owner"]?.string == id)
            let change = try server.request(
                "PATCH", "/api/v1/users/\(id)", headers: ours(server, host),
                body: #"{"password":"another long password"}"#)
            #expect(change.status == 200)
            let dead = try server.get("/api/v1/users/me", headers: [token])
            #expect(dead.error == "invalid-token")
            #expect(dead.headers["WWW-Authenticate"]?.contains("invalid_token") == true)
            let cookieToo = try server.get("/api/v1/session", headers: [token, host])
            #expect(cookieToo.status == 401, "a token that is no good is not made good by a cookie")
        }

        @Test("forged, expired and unsigned tokens are nobody's")
        func forgedTokens() throws {
            let server = try TestServer()
            defer { server.stop() }
            let id = try add("ana@example.org", role: "admin", to: server, as: server.claimHost())
            let real = try token("ana@example.org", from: server).1.dropFirst("Bearer ".count)
            let parts = real.split(separator: ".")
            let claims: JSONObject = [
                "iss": "parley", "aud": "parley", "sub": .string(id), "exp": 4_000_000_000,
            ]
            let unsigned = CompactJWS(
                header: ["alg": "none"], payload: Array(JSONValue.object(claims).formatted.utf8),
                signature: [])
            for token in [
                unsigned.formatted, "\(parts[0]).\(parts[1]).", "\(parts[0]).\(parts[1]).AAAA", "", "x", "..",
                JWTKey(secret: [UInt8](repeating: 0, count: 32)).sign(claims),
                "\(real)A", String(repeating: "a", count: 9000),
            ] {
                let answer = try server.get("/api/v1/users", headers: [("Authorization", "Bearer \(token)")])
                #expect(answer.status == 401)
                #expect(answer.error == "invalid-token")
            }
        }

        @Test("tokens of an issuer whose keys the operator names are good, for this server only")
        func issuer() throws {
            let pem = """
                -----BEGIN PRIVATE KEY-----
                MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
                -----END PRIVATE KEY-----
                """
            let folder = TemporaryFolder()
            let path = folder.path + "/issuer.pem"
            try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
            try pem.write(toFile: path, atomically: false, encoding: .utf8)
            let server = try TestServer(in: folder) { $0.api.keys = path }
            defer { server.stop() }
            let id = try add("ana@example.org", to: server, as: server.claimHost())
            let key = try #require(JWTKey(pem: pem))
            for (claims, status) in [
                (["sub": .string(id), "aud": "parley", "exp": 4_000_000_000], 200),
                (["sub": "Ana@example.org", "aud": ["other", "parley"], "exp": 4_000_000_000], 200),
                (["sub": .string(id), "aud": "other", "exp": 4_000_000_000], 401),
                (["sub": .string(id), "exp": 4_000_000_000], 401),
                (["sub": .string(id), "aud": "parley"], 401),
                (["sub": .string(id), "aud": "parley", "exp": 1000], 401),
                (["sub": "nobody@example.org", "aud": "parley", "exp": 4_000_000_000], 401),
            ] as [(JSONObject, Int)] {
                let header = ("Authorization", "Bearer \(key.sign(claims))")
                #expect(try server.get("/api/v1/users/me", headers: [header]).status == status)
            }
        }

        @Test(
            "a file without the issuer's keys keeps the server from starting", arguments: ["", "{}", "hello"])
        func noKeys(text: String) throws {
            let folder = TemporaryFolder()
            let path = folder.path + "/issuer.pem"
            try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: false, encoding: .utf8)
            #expect(throws: StartError.self) { try TestServer(in: folder) { $0.api.keys = path } }
        }

        @Test("accounts see and change themselves, and nobody else")
        func roles() throws {
            let server = try TestServer()
            defer { server.stop() }
            let host = try server.claimHost()
            let ana = try add("ana@example.org", to: server, as: host)
            let ben = try add("ben@example.org", role: "professional", to: server, as: host)
            for email in ["ana@example.org", "ben@example.org"] {
                let cookie = try signIn(email, to: server)
                for (method, path, body) in [
                    ("GET", "/users", ""), ("GET", "/users/\(ana)", ""), ("DELETE", "/users/\(ben)", ""),
                    ("PATCH", "/users/\(ana)", #"{"role":"admin"}"#),
                    ("PATCH", "/users/me", #"{"role":"admin"}"#),
                    ("PATCH", "/users/me", #"{"disabled":false}"#),
                    ("POST", "/users", credentials("eve@example.org")),
                ] {
                    let answer = try server.request(
                        method, "/api/v1" + path, headers: ours(server, cookie), body: body)
                    #expect(answer.error == "not-allowed", "\(method) \(path)")
                }
            }
            #expect(try server.request("GET", "/api/v1/users").error == "not-signed-in")
        }

        @Test("a new password or address needs the old password, and ends the other sessions")
        func ownPassword() throws {
            let server = try TestServer()
            defer { server.stop() }
            try add("ana@example.org", to: server, as: server.claimHost())
            let (here, there) = (
                try signIn("ana@example.org", to: server), try signIn("ana@example.org", to: server)
            )
            func change(_ body: String) throws -> HTTPAnswer {
                try server.request("PATCH", "/api/v1/users/me", headers: ours(server, here), body: body)
            }
            #expect(try change(#"{"password":"another long password"}"#).error == "invalid-request")
            let wrong = #"{"password":"another long password","currentPassword":"wrong"}"#
            #expect(try change(wrong).error == "wrong-password")
            #expect(try change(#"{"email":"eve@example.org"}"#).error == "invalid-request")
            let short = #"{"password":"short","currentPassword":"\#(Self.password)"}"#
            #expect(try change(short).error == "weak-password")
            let right = #"{"password":"another long password","currentPassword":"\#(Self.password)"}"#
            #expect(try change(right).status == 200)
            #expect(try server.get("/api/v1/users/me", headers: [here]).status == 200)
            #expect(try server.get("/api/v1/users/me", headers: [there]).status == 401)
        }

        @Test("an administrator locks accounts and deletes them with their meetings, but never themselves")
        func administration() throws {
            let server = try TestServer()
            defer { server.stop() }
            let host = try server.claimHost()
            let root = try add("root@example.org", role: "admin", to: server, as: host)
            let ana = try add("ana@example.org", to: server, as: host)
            let admin = ours(server, try signIn("root@example.org", to: server))
            let cookie = try signIn("ana@example.org", to: server)
            let made = try server.request("POST", "/api/v1/meetings", headers: ours(server, cookie))
            let code = try #require(made.json["meeting"]?.string)
            let visitor = try Visitor.connected(server)
            _ = try visitor.join(code)

            let taken = #"{"email":"Root@example.org"}"#
            let conflict = try server.request("PATCH", "/api/v1/users/\(ana)", headers: admin, body: taken)
            #expect(conflict.error == "email-taken")
            let lock = #"{"disabled":true}"#
            #expect(
                try server.request("PATCH", "/api/v1/users/\(ana)", headers: admin, body: lock).status == 200)
            #expect(try server.get("/api/v1/users/me", headers: [cookie]).status == 401)
            #expect(
                try server.request(
                    "POST", "/api/v1/session", headers: server.ownPage, body: credentials("ana@example.org")
                ).error == "wrong-password")
            #expect(try server.request("DELETE", "/api/v1/users/\(ana)", headers: admin).status == 204)
            #expect(try visitor.event("ended") == ["reason": "ended-by-host"])
            #expect(try server.get("/api/v1/meetings/\(code)").error == "no-such-meeting")
            #expect(try server.request("DELETE", "/api/v1/users/\(ana)", headers: admin).status == 404)
            for (method, body) in [("DELETE", ""), ("PATCH", lock), ("PATCH", #"{"role":"host"}"#)] {
                let answer = try server.request(method, "/api/v1/users/\(root)", headers: admin, body: body)
                #expect(answer.error == "own-account")
            }
        }

        @Test("a meeting belongs to its maker, who alone changes it, gives it a new link and deletes it")
        func ownMeetings() throws {
            let server = try TestServer()
            defer { server.stop() }
            let host = try server.claimHost()
            for name in ["ana", "ben"] { try add("\(name)@example.org", to: server, as: host) }
            let ana = ours(server, try signIn("ana@example.org", to: server))
            let ben = ours(server, try signIn("ben@example.org", to: server))
            let made = try server.request(
                "POST", "/api/v1/meetings", headers: ana,
                body: ##"{"name":" Choir ","color":"#2d9cdb","retention":"month"}"##)
            #expect(made.status == 201)
            #expect(made.json["name"] == "Choir")
            let code = try #require(made.json["meeting"]?.string)
            let path = "/api/v1/meetings/\(code)"
            #expect(made.headers["Location"] == path)
            #expect(try server.get(path).json["name"] == "Choir")
            #expect(try server.get(path).json["retention"] == nil)
            for (method, route) in [
                ("PATCH", path), ("POST", path + "/rotate"), ("DELETE", path), ("POST", path + "/end"),
            ] {
                #expect(try server.request(method, route, headers: ben, body: "{}").error == "not-allowed")
                #expect(try server.request(method, route, body: "{}").error == "not-signed-in")
            }
            let changed = try server.request(
                "PATCH", path, headers: ana, body: #"{"name":"Band","color":null,"retention":"none"}"#)
            #expect(changed.json["name"] == "Band")
            #expect(changed.json["color"] == .null)
            #expect(changed.json["retention"] == "none")
            for body in [#"{"color":"red"}"#, #"{"name":7}"#, #"{"retention":"ever"}"#, "[]"] {
                #expect(
                    try server.request("PATCH", path, headers: ana, body: body).error == "invalid-request")
            }
            let lists = try [ana, ben, [host]].map { headers in
                try server.get("/api/v1/meetings", headers: headers).json["meetings"]?.array?.count
            }
            #expect(lists == [1, 0, 1])
            let rotated = try server.request("POST", path + "/rotate", headers: ana)
            let fresh = try #require(rotated.json["meeting"]?.string)
            #expect(try server.get(path).error == "no-such-meeting")
            #expect(try server.get("/api/v1/meetings/\(fresh)").json["name"] == "Band")
            #expect(try server.request("DELETE", "/api/v1/meetings/\(fresh)", headers: ana).status == 204)
            #expect(try server.get("/api/v1/meetings/\(fresh)").status == 404)
        }
    }
}
