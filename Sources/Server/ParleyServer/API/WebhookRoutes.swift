// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import JSON
internal import Webhooks

/// How the programs do that are told what happens.
enum WebhookRoutes {
    static let all: [APIRoute] = [
        APIRoute(
            .get, "/server/webhooks", "Tell who is told what happens in meetings, and how that goes", .admin,
            success: .json("WebhookReceivers"), list)
    ]

    private static func list(_ call: APICall) {
        let reports = call.services.webhooks?.reports ?? []
        call.send(["receivers": .array(reports.map(payload))])
    }

    private static func payload(_ report: WebhookReport) -> JSONValue {
        func number(_ value: Int64) -> JSONValue { .number(JSONNumber(value)) }
        return [
            "address": .string(report.address), "takenAt": report.takenAt.map(number) ?? .null,
            "failedAt": report.failedAt.map(number) ?? .null,
            "reason": report.reason.map { .string($0) } ?? .null,
            "waiting": number(Int64(report.waiting)), "nextTryAt": report.nextTryAt.map(number) ?? .null,
            "dropped": number(Int64(report.dropped)), "closed": .bool(report.isClosed),
        ]
    }
}

extension APISchemas {
    static let webhooks: [Named] = [
        (
            "WebhookReceivers",
            object([
                (
                    "receivers",
                    list(
                        of: object([
                            ("address", text), ("takenAt", optional(time)), ("failedAt", optional(time)),
                            ("reason", optional(text)), ("waiting", count), ("nextTryAt", optional(time)),
                            ("dropped", count), ("closed", flag),
                        ]))
                )
            ])
        )
    ]
}
