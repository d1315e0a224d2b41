// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// `/whip` and `/whep`, which ``StreamAPI`` answers: not JSON, and not below the prefix of the API. RFC 9725,
/// draft-ietf-wish-whep.
extension OpenAPIDocument {
    /// Paths and their items.
    static let streams: [(String, JSONValue)] = [
        (
            "/whip/{room}/{publisher}",
            ["post": begin("Publish sound and pictures", "postWhip", ["room", "publisher"])]
        ),
        (
            "/whep/{room}/{publisher}",
            ["post": begin("Watch one who publishes", "postWhep", ["room", "publisher"])]
        ),
        ("/whep/{room}", ["post": begin("Watch everybody in a room", "postWhepRoom", ["room"])]),
        ("/whip/{room}/-/{session}", ["patch": patch("Whip"), "delete": end("Whip")]),
        ("/whep/{room}/-/{session}", ["patch": patch("Whep"), "delete": end("Whep")]),
    ]

    private static func begin(_ summary: String, _ identifier: String, _ names: [String]) -> JSONValue {
        operation(
            summary, identifier, names, body: StreamAPI.descriptionType,
            [
                ("201", "An answer; the session's address is in Location", StreamAPI.descriptionType),
                ("403", "removed", nil), ("409", "not-live", nil), ("415", "not-sdp", nil),
                ("422", "offer-refused", nil), ("503", "busy", nil),
            ],
            headers: ["Location", "ETag", "Link", "Accept-Patch"])
    }

    private static func patch(_ kind: String) -> JSONValue {
        operation(
            "Add candidates, or restart ICE", "patch\(kind)Session", ["room", "session"],
            body: StreamAPI.fragmentType,
            [
                ("200", "ICE was restarted; the new tag is in ETag", StreamAPI.fragmentType),
                ("204", "Candidates were taken", nil), ("404", "no-such-session", nil),
                ("412", "other-generation", nil), ("415", "not-a-fragment", nil),
                ("428", "if-match-missing", nil),
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
            "End the session", "delete\(kind)Session", ["room", "session"], body: nil,
            [("200", "It is over", nil), ("404", "no-such-session", nil)])
    }

    /// - Parameter names: Of what varies in the path.
    /// - Parameter answers: Status, meaning or code of the problem, type of the content; problems come as the API's do.
    /// - Parameter headers: Those of answers that are no problem.
    private static func operation(
        _ summary: String, _ identifier: String, _ names: [String], body: String?,
        _ answers: [(String, String, String?)], headers: [String] = [], parameters: [JSONValue] = []
    ) -> JSONValue {
        let inPath = names.map { name -> JSONValue in
            ["name": .string(name), "in": "path", "required": true, "schema": APISchemas.text]
        }
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
            "security": [["bearer": []], ["link": []], [:]], "servers": [["url": "/"]],
            "parameters": .array(inPath + parameters),
        ]
        if let body {
            operation["requestBody"] = [
                "required": true, "content": .object([body: ["schema": APISchemas.text]]),
            ]
        }
        return .object(operation)
    }
}
