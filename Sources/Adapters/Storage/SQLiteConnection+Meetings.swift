// SPDX-License-Identifier: Apache-2.0
internal import JSON
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
        try number(message, of: code)
        try run(
            """
            INSERT INTO messages (meeting, seq, id, sender, name, text, sent_at, recipient, reply, file)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(code.text), .integer(message.seq), .text(message.id.rawValue),
            .text(message.from.rawValue), .text(message.name), .text(message.text), .integer(message.sentAt),
            .optional(message.to?.rawValue), .optional(message.reply),
            .optional(message.file?.stored))
    }

    /// Stores what has become of a message. One that is too old to be there any more stays away.
    func change(_ message: ChatMessage, in code: MeetingCode) throws(StorageError) {
        try number(message, of: code)
        try run(
            """
            UPDATE messages SET text = ?, changed = ?, deleted = ?, reactions = ?, file = ?
            WHERE meeting = ? AND seq = ?
            """,
            .text(message.text), .optional(message.changed), .integer(message.isDeleted ? 1 : 0),
            .optional(message.reactions.isEmpty ? nil : message.reactions.stored),
            .optional(message.isDeleted ? nil : message.file?.stored), .text(code.text),
            .integer(message.seq))
    }

    /// Takes note of the greatest number of a chat, and of its use.
    private func number(_ message: ChatMessage, of code: MeetingCode) throws(StorageError) {
        try run(
            """
            UPDATE meetings SET last_seq = max(last_seq, ?), used_at = max(used_at, ?)
            WHERE code = ? AND ended_at IS NULL
            """,
            .integer(message.newestSeq), .integer(message.sentAt), .text(code.text))
        guard changes > 0 else { throw .noSuchMeeting(path) }
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
            SELECT \(ChatMessage.columns) FROM messages WHERE meeting = ?
            ORDER BY seq DESC LIMIT ?
            """, .text(code.text), .integer(Int64(newest) + 1)
        ) { ChatMessage(row: $0) }
        return StoredMeeting(
            record: record, messages: newestFirst.prefix(newest).reversed(),
            hasOlder: newestFirst.count > newest, lastSeq: lastSeq,
            memory: newest > 0 ? try memory(of: code) : MeetingMemory())
    }

    /// The files that messages have, in no order.
    func files() throws(StorageError) -> [FileID] {
        let stored = try rows("SELECT file FROM messages WHERE file IS NOT NULL") {
            ChatFile(stored: $0.text(0))
        }
        return stored.map(\.id)
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
        try run(
            "DELETE FROM acquaintances WHERE given IS NULL AND bar IS NULL AND seen_at < ?",
            .integer(now - MeetingMemory.acquaintance))
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
                DELETE FROM polls WHERE opened_at < ?
                AND meeting IN (SELECT code FROM meetings WHERE retention = ?)
                """, .integer(now - maxAge), .text(retention.rawValue))
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
        for code in forgotten {
            try deletePolls(of: code)
            count += try deleteMessages(of: code)
        }
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
    fileprivate static let columns =
        "seq, id, sender, name, text, sent_at, recipient, reply, changed, deleted, reactions, file"

    /// The row's columns are ``columns``.
    init(row: borrowing SQLiteRow) {
        self.init(
            seq: row.integer(0), id: MessageID(row.text(1)), from: ParticipantID(row.text(2)),
            name: row.text(3), text: row.text(4), sentAt: row.integer(5),
            to: row.optionalText(6).map { ParticipantID($0) }, reply: row.optionalInteger(7))
        changed = row.optionalInteger(8)
        isDeleted = row.integer(9) != 0
        reactions = row.optionalText(10).flatMap(Reactions.init(stored:)) ?? Reactions()
        file = row.optionalText(11).flatMap(ChatFile.init(stored:))
    }
}

extension SQLiteConnection {
    /// How much is kept. ``MeetingStore/figures(_:)``
    func figures() throws(StorageError) -> StorageFigures {
        var figures = StorageFigures()
        figures.meetings =
            try rows("SELECT count(*) FROM meetings WHERE ended_at IS NULL", as: { $0.integer(0) }).first ?? 0
        let chat = try rows(
            "SELECT count(*), min(sent_at) FROM messages",
            as: { ($0.integer(0), $0.optionalInteger(1)) }
        ).first
        figures.messages = chat?.0 ?? 0
        figures.oldestMessage = chat?.1
        figures.bytes =
            try rows(
                "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
                as: { $0.integer(0) }
            ).first ?? 0
        return figures
    }
}
