// SPDX-License-Identifier: Apache-2.0
internal import MeetingProtocol

extension SQLiteConnection {
    /// The account's meetings that have not ended, oldest first.
    func meetings(of owner: AccountID, limit: Int) throws(StorageError) -> [MeetingRecord] {
        try rows(
            """
            SELECT \(MeetingRecord.columns) FROM meetings WHERE owner = ? AND ended_at IS NULL
            ORDER BY created_at, code LIMIT ?
            """, .text(owner.text), .integer(Int64(max(limit, 0)))
        ) { MeetingRecord(row: $0) }
    }

    /// The meeting with the change made; `nil` when it is unknown, has ended or is not whose it should be.
    func change(_ code: MeetingCode, _ change: MeetingChange) throws(StorageError) -> MeetingRecord? {
        guard var meeting = try meeting(code, newest: 0)?.record, meeting.endedAt == nil else { return nil }
        if let owner = change.expectedOwner, meeting.owner != owner { return nil }
        if let name = change.name { meeting.name = name }
        if let color = change.color { meeting.color = color }
        if let retention = change.retention { meeting.retention = retention }
        try run(
            "UPDATE meetings SET name = ?, color = ?, retention = ? WHERE code = ?", .optional(meeting.name),
            .optional(meeting.color), .text(meeting.retention.rawValue), .text(code.text))
        if let objects = change.objects { try replace(objects, in: code) }
        return meeting
    }

    /// Moves the meeting and all that belongs to it to another code.
    ///
    /// By way of a copy: renaming the row would leave what refers to it without a meeting for a moment,
    /// which foreign keys refuse.
    func move(_ code: MeetingCode, to fresh: MeetingCode) throws(StorageError) -> Bool {
        try run(
            """
            INSERT INTO meetings (\(MeetingRecord.columns), last_seq, rules,
                recording)
            SELECT ?, retention, created_at, used_at, ended_at, owner, name, color, NULL, last_seq, rules,
                recording
            FROM meetings WHERE code = ? AND ended_at IS NULL
            ON CONFLICT DO NOTHING
            """, .text(fresh.text), .text(code.text))
        guard changes > 0 else { return false }
        for table in ["messages", "objects", "invites", "appointments", "acquaintances", "polls"] {
            try run("UPDATE \(table) SET meeting = ? WHERE meeting = ?", .text(fresh.text), .text(code.text))
        }
        let dialectRoom = try rows(
            "SELECT dialect_room FROM meetings WHERE code = ? AND dialect_room IS NOT NULL", .text(code.text)
        ) { $0.text(0) }.first
        try run("DELETE FROM meetings WHERE code = ?", .text(code.text))
        // Not before: the room is one with a single meeting.
        try run(
            "UPDATE meetings SET dialect_room = ? WHERE code = ?", .optional(dialectRoom), .text(fresh.text))
        return true
    }

    // MARK: Objects

    func objects(in code: MeetingCode) throws(StorageError) -> [RoomObject] {
        try rows(
            """
            SELECT id, name, x, y, z_index, orientation FROM objects WHERE meeting = ? ORDER BY position
            """, .text(code.text)
        ) { row in
            RoomObject(
                id: row.text(0), name: row.text(1), x: row.real(2), y: row.real(3), zIndex: row.real(4),
                orientation: row.text(5))
        }
    }

    private func replace(_ objects: [RoomObject], in code: MeetingCode) throws(StorageError) {
        try run("DELETE FROM objects WHERE meeting = ?", .text(code.text))
        for (position, object) in objects.enumerated() {
            try run(
                """
                INSERT INTO objects (id, meeting, position, name, x, y, z_index, orientation)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                .text(object.id), .text(code.text), .integer(Int64(position)), .text(object.name),
                .real(object.x), .real(object.y), .real(object.zIndex), .text(object.orientation))
        }
    }
}
