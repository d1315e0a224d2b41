// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The shapes of what the API takes and gives, as JSON Schema 2020-12. Each area has its own list.
enum APISchemas {
    typealias Named = (name: String, schema: JSONValue)

    static let all: [Named] =
        common + [state] + accounts + meetings + invites + appointments + relay
        + files + admin + webhooks

    // MARK: Words to build them with

    static let text: JSONValue = ["type": "string"]
    static let flag: JSONValue = ["type": "boolean"]
    static let count: JSONValue = ["type": "integer", "minimum": 0]
    /// Milliseconds since 1970.
    static let time: JSONValue = ["type": "integer", "description": "Milliseconds since 1970."]

    static func reference(_ name: String) -> JSONValue {
        ["$ref": .string("#/components/schemas/\(name)")]
    }

    static func list(of item: JSONValue) -> JSONValue { ["type": "array", "items": item] }

    static func choice(_ values: [String]) -> JSONValue {
        ["type": "string", "enum": .array(values.map { .string($0) })]
    }

    /// The same, or null.
    static func optional(_ schema: JSONValue) -> JSONValue { ["anyOf": .array([schema, ["type": "null"]])] }

    /// An object of which `required` members are always there.
    static func object(_ members: [(String, JSONValue)], required: [String]? = nil) -> JSONValue {
        [
            "type": "object", "properties": .object(JSONObject(members)),
            "required": .array((required ?? members.map(\.0)).map { .string($0) }),
        ]
    }

    // MARK: Shapes

    static let files: [Named] = [
        ("NewFile", object([("name", text), ("size", count)])),
        (
            "ChatFile",
            object([("id", text), ("name", text), ("type", text), ("size", count), ("expiresAt", time)])
        ),
        (
            "FileProgress",
            object([("received", count), ("file", reference("ChatFile"))], required: ["received"])
        ),
        ("Bytes", ["type": "string", "contentMediaType": "application/octet-stream"]),
    ]

    static let common: [Named] = [
        (
            "Problem",
            object([
                ("type", text), ("title", text), ("status", count), ("detail", text),
                ("code", ["type": "string", "description": "A stable name for programs."]),
            ])
        ),
        ("OpenAPI", ["type": "object", "description": "This document."]),
        (
            "Server",
            object([
                ("version", text), ("host", flag), ("creation", choice(["anyone", "host"])),
                ("relay", flag),
                ("localAuthority", flag), ("fingerprint", optional(text)),
            ])
        ),
    ]

    private static let state: Named = (
        "ServerState",
        object(
            [("version", text)]
                + ["rooms", "participants", "sessions", "connections", "accounts", "eventLoops"].map {
                    ($0, count)
                } + [("dialects", list(of: text))])
    )

    static let code: JSONValue = ["type": "string", "pattern": "^[a-z]{3}-[a-z]{4}-[a-z]{3}$"]
    static let retention = choice(["none", "meeting", "day", "month"])

    private static let name: JSONValue = ["type": "string", "maxLength": 60]
    private static let color: JSONValue = ["type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"]
    private static let own: [(String, JSONValue)] = [
        ("meeting", code), ("link", text), ("name", optional(text)), ("color", optional(color)),
        ("retention", retention), ("owner", optional(text)), ("createdAt", time),
    ]

    static let meetings: [Named] = [
        (
            "NewMeeting",
            object(
                [
                    ("name", optional(name)), ("color", optional(color)), ("retention", optional(retention)),
                ], required: [])
        ),
        (
            "MeetingChange",
            object(
                [
                    ("name", optional(name)), ("color", optional(color)), ("retention", optional(retention)),
                ], required: [])
        ),
        ("NewRecording", object([("by", text)])),
        ("OwnMeeting", object(own)),
        (
            "Meeting",
            object(
                own + [
                    ("participants", count), ("capacity", count),
                    ("recording", optional(object([("by", text), ("since", time)]))),
                ],
                required: ["meeting", "name", "participants", "capacity", "recording"])
        ),
        ("MeetingList", object([("meetings", list(of: object(own + [("participants", count)])))])),
    ]
}
