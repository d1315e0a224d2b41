// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import MeetingProtocol

extension APISchemas {
    private static let role = choice(MeetingRole.allCases.map(\.rawValue))

    static let invites: [Named] = [
        (
            "NewInvite",
            object(
                [
                    ("role", optional(role)), ("notBefore", optional(time)), ("expiresAt", optional(time)),
                    ("singleUse", optional(flag)),
                ], required: [])
        ),
        (
            "Invite",
            object([
                ("id", text), ("meeting", code), ("link", text), ("role", role),
                ("notBefore", optional(time)),
                ("expiresAt", optional(time)), ("singleUse", flag), ("usedAt", optional(time)),
                ("revokedAt", optional(time)), ("createdAt", time),
                ("state", choice(["early", "open", "used", "expired", "revoked"])),
            ])
        ),
        ("InviteList", object([("invites", list(of: reference("Invite")))])),
        (
            "InviteToken",
            object([("token", ["type": "string", "description": "What follows `/i/` in the link."])])
        ),
        ("Entry", object([("meeting", code), ("role", role)])),
    ]
}
