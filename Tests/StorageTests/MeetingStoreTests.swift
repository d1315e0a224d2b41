// SPDX-License-Identifier: Apache-2.0
import MeetingProtocol
import Storage
import Testing

@Suite("Meeting stores")
struct MeetingStoreTests {
    private let store: SQLiteStore

    init() throws { store = try .inMemory() }

    static let hour: Int64 = 3_600_000

    @Test("creates a meeting once")
    func creates() async throws {
        #expect(try await store.load(.first) == nil)
        #expect(try await store.create(.sample(.first, .month, createdAt: 5)))
        #expect(try await store.create(.sample(.first, .none, createdAt: 9)) == false)
        let meeting = try #require(try await store.load(.first))
        #expect(meeting.record == .sample(.first, .month, createdAt: 5))
        #expect(meeting.messages == [] && meeting.lastSeq == 0 && !meeting.hasOlder)
    }

    @Test("keeps every field of a message, in order of number")
    func keepsMessages() async throws {
        _ = try await store.create(.sample())
        let odd = ChatMessage(
            seq: 1, id: "", from: "p", name: "José 🎧", text: "null\u{0}byte\n'; DROP TABLE messages",
            sentAt: 1)
        try await store.append(.sample(3), in: .first)
        try await store.append(odd, in: .first)
        let meeting = try #require(try await store.load(.first))
        #expect(meeting.messages == [odd, .sample(3)])
        #expect(meeting.lastSeq == 3)
        #expect(meeting.record.usedAt == 2000)
    }

    @Test("keeps what becomes of a message, and the number of the change")
    func keepsChanges() async throws {
        _ = try await store.create(.sample())
        let direct = ChatMessage(
            seq: 1, id: "m", from: "ana", name: "Ana", text: "Hi", sentAt: 1, to: "ben", reply: 7)
        try await store.append(direct, in: .first)
        var changed = direct
        changed.changed = 2
        changed.reactions = Reactions([.heart: ["ben"]])
        try await store.change(changed, in: .first)
        #expect(try #require(try await store.load(.first)).messages == [changed])
        changed.changed = 3
        changed.isDeleted = true
        changed.text = ""
        changed.reactions = Reactions()
        try await store.change(changed, in: .first)
        let meeting = try #require(try await store.load(.first))
        #expect(meeting.messages == [changed])
        #expect(meeting.lastSeq == 3, "numbers of changes are used up, too")
        var gone = ChatMessage.sample(9)
        gone.changed = 10
        try await store.change(gone, in: .first)
        #expect(try #require(try await store.load(.first)).messages == [changed], "what is gone stays away")
        let error = await #expect(throws: StorageError.self) { try await store.change(gone, in: .second) }
        #expect(error?.kind == .noSuchMeeting)
    }

    @Test("keeps the file of a message for as long as the message")
    func keepsFiles() async throws {
        _ = try await store.create(.sample())
        let file = ChatFile(id: "f1", name: "plan \u{1F3A7}.png", type: "image/png", size: 9, expiresAt: 10)
        var message = ChatMessage(
            seq: 1, id: "m", from: "ana", name: "Ana", text: "", sentAt: 1, file: file)
        try await store.append(message, in: .first)
        try await store.append(.sample(2), in: .first)
        #expect(try #require(try await store.load(.first)).messages.map(\.file) == [file, nil])
        #expect(try await store.files() == ["f1"])
        message.changed = 3
        message.reactions = Reactions([.heart: ["ben"]])
        try await store.change(message, in: .first)
        #expect(try #require(try await store.load(.first)).messages.first?.file == file)
        message.isDeleted = true
        message.changed = 4
        try await store.change(message, in: .first)
        #expect(try #require(try await store.load(.first)).messages.first?.file == nil)
        #expect(try await store.files() == [])
    }

    @Test(
        "loads the newest messages and says whether there are older ones",
        arguments: [
            (0, 0, true), (2, 2, true), (3, 3, false), (9, 3, false), (-1, 0, true), (Int.max, 3, false),
        ])
    func loadsNewest(_ example: (newest: Int, count: Int, hasOlder: Bool)) async throws {
        _ = try await store.create(.sample())
        for seq in 1...3 { try await store.append(.sample(Int64(seq)), in: .first) }
        let meeting = try #require(try await store.load(.first, newest: example.newest))
        #expect(meeting.messages.map(\.seq) == Array([Int64](1...3).suffix(example.count)))
        #expect(meeting.hasOlder == example.hasOlder)
        #expect(meeting.lastSeq == 3)
    }

    @Test("refuses a message number twice")
    func refusesConflict() async throws {
        _ = try await store.create(.sample())
        try await store.append(.sample(1, text: "first"), in: .first)
        let error = await #expect(throws: StorageError.self) {
            try await store.append(.sample(1, text: "second", sentAt: 9999), in: .first)
        }
        #expect(error?.kind == .conflict)
        let meeting = try #require(try await store.load(.first))
        #expect(meeting.messages.map(\.text) == ["first"])
        #expect(meeting.record.usedAt == 2000)
    }

    @Test("refuses messages to unknown and to ended meetings")
    func refusesEnded() async throws {
        _ = try await store.create(.sample(.second))
        #expect(try await store.end(.second, at: 3000))
        for code in [MeetingCode.first, .second] {
            let error = await #expect(throws: StorageError.self) {
                try await store.append(.sample(1), in: code)
            }
            #expect(error?.kind == .noSuchMeeting)
        }
    }

    @Test("ending a meeting deletes its chat and nobody else's")
    func ends() async throws {
        for code in [MeetingCode.first, .second] {
            _ = try await store.create(.sample(code))
            try await store.append(.sample(7), in: code)
        }
        #expect(try await store.end(.first, at: 5000))
        #expect(try await store.end(.first, at: 6000) == false)
        #expect(try await store.end(.third, at: 6000) == false)
        let ended = try #require(try await store.load(.first))
        #expect(ended.record.endedAt == 5000)
        #expect(ended.messages == [] && ended.lastSeq == 7)
        #expect(try await store.load(.second)?.messages.count == 1)
        #expect(
            try await store.create(.sample(.first)) == false, "the code of an ended meeting is not reused")
    }

    @Test("lists open meetings, last used first")
    func recent() async throws {
        for code in [MeetingCode.first, .second, .third] { _ = try await store.create(.sample(code)) }
        try await store.touch(.first, at: 9000)
        try await store.touch(.first, at: 10)
        _ = try await store.end(.second, at: 9500)
        #expect(try await store.recent(limit: 5).map(\.code) == [.first, .third])
        #expect(try await store.recent(limit: 1).map(\.usedAt) == [9000])
        #expect(try await store.recent(limit: -1) == [])
    }

    @Test(
        "sweeps messages by age",
        arguments: [(ChatRetention.day, Int64(24)), (ChatRetention.month, Int64(30 * 24))])
    func sweepsByAge(_ example: (retention: ChatRetention, hours: Int64)) async throws {
        _ = try await store.create(.sample(.first, example.retention))
        try await store.append(.sample(1, sentAt: 1000), in: .first)
        try await store.append(.sample(2, sentAt: 1001), in: .first)
        let age = example.hours * Self.hour
        #expect(try await store.sweep(now: 1000 + age) == SweepCounts())
        #expect(try await store.sweep(now: 1001 + age, active: [.first]) == SweepCounts(messages: 1))
        let meeting = try #require(try await store.load(.first))
        #expect(meeting.messages.map(\.seq) == [2])
        #expect(meeting.lastSeq == 2)
    }

    @Test("sweeps the chat of a meeting that was left an hour ago")
    func sweepsIdle() async throws {
        for code in [MeetingCode.first, .second] {
            _ = try await store.create(.sample(code, .meeting))
            try await store.append(.sample(1, sentAt: 2000), in: code)
        }
        try await store.touch(.first, at: 3000)
        #expect(try await store.sweep(now: 2000 + Self.hour) == SweepCounts())
        #expect(try await store.sweep(now: 3000 + Self.hour, active: [.second]) == SweepCounts())
        #expect(try await store.sweep(now: 3001 + Self.hour, active: [.second]) == SweepCounts(messages: 1))
        #expect(try await store.load(.first)?.messages == [])
        #expect(try await store.load(.first)?.lastSeq == 1)
        #expect(try await store.load(.second)?.messages.count == 1)
    }

    @Test("sweeps meetings that nobody used for a year")
    func sweepsMeetings() async throws {
        for code in [MeetingCode.first, .second, .third] {
            _ = try await store.create(.sample(code, .meeting, createdAt: 0))
            try await store.append(.sample(1, sentAt: 0), in: code)
        }
        _ = try await store.end(.second, at: 1)
        let year = 365 * 24 * Self.hour
        let counts = try await store.sweep(now: year + 1, active: [.third])
        #expect(counts == SweepCounts(messages: 1, meetings: 2))
        #expect(try await store.load(.first) == nil)
        #expect(try await store.load(.second) == nil)
        #expect(try await store.load(.third)?.messages.count == 1)
    }

    @Test("keeps settings")
    func settings() async throws {
        #expect(try await store.setting("host") == nil)
        try await store.setSetting("host", "token")
        try await store.setSetting("host", "")
        #expect(try await store.setting("host") == "")
        try await store.setSetting("host", nil)
        try await store.setSetting("host", nil)
        #expect(try await store.setting("host") == nil)
    }

    @Test("finishes what was asked before closing and refuses what comes later")
    func closes() async throws {
        let reports = Reports()
        store.create(.sample()) { reports.add($0, as: "create") }
        for seq in 1...1000 {
            store.append(.sample(Int64(seq)), in: .first) { reports.add($0, as: "\(seq)") }
        }
        store.close()
        store.close()
        #expect(reports.all == ["create"] + (1...1000).map { "\($0)" })
        let error = await #expect(throws: StorageError.self) { try await store.setting("host") }
        #expect(error?.kind == .closed)
    }
}
