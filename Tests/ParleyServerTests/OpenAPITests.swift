// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import Testing

@testable import ParleyServer

extension ServerJourneys {
    @Suite("OpenAPI") struct OpenAPI {
        private static let methods = ["get", "post", "put", "patch", "delete"]

        private func document(_ server: TestServer) throws -> JSONObject {
            let answer = try server.get("/api/v1/openapi.json")
            #expect(answer.status == 200)
            return try #require(answer.json.object)
        }

        /// `GET /meetings/{code}` for every operation.
        private func operations(_ document: JSONObject) -> [(method: String, path: String, JSONObject)] {
            (document["paths"]?.object?.members ?? []).flatMap { path, item in
                (item.object?.members ?? []).map { ($0.key.uppercased(), path, $0.value.object ?? [:]) }
            }
        }

        /// WHIP and WHEP are answered by themselves, not by the table.
        private func isStream(_ path: String) -> Bool { path.hasPrefix("/whip/") || path.hasPrefix("/whep/") }

        private func example(_ path: String) -> String {
            (isStream(path) ? "" : "/api/v1") + path.replacing(/\{[^}]*\}/, with: "x")
        }

        @Test("every route of the table is in the document, and nothing else is")
        func sameRoutes() throws {
            let server = try TestServer()
            defer { server.stop() }
            let described = try operations(document(server)).filter { !isStream($0.path) }
                .map { "\($0.method) \($0.path)" }
            let routes = APIRouteTable.shared.routes.map { "\($0.method.rawValue) \($0.path)" }
            #expect(described.sorted() == routes.sorted())
            #expect(Set(routes).count == routes.count)
        }

        @Test("the server follows every operation of the document")
        func followed() throws {
            let server = try TestServer()
            defer { server.stop() }
            for (method, path, _) in try operations(document(server)) {
                let answer = try server.request(method, example(path))
                #expect(answer.error != "no-such-route" && answer.status != 405, "\(method) \(path)")
            }
        }

        @Test("the server follows nothing that the document leaves out")
        func nothingElse() throws {
            let server = try TestServer()
            defer { server.stop() }
            let paths = try document(server)["paths"]?.object?.members ?? []
            for (path, item) in paths {
                let described = Set(item.object?.members.map(\.key) ?? [])
                for method in Self.methods where !described.contains(method) {
                    let answer = try server.request(method.uppercased(), example(path))
                    #expect(answer.status == 405, "\(method) \(path)")
                    let allowed = answer.headers["Allow"]?.lowercased().split(separator: ", ").map(
                        String.init)
                    // Pages of other origins may use streams, and ask first.
                    #expect(Set(allowed ?? []) == described.union(isStream(path) ? ["options"] : []))
                }
            }
        }

        @Test("every path parameter is declared, and every operation has a name of its own")
        func parameters() throws {
            let server = try TestServer()
            defer { server.stop() }
            let operations = try operations(document(server))
            for (_, path, operation) in operations {
                let declared = (operation["parameters"]?.array ?? []).filter { $0["in"] == "path" }
                let named = path.matches(of: /\{([^}]*)\}/).map { String($0.1) }
                #expect(declared.compactMap { $0["name"]?.string } == named, "\(path)")
            }
            let names = operations.compactMap { $0.2["operationId"]?.string }
            #expect(Set(names).count == operations.count)
        }

        @Test("every reference leads somewhere, and every schema is referred to")
        func references() throws {
            let server = try TestServer()
            defer { server.stop() }
            let document = try document(server)
            var references: Set<String> = []
            collect(.object(document), into: &references)
            for reference in references {
                let parts = reference.split(separator: "/").dropFirst()
                let target = parts.reduce(JSONValue.object(document)) { $0[String($1)] ?? .null }
                #expect(target != .null, "\(reference)")
            }
            for (name, _) in document["components"]?["schemas"]?.object?.members ?? [] {
                #expect(references.contains("#/components/schemas/\(name)"), "\(name)")
            }
        }

        private func collect(_ value: JSONValue, into references: inout Set<String>) {
            if let reference = value["$ref"]?.string { references.insert(reference) }
            for element in value.array ?? [] { collect(element, into: &references) }
            for member in value.object?.members ?? [] { collect(member.value, into: &references) }
        }
    }
}
