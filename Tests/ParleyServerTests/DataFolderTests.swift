// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import ParleyServer
import ServerConfig
import Testing

extension ServerJourneys {
    @Suite("Data folders") struct DataFolderTests {
        private func folder(of server: TestServer) -> DataFolder { DataFolder(server.server.config) }

        @Test("accounts can be added, listed, changed and removed while the server runs")
        func accounts() throws {
            let server = try TestServer()
            let desk = try folder(of: server).openAccounts()
            let id = try desk.add(
                email: "ana@example.org", name: "Ana", role: "admin", zone: "Europe/Lisbon",
                password: "correct horse")
            #expect(throws: StartError.self) {
                try desk.add(email: "ANA@example.org", name: "Ana", role: "host", password: "correct horse")
            }
            #expect(throws: StartError.self) {
                try desk.add(email: "ben@example.org", name: "Ben", role: "boss", password: "correct horse")
            }
            let nowhere = #expect(throws: StartError.self) {
                try desk.add(
                    email: "ben@example.org", name: "Ben", role: "host", zone: "Mars/Phobos",
                    password: "correct horse")
            }
            #expect(nowhere?.problem.contains("time zone") == true)
            let listed = try desk.list()
            #expect(listed.map(\.id) == [id] && listed.map(\.email) == ["ana@example.org"])
            #expect(listed.map(\.role) == ["admin"] && listed.map(\.isDisabled) == [false])
            try desk.setPassword(of: "ana@example.org", to: "battery staple")
            #expect(throws: StartError.self) { try desk.setPassword(of: "ana@example.org", to: "short") }
            try desk.remove("Ana@example.org")
            #expect(try desk.list() == [])
            #expect(throws: StartError.self) { try desk.remove("ana@example.org") }
        }

        @Test("a backup of a running server comes back on another folder, accounts and all")
        func restores() throws {
            let server = try TestServer()
            _ = try folder(of: server).openAccounts().add(
                email: "ana@example.org", name: "Ana", role: "host", password: "correct horse")
            let file = server.folder.path + "/backup.sqlite"
            try folder(of: server).backUp(to: file)
            let elsewhere = TemporaryFolder()
            var config = ServerConfig()
            config.data.folder = elsewhere.path
            #expect(try DataFolder(config).restore(from: file) == nil)
            let other = try TestServer(in: elsewhere)
            #expect(try folder(of: other).openAccounts().list().map(\.email) == ["ana@example.org"])
        }

        @Test("nobody is signed in and no browser the host after a restore")
        func signsOut() throws {
            let first = try TestServer()
            let host = try first.claimHost()
            let body = #"{"email":"ana@example.org","name":"Ana","password":"correct horse","role":"admin"}"#
            let made = try first.request(
                "POST", "/api/v1/users", headers: first.ownPage + [host], body: body)
            #expect(made.status == 201)
            let entered = try first.request(
                "POST", "/api/v1/session", headers: first.ownPage,
                body: #"{"email":"ana@example.org","password":"correct horse"}"#)
            let session = ("Cookie", String((entered.headers["Set-Cookie"] ?? "").prefix { $0 != ";" }))
            let file = first.folder.path + "/backup.sqlite"
            try folder(of: first).backUp(to: file)
            first.stop()
            let between = try TestServer(in: first.folder)
            for cookie in [host, session] {
                #expect(try between.get("/api/v1/users", headers: [cookie]).status == 200)
            }
            between.stop()
            _ = try folder(of: first).restore(from: file)
            let restored = try TestServer(in: first.folder)
            defer { restored.stop() }
            for cookie in [host, session] {
                #expect(try restored.get("/api/v1/users", headers: [cookie]).status == 401)
            }
            let fresh = try restored.claimHost()
            #expect(try restored.get("/api/v1/users", headers: [fresh]).status == 200)
        }

        @Test("nothing is restored under a running server")
        func refusesRunning() throws {
            let server = try TestServer()
            let file = server.folder.path + "/backup.sqlite"
            try folder(of: server).backUp(to: file)
            let error = #expect(throws: StartError.self) { try folder(of: server).restore(from: file) }
            #expect(error?.problem.contains("another Parley is using") == true)
            server.stop()
            let old = try #require(try folder(of: server).restore(from: file))
            #expect(FileManager.default.fileExists(atPath: old))
        }
    }
}
