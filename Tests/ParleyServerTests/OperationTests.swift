import Foundation
// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import ParleyServer
import ServerConfig
import Testing

extension ServerJourneys {
    @Suite("Operation") struct Operation {
        @Test("monitoring is answered")
        func monitoring() throws {
            let server = try TestServer()
            defer { server.stop() }
            #expect(try server.get("/healthz").text == "ok\n")
            #expect(try server.get("/readyz").text == "ready\n")
            let ana = try Visitor.connected(server)
            _ = try ana.join(server.createMeeting())
            let metrics = try server.get("/metrics").text
            for line in ["parley_rooms_open 1", "parley_participants_seated 1", "parley_sessions_open 1"] {
                #expect(metrics.contains("\n\(line)\n"))
            }
        }

        @Test("metrics are not for those whom a proxy on this machine lets through")
        func metricsThroughProxy() throws {
            let server = try TestServer()
            defer { server.stop() }
            for header in [
                ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-For", "?"), ("Forwarded", "for=_x"),
            ] {
                #expect(try server.get("/metrics", headers: [header]).status == 403)
            }
        }

        @Test("metrics with a token are for whoever has it")
        func metricsToken() throws {
            let folder = TemporaryFolder()
            let path = folder.path + "/token"
            try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
            try "0123456789abcdef\n".write(toFile: path, atomically: false, encoding: .utf8)
            let server = try TestServer(in: folder) { $0.metrics.tokenFile = path }
            defer { server.stop() }
            #expect(try server.get("/metrics").error == "metrics-restricted")
            let wrong = ("Authorization", "Bearer 0123456789abcdeF")
            #expect(try server.get("/metrics", headers: [wrong]).status == 403)
            let right = ("Authorization", "Bearer 0123456789abcdef")
            #expect(try server.get("/metrics", headers: [right]).status == 200)
        }

        @Test(
            "every answer carries the site's security headers",
            arguments: ["/", "/api/v1/server", "/healthz", "/x"])
        func securityHeaders(path: String) throws {
            let server = try TestServer()
            defer { server.stop() }
            let headers = try server.get(path).headers
            let policy = headers["Content-Security-Policy"] ?? ""
            #expect(policy.hasPrefix("default-src 'self'; "))
            #expect(policy.contains("frame-ancestors 'none'"))
            #expect(!policy.contains("unsafe"))
            #expect(headers["X-Content-Type-Options"] == "nosniff")
            #expect(headers["Referrer-Policy"] == "no-referrer")
            #expect(headers["Permissions-Policy"]?.contains("camera=(self)") == true)
            #expect(headers["Strict-Transport-Security"] == nil)
        }

        @Test("only the sites that the operator names may show pages for guests in frames, and no others")
        func frames() throws {
            let server = try TestServer {
                $0.embedding.origins = [Origin(setting: "https://clinic.example")].compactMap(\.self)
            }
            defer { server.stop() }
            for path in ["/abc-defg-hij", "/i/some", "/book/ana", "/appointment"] {
                let policy = try server.get(path).headers["Content-Security-Policy"] ?? ""
                #expect(policy.hasSuffix("frame-ancestors https://clinic.example"))
            }
            for path in ["/", "/admin", "/login", "/account", "/dashboard", "/playground", "/api/v1/server"] {
                let policy = try server.get(path).headers["Content-Security-Policy"] ?? ""
                #expect(policy.hasSuffix("frame-ancestors 'none'"))
            }
            let script = try server.get("/embed.js").headers
            #expect(script["Cross-Origin-Resource-Policy"] == "cross-origin")
            #expect(script["Content-Type"]?.hasPrefix("text/javascript") == true)
        }

        @Test("codes lead to their one written form")
        func codes() throws {
            let server = try TestServer()
            defer { server.stop() }
            for typed in ["/ABC-DEFG-HIJ", "/abcdefghij", "/Abc-defghij"] {
                let answer = try server.get(typed)
                #expect(answer.status == 308)
                #expect(answer.headers["Location"] == "/abc-defg-hij")
            }
        }

        @Test("a page that is spelled like a code without its hyphens is the page")
        func playground() throws {
            let server = try TestServer()
            defer { server.stop() }
            // Without the web client in it, the program has no pages at all.
            guard try server.get("/trust").status == 200 else { return }
            #expect(try server.get("/playground").status == 200)
            #expect(try server.get("/pla-ygro-und").status == 200)
            #expect(try server.get("/PLAYGROUND").headers["Location"] == "/pla-ygro-und")
        }

        @Test("what is not there is not found, in words a program can read")
        func notFound() throws {
            let server = try TestServer()
            defer { server.stop() }
            for path in [
                "/api", "/api/", "/api/v1", "/api/v1/", "/api/v1/nothing", "/api/meetings", "/api/v1//server",
                "/api/v1/meetings/xyz", "/api/v1/meetings/abc-defg-hij/qr.png",
            ] {
                let answer = try server.get(path)
                #expect(answer.status == 404)
                #expect(answer.error != nil)
                #expect(answer.json["detail"]?.string?.hasSuffix(".") == true)
            }
            let method = try server.request("PUT", "/api/v1/meetings/abc-defg-hij")
            #expect(method.status == 405)
            #expect(method.headers["Allow"] == "GET, PATCH, DELETE")
            #expect(method.error == "method-not-allowed")
            #expect(try server.get("/trust/parley-ca.crt").status == 404)
        }

        @Test(
            "what is no proper request is refused in words a program can read",
            arguments: [
                ("/api/v1/meetings", [("Content-Length", "1000001")], 413, "content-too-large"),
                ("/api/v1/meetings", [("Content-Length", "-1")], 400, "bad-request"),
                ("/api/v1/meetings", [("Transfer-Encoding", "gzip, chunked")], 501, "not-implemented"),
                ("/api/v1/" + String(repeating: "x", count: 9000), [], 414, "uri-too-long"),
                (
                    "/api/v1/server", [("X", String(repeating: "x", count: 20_000))], 431,
                    "request-header-fields-too-large"
                ),
            ] as [(String, [(String, String)], Int, String)])
        func malformed(path: String, headers: [(String, String)], status: Int, name: String) throws {
            let server = try TestServer()
            defer { server.stop() }
            let answer = try server.get(path, headers: headers)
            #expect(answer.status == status)
            #expect(answer.headers["Content-Type"] == "application/problem+json")
            #expect(answer.headers["Connection"] == "close")
            #expect(answer.error == name)
            let message = try #require(answer.json["detail"]?.string)
            #expect(message.first?.isUppercase == true)
            #expect(message.hasSuffix("."))
        }

        @Test("our own certificate can be fetched, and plain HTTP is sent to it")
        func certificate() throws {
            let server = try TestServer(tls: .local)
            defer { server.stop() }
            let answer = try server.get("/trust/parley-ca.crt")
            #expect(answer.headers["Content-Type"] == "application/x-x509-ca-cert")
            #expect(answer.text.hasPrefix("-----BEGIN CERTIFICATE-----"))
            #expect(!answer.text.contains("PRIVATE"))
            #expect(try server.get("/api/v1/server").json["localAuthority"] == true)
            let cookie = try server.get("/host/\(server.server.hostToken)").headers["Set-Cookie"]
            #expect(cookie?.contains("; Secure") == true)

            let plain = try Wire(port: server.port)
            try plain.send("GET /abc-defg-hij HTTP/1.1\r\nHost: \(server.authority)\r\n\r\n")
            let redirect = String(decoding: try plain.receive(), as: UTF8.self)
            #expect(redirect.hasPrefix("HTTP/1.1 308 "))
            #expect(redirect.contains("\r\nLocation: https://\(server.authority)/abc-defg-hij\r\n"))
        }

        @Test("a server that stops tells everybody first")
        func stopping() async throws {
            let server = try TestServer()
            let meeting = try server.createMeeting()
            let (ana, ben) = (try Visitor.connected(server), try Visitor.connected(server))
            _ = try ana.join(meeting)
            _ = try ben.join(meeting, name: "Ben")
            let stopping = server.beginStopping()
            for visitor in [ana, ben] {
                #expect(try visitor.event("stopping") == [:])
                #expect(throws: TransportFailure.self) { try visitor.waitForDisconnect() }
            }
            await stopping.value
            #expect(throws: Wire.Failure.self) { try server.get("/healthz") }
        }

        @Test("one data folder serves one server")
        func lock() throws {
            let folder = TemporaryFolder()
            let first = try TestServer(in: folder)
            #expect {
                try TestServer(in: folder)
            } throws: { error in
                (error as? StartError)?.problem.contains("another Parley") == true
            }
            first.stop()
            try TestServer(in: folder).stop()
        }

        @Test("the log says nothing about people")
        func log() throws {
            let server = try TestServer()
            let cookie = try server.claimHost()
            let meeting = try server.createMeeting()
            let (ana, ben) = (try Visitor.connected(server), try Visitor.connected(server, over: .polling))
            let welcome = try ana.join(meeting, name: "Anastasia")
            _ = try ben.join(meeting, name: "Benedikt")
            _ = try ana.say("the password is swordfish")
            _ = try ana.request("dance", ["with": "Benedikt"])
            _ = try ben.join("zzz-zzzz-zzz")
            ben.hangUp()
            _ = try server.request(
                "DELETE", "/api/v1/meetings/\(meeting)", headers: server.ownPage + [cookie])
            try ana.waitForDisconnect()
            server.stop()

            let lines = server.logLines
            #expect(lines.contains { $0.contains("host link used") }, "nothing was captured")
            let secrets = [
                "Anastasia", "Benedikt", "swordfish", "127.0.0.1", meeting, "zzz-zzzz-zzz",
                server.server.hostToken, cookie.1, ana.sessionID, ben.sessionID,
                welcome["seat"]?.string ?? "", welcome["self"]?["id"]?.string ?? "",
            ]
            for secret in secrets {
                #expect(!secret.isEmpty)
                #expect(!lines.contains { $0.contains(secret) }, "\(secret) was logged")
            }
        }
    }
}
