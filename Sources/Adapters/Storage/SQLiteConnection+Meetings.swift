// SPDX-License-Identifier: Apache-2.0
internal import MeetingProtocol

extension SQLiteConnection {
    /// Adds the meeting; false when its code is taken.
    func add(_ meeting: MeetingRecord) throws(StorageError) -> Bool {
        try run(
            """
            INSERT INTO meetings (\(MeetingRecord.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
            """,
            .text(meeting.code.text), .text(meeting.retention.rawValue), .integer(meeting.createdAt),
            .integer(meeting.usedAt), .optional(meeting.endedAt), .optional(meeting.owner?.text),
            .optional(meeting.name), .optional(meeting.color), .optional(meeting.dialectRoom))
        return changes > 0
    }

    /// Adds the message to the meeting's chat.
    func add(_ message: ChatMessage, to code: MeetingCode) throws(StorageError) {
        try run(
            """
            UPDATE meetings SET last_seq = max(last_seq, ?), used_at = max(used_at, ?)
            WHERE code = ? AND ended_at IS NULL
            """,
            .integer(message.seq), .integer(message.sentAt), .text(code.text))
        guard changes > 0 else { throw .noSuchMeeting(path) }
        try run(
            """
            INSERT INTO messages (meeting, seq, id, sender, name, text, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            .text(code.text), .integer(message.seq), .text(message.id.rawValue),
            .text(message.from.rawValue), .text(message.name), .text(message.text), .integer(message.sentAt))
    }

    /// The meeting and the `newest` messages of its chat.
    func meeting(_ code: MeetingCode, newest: Int) throws(StorageError) -> StoredMeeting? {
        let found = try rows(
            """
            SELECT \(MeetingRecord.columns), last_seq FROM meetings WHERE code = ?
            """, .text(code.text)
        ) { row in MeetingRecord(row: row).map { ($0, lastSeq: row.integer(9)) } }
        guard let (record, lastSeq) = found.first else { return nil }
        let newest = min(max(newest, 0), 1_000_000)
        // One more than asked for tells whether there are older ones.
        let newestFirst = try rows(
            """
            SELECT seq, id, sender, name, text, sent_at FROM messages WHERE meeting = ?
            ORDER BY seq DESC LIMIT ?
            """, .text(code.text), .integer(Int64(newest) + 1)
        ) { ChatMessage(row: $0) }
        return StoredMeeting(
            record: record, messages: newestFirst.prefix(newest).reversed(),
            hasOlder: newestFirst.count > newest, lastSeq: lastSeq)
    }

    /// The meeting that is one with a dialect's room and has not ended.
    func meeting(ofDialectRoom room: String) throws(StorageError) -> MeetingCode? {
        try rows(
            "SELECT code FROM meetings WHERE dialect_room = ? AND ended_at IS NULL", .text(room)
        ) { MeetingCode($0.text(0)) }.first
    }

    /// Deletes what need not be kept. ``MeetingStore/sweep(now:active:_:)``
    func sweep(now: Int64, active: Set<MeetingCode>) throws(StorageError) -> SweepCounts {
        var counts = SweepCounts()
        for retention in ChatRetention.allCases {
            counts.messages += try sweepMessages(kept: retention, now: now, active: active)
        }
        let expired = try idle(
            """
            SELECT code FROM meetings WHERE used_at < ? AND (owner IS NULL OR ended_at IS NOT NULL)
            """, .integer(now - MeetingRecord.lifetime), except: active)
        for code in expired {
            // Not left to the foreign key, so that the messages are counted.
            counts.messages += try deleteMessages(of: code)
            try run("DELETE FROM meetings WHERE code = ?", .text(code.text))
            counts.meetings += changes
        }
        try run("DELETE FROM sessions WHERE expires_at <= ?", .integer(now))
        counts.sessions = changes
        return counts
    }

    /// Deletes what is too old in the chats with this retention; returns how many messages.
    private func sweepMessages(
        kept retention: ChatRetention, now: Int64, active: Set<MeetingCode>
    ) throws(StorageError) -> Int {
        if let maxAge = retention.maxAge {
            try run(
                """
                DELETE FROM messages WHERE sent_at < ?
                AND meeting IN (SELECT code FROM meetings WHERE retention = ?)
                """, .integer(now - maxAge), .text(retention.rawValue))
            return changes
        }
        let forgotten = try idle(
            "SELECT code FROM meetings WHERE used_at < ? AND retention = ?",
            .integer(now - MeetingRecord.idleLimit), .text(retention.rawValue), except: active)
        var count = 0
        for code in forgotten { count += try deleteMessages(of: code) }
        return count
    }

    private func deleteMessages(of code: MeetingCode) throws(StorageError) -> Int {
        try run("DELETE FROM messages WHERE meeting = ?", .text(code.text))
        return changes
    }

    private func idle(
        _ sql: String, _ values: SQLiteValue..., except active: Set<MeetingCode>
    ) throws(StorageError) -> [MeetingCode] {
        try query(sql, values) { row in
            MeetingCode(row.text(0)).flatMap { active.contains($0) ? nil : $0 }
        }
    }
}

extension MeetingRecord {
    static let columns = "code, retention, created_at, used_at, ended_at, owner, name, color, dialect_room"

    /// The row's first columns are ``columns``. `nil` when they make no sense, which only a hand-edited file
    /// can cause.
    init?(row: borrowing SQLiteRow) {
        guard let code = MeetingCode(row.text(0)), let retention = ChatRetention(rawValue: row.text(1)) else {
            return nil
        }
        self.init(
            code: code, retention: retention, createdAt: row.integer(2), usedAt: row.integer(3),
            endedAt: row.optionalInteger(4), owner: AccountID(row.text(5)), name: row.optionalText(6),
            color: row.optionalText(7), dialectRoom: row.optionalText(8))
    }
}

extension ChatMessage {
    /// The row's columns: seq, id, sender, name, text, sent_at.
    init(row: borrowing SQLiteRow) {
        self.init(
            seq: row.integer(0), id: MessageID(row.text(1)), from: ParticipantID(row.text(2)),
            name: row.text(3), text: row.text(4), sentAt: row.integer(5))
    }
}
