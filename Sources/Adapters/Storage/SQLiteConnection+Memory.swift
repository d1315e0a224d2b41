// SPDX-License-Identifier: Apache-2.0
internal import MeetingProtocol

extension SQLiteSchema {
    /// How meetings are held, and what was voted on in them.
    static let memory = """
        ALTER TABLE meetings ADD COLUMN rules TEXT;
        CREATE TABLE acquaintances (
            meeting TEXT NOT NULL REFERENCES meetings (code) ON DELETE CASCADE,
            participant TEXT NOT NULL,
            given TEXT,
            bar TEXT,
            seen_at INTEGER NOT NULL,
            PRIMARY KEY (meeting, participant)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX acquaintances_by_age ON acquaintances (seen_at) WHERE given IS NULL AND bar IS NULL;
        CREATE TABLE polls (
            meeting TEXT NOT NULL REFERENCES meetings (code) ON DELETE CASCADE,
            id TEXT NOT NULL,
            draft TEXT NOT NULL,
            opener TEXT NOT NULL,
            name TEXT NOT NULL,
            opened_at INTEGER NOT NULL,
            closed INTEGER NOT NULL CHECK (closed IN (0, 1)),
            PRIMARY KEY (meeting, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX polls_by_age ON polls (opened_at);
        CREATE TABLE votes (
            meeting TEXT NOT NULL,
            poll TEXT NOT NULL,
            voter TEXT NOT NULL,
            name TEXT NOT NULL,
            options INTEGER NOT NULL,
            UNIQUE (meeting, poll, voter),
            FOREIGN KEY (meeting, poll) REFERENCES polls (meeting, id) ON DELETE CASCADE ON UPDATE CASCADE
        ) STRICT;
        """
}

extension SQLiteSchema {
    /// Who has said that they record a meeting.
    static let recordings = "ALTER TABLE meetings ADD COLUMN recording TEXT;"
}

extension SQLiteConnection {
    /// What the meeting remembers, the newest of it where there is too much.
    func memory(of code: MeetingCode) throws(StorageError) -> MeetingMemory {
        var memory = MeetingMemory()
        let held = try rows("SELECT rules, recording FROM meetings WHERE code = ?", .text(code.text)) {
            ($0.optionalText(0), $0.optionalText(1))
        }
        if let (rules, recording) = held.first {
            if let rules { memory.rules = MeetingRules(stored: rules) ?? MeetingRules() }
            if let recording { memory.recording = Recording(stored: recording) }
        }
        memory.acquaintances = try rows(
            """
            SELECT participant, given, bar, seen_at FROM acquaintances WHERE meeting = ?
            ORDER BY seen_at DESC, participant LIMIT 2000
            """, .text(code.text)
        ) { row in
            MeetingMemory.Acquaintance(
                ParticipantID(row.text(0)), given: row.optionalText(1).flatMap(MeetingRole.init(rawValue:)),
                bar: row.optionalText(2).flatMap(Refusal.init(rawValue:)), seenAt: row.integer(3))
        }.reversed()
        memory.polls = try rows(
            """
            SELECT draft, opener, name, opened_at, closed FROM polls WHERE meeting = ?
            ORDER BY opened_at, id LIMIT 1000
            """, .text(code.text)
        ) { row in
            PollDraft(stored: row.text(0)).map { draft in
                MeetingMemory.KeptPoll(
                    draft, by: Voter(ParticipantID(row.text(1)), row.text(2)), openedAt: row.integer(3),
                    isClosed: row.integer(4) != 0)
            }
        }
        for index in memory.polls.indices {
            memory.polls[index].votes = try rows(
                "SELECT voter, name, options FROM votes WHERE meeting = ? AND poll = ? ORDER BY rowid",
                .text(code.text), .text(memory.polls[index].draft.id.rawValue)
            ) { row in
                MeetingMemory.Vote(
                    Voter(ParticipantID(row.text(0)), row.text(1)), Self.options(row.integer(2)))
            }
        }
        return memory
    }

    /// Stores a change of what the meeting remembers.
    func remember(_ change: MeetingMemory.Change, in code: MeetingCode) throws(StorageError) {
        let known = try rows(
            "SELECT 1 FROM meetings WHERE code = ? AND ended_at IS NULL", .text(code.text)
        ) { $0.integer(0) }
        guard !known.isEmpty else { throw .noSuchMeeting(path) }
        switch change {
        case .rules(let rules):
            try run("UPDATE meetings SET rules = ? WHERE code = ?", .text(rules.stored), .text(code.text))
        case .recording(let recording):
            try run(
                "UPDATE meetings SET recording = ? WHERE code = ?", .optional(recording?.stored),
                .text(code.text))
        case .acquaintance(let one):
            try run(
                """
                INSERT OR REPLACE INTO acquaintances (meeting, participant, given, bar, seen_at)
                VALUES (?, ?, ?, ?, ?)
                """, .text(code.text), .text(one.id.rawValue), .optional(one.given?.rawValue),
                .optional(one.bar?.rawValue), .integer(one.seenAt))
        case .forget(let id):
            try run(
                "DELETE FROM acquaintances WHERE meeting = ? AND participant = ?", .text(code.text),
                .text(id.rawValue))
        case .poll(let poll):
            try run(
                """
                INSERT INTO polls (meeting, id, draft, opener, name, opened_at, closed)
                VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET closed = excluded.closed
                """, .text(code.text), .text(poll.draft.id.rawValue), .text(poll.draft.stored),
                .text(poll.by.id.rawValue), .text(poll.by.name), .integer(poll.openedAt),
                .integer(poll.isClosed ? 1 : 0))
        case .vote(let vote, let id): try add(vote, to: id, in: code)
        case .deletePoll(let id):
            try run("DELETE FROM polls WHERE meeting = ? AND id = ?", .text(code.text), .text(id.rawValue))
        }
    }

    private func add(
        _ vote: MeetingMemory.Vote, to poll: PollID, in code: MeetingCode
    ) throws(StorageError) {
        try run(
            "DELETE FROM votes WHERE meeting = ? AND poll = ? AND voter = ?", .text(code.text),
            .text(poll.rawValue), .text(vote.voter.id.rawValue))
        guard !vote.options.isEmpty else { return }
        try run(
            """
            INSERT INTO votes (meeting, poll, voter, name, options)
            SELECT meeting, id, ?, ?, ? FROM polls WHERE meeting = ? AND id = ?
            """, .text(vote.voter.id.rawValue), .text(vote.voter.name),
            .integer(vote.options.reduce(0) { $0 | 1 << Int64($1) }), .text(code.text), .text(poll.rawValue))
    }

    /// The options of a vote: each is a bit of a number.
    private static func options(_ bits: Int64) -> [Int] {
        (0..<MeetingLimits.pollOptions).filter { bits & 1 << Int64($0) != 0 }
    }

    /// Deletes the polls of a meeting that need not be kept.
    func deletePolls(of code: MeetingCode) throws(StorageError) {
        try run("DELETE FROM polls WHERE meeting = ?", .text(code.text))
    }
}
