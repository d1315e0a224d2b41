// SPDX-License-Identifier: Apache-2.0
internal import MeetingProtocol

extension SQLiteConnection {
    /// Adds the invite; false when its meeting is unknown or has ended, or its id is taken.
    func add(_ invite: InviteRecord) throws(StorageError) -> Bool {
        try run(
            """
            INSERT INTO invites (\(InviteRecord.columns))
            SELECT ?, code, ?, ?, ?, ?, ?, ?, ? FROM meetings WHERE code = ? AND ended_at IS NULL
            ON CONFLICT DO NOTHING
            """,
            .text(invite.id), .text(invite.role), .optional(invite.notBefore), .optional(invite.expiresAt),
            .flag(invite.isSingleUse), .optional(invite.usedAt), .optional(invite.revokedAt),
            .integer(invite.createdAt), .text(invite.meeting.text))
        return changes > 0
    }

    func invite(_ id: String) throws(StorageError) -> InviteRecord? {
        try rows("SELECT \(InviteRecord.columns) FROM invites WHERE id = ?", .text(id)) {
            InviteRecord(row: $0)
        }.first
    }

    func invites(to code: MeetingCode) throws(StorageError) -> [InviteRecord] {
        try rows(
            "SELECT \(InviteRecord.columns) FROM invites WHERE meeting = ? ORDER BY created_at, id",
            .text(code.text)
        ) { InviteRecord(row: $0) }
    }

    /// Takes the invite. ``InviteStore/useInvite(_:at:_:)``
    func use(_ id: String, at time: Int64) throws(StorageError) -> InviteUse {
        guard let invite = try invite(id) else { return .unknown }
        guard case .accepted(var used) = invite.use(at: time) else { return invite.use(at: time) }
        if used.usedAt == nil {
            used.usedAt = time
            try run("UPDATE invites SET used_at = ? WHERE id = ?", .integer(time), .text(id))
        }
        return .accepted(used)
    }

    func revoke(_ id: String, at time: Int64) throws(StorageError) -> Bool {
        try run(
            "UPDATE invites SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", .integer(time), .text(id)
        )
        return changes > 0
    }
}

extension InviteRecord {
    static let columns =
        "id, meeting, role, not_before, expires_at, single_use, used_at, revoked_at, created_at"

    /// The row's columns are ``columns``. `nil` when they make no sense, which only a hand-edited file can cause.
    init?(row: borrowing SQLiteRow) {
        guard let meeting = MeetingCode(row.text(1)) else { return nil }
        self.init(
            id: row.text(0), meeting: meeting, role: row.text(2), notBefore: row.optionalInteger(3),
            expiresAt: row.optionalInteger(4), isSingleUse: row.flag(5), usedAt: row.optionalInteger(6),
            revokedAt: row.optionalInteger(7), createdAt: row.integer(8))
    }
}
