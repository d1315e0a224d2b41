// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import JSON

/// The API as an OpenAPI 3.1 document, made from the table that requests are dispatched from.
enum OpenAPIDocument {
    static func json(of table: APIRouteTable, version: String) -> JSONValue {
        var paths = JSONObject()
        for route in table.routes {
            var item = paths[route.path]?.object ?? JSONObject()
            item[route.method.rawValue.lowercased()] = operation(route)
            paths[route.path] = .object(item)
        }
        for (path, item) in streams { paths[path] = item }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Parley", "version": .string(version),
                "description": """
                Errors are problem details (RFC 9457) with a stable name in `code`. Times are milliseconds \
                since 1970. Members that are null count as left out. Sound and pictures are published and \
                watched at `/whip` and `/whep`, outside of the API's own prefix.
                """,
            ],
            "servers": [["url": .string(APIRouteTable.prefix)]], "paths": .object(paths),
            "webhooks": webhooks,
            "components": [
                "schemas": .object(JSONObject(APISchemas.all.map { ($0.name, $0.schema) })),
                "securitySchemes": schemes,
                "responses": ["Problem": ["description": "Why not", "content": problemContent]],
            ],
        ]
    }

    private static let schemes: JSONValue = [
        "session": ["type": "apiKey", "in": "cookie", "name": .string(Identity.sessionCookie)],
        "hostLink": ["type": "apiKey", "in": "cookie", "name": .string(HostAccess.cookieName)],
        "bearer": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"],
        "link": ["type": "http", "scheme": "bearer", "description": "The token of a link."],
    ]

    static let problemContent: JSONValue = .object([
        APIProblem.contentType: ["schema": APISchemas.reference("Problem")]
    ])

    private static func operation(_ route: APIRoute) -> JSONValue {
        var operation: JSONObject = [
            "operationId": .string(identifier(of: route)), "summary": .string(route.summary),
        ]
        let parameters = parameters(of: route)
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let content = route.content {
            operation["requestBody"] = [
                "required": .bool(content.isRequired),
                "content": .object([content.type: ["schema": APISchemas.reference(content.schema)]]),
            ]
        }
        operation["responses"] = .object(responses(of: route))
        operation["security"] = security(of: route)
        return .object(operation)
    }

    /// `getMeetingsCodeQrSvg` of `GET /meetings/{code}/qr.svg`.
    private static func identifier(of route: APIRoute) -> String {
        let words = route.path.split { !$0.isLetter && !$0.isNumber }
        return route.method.rawValue.lowercased()
            + words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private static func parameters(of route: APIRoute) -> [JSONValue] {
        var parameters = route.parameterNames.map { name -> JSONValue in
            ["name": .string(name), "in": "path", "required": true, "schema": APISchemas.text]
        }
        for (name, meaning) in route.query {
            parameters.append([
                "name": .string(name), "in": "query", "description": .string(meaning),
                "schema": APISchemas.text,
            ])
        }
        if route.method != .get, route.access != .ownToken {
            parameters.append([
                "name": .string(RestAPI.csrfHeader), "in": "header",
                "description": "Needed with a cookie, and then the request must come from this site.",
                "schema": ["type": "string", "const": "1"],
            ])
        }
        return parameters
    }

    private static func responses(of route: APIRoute) -> JSONObject {
        var success: JSONObject = ["description": .string(route.success.status.phrase)]
        if let type = route.success.type {
            let schema = route.success.schema.map(APISchemas.reference) ?? APISchemas.text
            success["content"] = .object(JSONObject([(type, JSONValue.object(["schema": schema]))]))
        }
        var responses: JSONObject = [String(route.success.status.code): .object(success)]
        var codes: [Int: [String]] = [:]
        for (code, status) in route.problems { codes[status.code, default: []].append(code) }
        for (status, codes) in codes.sorted(by: { $0.key < $1.key }) {
            responses[String(status)] = [
                "description": .string(codes.joined(separator: ", ")), "content": problemContent,
            ]
        }
        responses["default"] = ["$ref": "#/components/responses/Problem"]
        return responses
    }

    private static func security(of route: APIRoute) -> JSONValue {
        let accounts: [JSONValue] = [["session": []], ["bearer": []]]
        let hostLink: [JSONValue] = [["hostLink": []]]
        let nothing: [JSONValue] = [.object([:])]
        return switch route.access {
        case .anyone: .array(nothing + accounts + hostLink)
        case .account, .professional: .array(accounts)
        case .host, .admin: .array(accounts + hostLink)
        case .ownToken: [["link": []]]
        }
    }
}
