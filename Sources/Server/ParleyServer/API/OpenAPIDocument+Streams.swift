// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// `/whip` and `/whep`, which ``StreamAPI`` answers: not JSON, and not below the prefix of the API. RFC 9725,
/// draft-ietf-wish-whep.
extension OpenAPIDocument {
    /// Paths and their items.
    static let streams: [(String, JSONValue)] = [
        ("/whip/{room}/{publisher}", item(begin("Publish sound and pictures", "postWhip"), "publisher")),
        ("/whep/{room}/{publisher}", item(begin("Watch one who publishes", "postWhep"), "publisher")),
        ("/whep/{room}", item(begin("Watch everybody in a room", "postWhepRoom"), nil)),
        ("/whip/{room}/-/{session}", session("Whip")),
        ("/whep/{room}/-/{session}", session("Whep")),
    ]

    private static func item(_ operation: JSONValue, _ second: String?) -> JSONValue {
        var members = common(["room", second].compactMap(\.self))
        members["post"] = operation
        return .object(members)
    }

    private static func session(_ kind: String) -> JSONValue {
        var members = common(["room", "session"])
        members["patch"] = patch(kind)
        members["delete"] = end(kind)
        return .object(members)
    }

    private static func common(_ names: [String]) -> JSONObject {
        let parameters = names.map { name -> JSONValue in
            ["name": .string(name), "in": "path", "required": true, "schema": APISchemas.text]
        }
        return ["servers": [["url": "/"]], "parameters": .array(parameters)]
    }

    private static func begin(_ summary: String, _ identifier: String) -> JSONValue {
        operation(
            summary, identifier, body: StreamAPI.descriptionType,
            [
                ("201", "An answer; the session's address is in Location", StreamAPI.descriptionType),
                ("409", "not-live", nil), ("415", "not-sdp", nil), ("422", "offer-refused", nil),
                ("503", "busy", nil),
            ],
            headers: ["Location", "ETag", "Link", "Accept-Patch"])
    }

    private static func patch(_ kind: String) -> JSONValue {
        operation(
            "Add candidates, or restart ICE", "patch\(kind)Session", body: StreamAPI.fragmentType,
            [
                ("200", "ICE was restarted; the new tag is in ETag", StreamAPI.fragmentType),
                ("204", "Candidates were taken", nil), ("404", "no-such-session", nil),
                ("412", "other-generation", nil), ("415", "not-a-fragment", nil), ("428", "if-match-missing", nil),
            ],
            headers: ["ETag"],
            parameters: [
                [
                    "name": "If-Match", "in": "header", "required": true, "schema": APISchemas.text,
                    "description": "The session's entity tag, or * to restart ICE.",
                ]
            ])
    }

    private static func end(_ kind: String) -> JSONValue {
        operation(
            "End the session", "delete\(kind)Session", body: nil,
            [("200", "It is over", nil), ("404", "no-such-session", nil)])
    }

    /// - Parameter answers: Status, meaning or code of the problem, type of the content; problems come as the API's do.
    /// - Parameter headers: Those of answers that are no problem.
    private static func operation(
        _ summary: String, _ identifier: String, body: String?, _ answers: [(String, String, String?)],
        headers: [String] = [], parameters: [JSONValue] = []
    ) -> JSONValue {
        var responses: JSONObject = ["default": ["$ref": "#/components/responses/Problem"]]
        for (status, meaning, type) in answers {
            var response: JSONObject = ["description": .string(meaning)]
            if let type {
                response["content"] = .object([type: ["schema": APISchemas.text]])
                response["headers"] = .object(JSONObject(headers.map { ($0, ["schema": APISchemas.text]) }))
            } else if !status.hasPrefix("2") {
                response["content"] = problemContent
            }
            responses[status] = .object(response)
        }
        var operation: JSONObject = [
            "operationId": .string(identifier), "summary": .string(summary), "responses": .object(responses),
            "security": [["bearer": []], ["link": []], [:]],
        ]
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let body {
            operation["requestBody"] = ["required": true, "content": .object([body: ["schema": APISchemas.text]])]
        }
        return .object(operation)
    }
}
