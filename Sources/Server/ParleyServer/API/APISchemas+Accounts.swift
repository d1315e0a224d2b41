// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import Storage

extension APISchemas {
    private static let role = choice(AccountRole.allCases.map(\.rawValue))
    private static let secret: JSONValue = ["type": "string", "format": "password"]

    static let accounts: [Named] = [
        (
            "User",
            object([
                ("id", ["type": "string", "pattern": "^[0-9a-f]{24}$"]), ("email", text), ("name", text),
                ("title", optional(text)), ("avatar", optional(text)), ("role", role), ("zone", text),
                ("disabled", flag), ("createdAt", time),
            ])
        ),
        ("UserList", object([("users", list(of: reference("User")))])),
        (
            "NewUser",
            object(
                [
                    ("email", text), ("name", text), ("password", secret), ("title", optional(text)),
                    ("avatar", optional(text)), ("role", optional(role)), ("zone", optional(text)),
                ], required: ["email", "name", "password"])
        ),
        ("OwnUserChange", object(changeable + [("currentPassword", secret)], required: [])),
        ("UserChange", object(changeable + [("role", role), ("disabled", flag)], required: [])),
        ("Login", object([("email", text), ("password", secret)])),
        (
            "Session",
            object([
                ("user", optional(reference("User"))),
                ("host", ["type": "boolean", "description": "Whether the asker administers the server."]),
                (
                    "needsAdmin",
                    [
                        "type": "boolean",
                        "description": "Whether there is no administrator yet, and the asker may make one.",
                    ]
                ),
            ])
        ),
        (
            "NewToken",
            object(
                [
                    ("email", text), ("password", secret),
                    (
                        "lifetime",
                        ["type": "integer", "minimum": 60, "description": "Seconds; a day if left out."]
                    ),
                ], required: ["email", "password"])
        ),
        ("Token", object([("token", text), ("expiresAt", time)])),
    ]

    private static let changeable: [(String, JSONValue)] = [
        ("email", text), ("name", text), ("title", optional(text)), ("avatar", optional(text)),
        ("zone", text), ("password", secret),
    ]
}
