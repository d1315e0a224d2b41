// SPDX-License-Identifier: Apache-2.0
import MeetingProtocol
import Storage
import Testing

@Suite("What stores remember of meetings")
struct MemoryStoreTests {
    private let store: SQLiteStore
    private static let ana = Voter("ana", "Ana'); DROP TABLE votes")
    private static let poll = MeetingMemory.KeptPoll(
        PollDraft("q", "Ça va ?\u{0}", ["Oui", "Non", "🤷"], isSecret: true, allowsSeveral: true), by: ana,
        openedAt: 5)

    init() throws { store = try .inMemory() }

    private func remember(_ changes: MeetingMemory.Change..., in code: MeetingCode = .first) async throws {
        for change in changes { try await report { store.remember(change, in: code, $0) } as Void }
    }

    private func memory(of code: MeetingCode = .first) async throws -> MeetingMemory? {
        try await store.load(code)?.memory
    }

    @Test("are rules, who records, people, polls and votes")
    func remembers() async throws {
        _ = try await store.create(.sample())
        #expect(try await memory() == MeetingMemory())
        let rules = MeetingRules(isLocked: true, hasLobby: true, microphone: false, polls: false)
        let studio = Recording(by: "Studio", since: 5)
        let ben = MeetingMemory.Acquaintance("ben", given: .viewer, bar: .removed, seenAt: 7)
        try await remember(
            .rules(rules), .recording(studio), .acquaintance(.init("ana", seenAt: 6)),
            .acquaintance(.init("ben", seenAt: 7)),
            .acquaintance(ben), .poll(Self.poll), .vote(.init(Self.ana, [0, 2]), "q"),
            .vote(.init(Voter("ben", "Ben"), [1]), "q"))
        var expected = MeetingMemory(
            rules: rules, recording: studio, acquaintances: [.init("ana", seenAt: 6), ben], polls: [Self.poll]
        )
        expected.polls[0].votes = [.init(Self.ana, [0, 2]), .init(Voter("ben", "Ben"), [1])]
        #expect(try await memory() == expected)
        var closed = Self.poll
        closed.isClosed = true
        try await remember(.vote(.init(Self.ana, []), "q"), .forget("ana"), .poll(closed), .recording(nil))
        expected.recording = nil
        expected.polls[0].isClosed = true
        expected.polls[0].votes.removeFirst()
        expected.acquaintances.removeFirst()
        #expect(try await memory() == expected)
    }

    @Test("go with a poll, and with the meeting")
    func deletes() async throws {
        _ = try await store.create(.sample())
        try await remember(.poll(Self.poll), .vote(.init(Self.ana, [0]), "q"), .deletePoll("q"))
        try await remember(.vote(.init(Self.ana, [0]), "q"))
        #expect(try await memory()?.polls == [])
        try await remember(.poll(Self.poll), .acquaintance(.init("ana", given: .coHost, seenAt: 0)))
        #expect(try #require(try await memory()).polls.first?.votes == [], "votes went with their poll")
        #expect(try await store.end(.first, at: 9))
        let left = try #require(try await memory())
        #expect(left.polls.isEmpty && left.acquaintances.isEmpty)
        let error = await #expect(throws: StorageError.self) { try await remember(.rules(MeetingRules())) }
        #expect(error?.kind == .noSuchMeeting)
    }

    @Test("move with the meeting")
    func moves() async throws {
        _ = try await store.create(.sample())
        try await remember(
            .rules(MeetingRules(hasLobby: true)), .poll(Self.poll), .vote(.init(Self.ana, [1]), "q"),
            .acquaintance(.init("ana", seenAt: 0)))
        let before = try await memory()
        let hasMoved: Bool = try await report { store.moveMeeting(from: .first, to: .second, $0) }
        #expect(hasMoved)
        #expect(try await memory(of: .second) == before)
    }

    @Test("are swept: polls when chat is, people who were only there after a day")
    func sweeps() async throws {
        let day = MeetingMemory.acquaintance
        _ = try await store.create(.sample(.first, .day, createdAt: 0))
        _ = try await store.create(.sample(.second, .month, createdAt: 0))
        for code in [MeetingCode.first, .second] {
            try await remember(
                .poll(Self.poll), .acquaintance(.init("ana", seenAt: 5)),
                .acquaintance(.init("ben", given: .coHost, seenAt: 5)), in: code)
        }
        _ = try await store.sweep(now: day + 5)
        #expect(try await memory()?.polls.count == 1)
        _ = try await store.sweep(now: day + 6)
        #expect(try await memory()?.polls.isEmpty == true)
        #expect(try await memory(of: .second)?.polls.count == 1)
        #expect(try await memory(of: .second)?.acquaintances.map(\.id) == ["ben"])
    }
}
