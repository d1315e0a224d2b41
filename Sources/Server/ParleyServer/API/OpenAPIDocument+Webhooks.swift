// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import Webhooks

extension OpenAPIDocument {
    /// What other programs are sent; docs/webhooks.md tells the rest.
    static let webhooks = JSONValue.object(
        JSONObject(
            WebhookEvent.Kind.allCases.filter { $0 != .recordingReady }.map { kind in
                (key: kind.rawValue, value: JSONValue.object(["post": request(kind)]))
            }))

    private static func request(_ kind: WebhookEvent.Kind) -> JSONValue {
        var data: JSONObject = [
            "meeting": ["type": "string"], "name": ["type": ["string", "null"]],
        ]
        switch kind {
        case .participantJoined, .participantLeft: data["participant"] = participant
        case .meetingEnded:
            data["seconds"] = ["type": "integer"]
            data["mostParticipants"] = ["type": "integer"]
        case .meetingStarted, .recordingReady: break
        }
        let names: [JSONValue] = data.members.map { .string($0.key) }
        return [
            "summary": "Told to every address of webhooks.urls, signed as Standard Webhooks has it",
            "requestBody": [
                "required": true,
                "content": [
                    "application/json": [
                        "schema": [
                            "type": "object", "required": ["type", "timestamp", "data"],
                            "properties": [
                                "type": ["const": .string(kind.rawValue)],
                                "timestamp": ["type": "string", "format": "date-time"],
                                "data": [
                                    "type": "object", "required": .array(names), "properties": .object(data),
                                ],
                            ],
                        ]
                    ]
                ],
            ],
            "responses": ["2XX": ["description": "Taken"], "410": ["description": "Nothing more is wanted"]],
        ]
    }

    private static let participant: JSONValue = [
        "type": "object", "required": ["id", "name", "role", "guest"],
        "properties": [
            "id": ["type": "string"], "name": ["type": "string"], "role": ["type": "string"],
            "guest": ["type": "boolean"],
        ],
    ]
}
