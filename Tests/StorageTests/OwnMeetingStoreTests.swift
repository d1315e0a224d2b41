// SPDX-License-Identifier: Apache-2.0
import MeetingProtocol
import Storage
import Testing

@Suite("Meetings of accounts")
struct OwnMeetingStoreTests {
    private let store: SQLiteStore

    init() throws { store = try .inMemory() }

    private func addMeeting(_ code: MeetingCode, of owner: AccountID?, createdAt: Int64 = 1000) async throws {
        _ = try await store.addAccount(.sample())
        _ = try await store.addAccount(.sample(.ben, email: "ben@example.org"))
        let meeting = MeetingRecord(
            code: code, retention: .day, createdAt: createdAt, owner: owner, name: "Stand-up",
            color: "#8250C4")
        #expect(try await store.create(meeting))
        #expect(try await store.load(code)?.record == meeting)
    }

    @Test("lists an account's open meetings, oldest first")
    func lists() async throws {
        try await addMeeting(.second, of: .ana, createdAt: 2)
        try await addMeeting(.first, of: .ana, createdAt: 1)
        try await addMeeting(.third, of: .ben)
        #expect(try await store.meetings(of: .ana).map(\.code) == [.first, .second])
        #expect(try await store.meetings(of: .ana, limit: 1).map(\.code) == [.first])
        _ = try await store.end(.first, at: 3)
        #expect(try await store.meetings(of: .ana).map(\.code) == [.second])
    }

    @Test("changes a meeting for its owner only, and not after its end")
    func changes() async throws {
        try await addMeeting(.first, of: .ana)
        #expect(try await store.changeMeeting(.first, owner: .ben) { $0.name = "Theirs" } == nil)
        let changed = try await store.changeMeeting(.first, owner: .ana) {
            $0.name = "Retro"
            $0.retention = .month
        }
        #expect(changed?.name == "Retro" && changed?.retention == .month && changed?.color == "#8250C4")
        #expect(try await store.load(.first)?.record == changed)
        #expect(try await store.changeMeeting(.second) { $0.name = "?" } == nil)
        _ = try await store.end(.first, at: 5)
        #expect(try await store.changeMeeting(.first) { $0.name = "Late" } == nil)
        #expect(try await store.load(.first)?.record.name == "Retro")
    }

    @Test("replaces all objects of a meeting, in order, together with its name")
    func objects() async throws {
        try await addMeeting(.first, of: .ana)
        let objects = [
            RoomObject.sample("b"), .sample("a", name: "", x: 0.5), .sample("c", name: "décor_02", x: 8),
        ]
        _ = try await store.changeMeeting(.first) { $0.objects = objects }
        #expect(try await store.objects(in: .first) == objects)
        _ = try await store.changeMeeting(.first) { $0.name = "Renamed" }
        #expect(try await store.objects(in: .first) == objects)
        _ = try await store.changeMeeting(.first) { $0.objects = [.sample("d")] }
        #expect(try await store.objects(in: .first) == [.sample("d")])
        await #expect(throws: StorageError.self) {
            try await store.changeMeeting(.first) {
                $0.name = "Half"
                $0.objects = [.sample("e"), .sample("e")]
            }
        }
        #expect(try await store.objects(in: .first) == [.sample("d")])
        #expect(try await store.load(.first)?.record.name == "Renamed")
    }

    @Test("a meeting moves to a new code with all that belongs to it")
    func moves() async throws {
        try await addMeeting(.first, of: .ana)
        try await addMeeting(.second, of: .ana)
        try await store.append(.sample(7), in: .first)
        _ = try await store.changeMeeting(.first) { $0.objects = [.sample("d")] }
        _ = try await store.addInvite(.init(id: "i", meeting: .first, role: "guest", createdAt: 1))
        #expect(try await store.moveMeeting(from: .first, to: .second) == false)
        #expect(try await store.load(.first)?.messages.count == 1)
        #expect(try await store.moveMeeting(from: .first, to: .third))
        #expect(try await store.load(.first) == nil)
        let moved = try #require(try await store.load(.third))
        #expect(moved.messages == [.sample(7)] && moved.lastSeq == 7)
        #expect(moved.record.owner == .ana && moved.record.name == "Stand-up")
        #expect(try await store.objects(in: .third) == [.sample("d")])
        #expect(try await store.invite("i")?.meeting == .third)
        #expect(try await store.moveMeeting(from: .first, to: .third) == false)
    }

    @Test("a dialect's room is one with a single meeting, whatever its code, until that ends")
    func keepsDialectRooms() async throws {
        func add(_ code: MeetingCode) async throws -> Bool {
            let record = MeetingRecord(
                code: code, retention: .meeting, createdAt: 1, dialectRoom: "noom-video/tea")
            return try await report { store.create(record, $0) }
        }
        func found() async throws -> MeetingCode? {
            try await report { store.meeting(ofDialectRoom: "noom-video/tea", $0) }
        }
        #expect(try await add(.first))
        #expect(try await add(.second) == false)
        #expect(try await store.load(.first)?.record.dialectRoom == "noom-video/tea")
        #expect(try await store.moveMeeting(from: .first, to: .third))
        #expect(try await found() == .third)
        #expect(try await report { store.end(.third, at: 2, $0) })
        #expect(try await found() == nil)
        #expect(try await add(.second))
        #expect(try await found() == .second)
    }

    @Test("deleting a meeting deletes its chat, objects and invites")
    func deletes() async throws {
        try await addMeeting(.first, of: nil)
        try await store.append(.sample(1), in: .first)
        _ = try await store.changeMeeting(.first) { $0.objects = [.sample("d")] }
        _ = try await store.addInvite(.init(id: "i", meeting: .first, role: "guest", createdAt: 1))
        #expect(try await store.deleteMeeting(.first))
        #expect(try await store.deleteMeeting(.first) == false)
        #expect(try await store.load(.first) == nil)
        #expect(try await store.objects(in: .first) == [])
        #expect(try await store.invite("i") == nil)
        #expect(try await store.create(.sample(.first)))
        #expect(try await store.load(.first)?.messages == [])
    }

    @Test("meetings of an account outlast a year without use, until they end")
    func sweeps() async throws {
        try await addMeeting(.first, of: .ana, createdAt: 0)
        try await addMeeting(.second, of: nil, createdAt: 0)
        try await addMeeting(.third, of: .ana, createdAt: 0)
        _ = try await store.end(.third, at: 1)
        #expect(try await store.sweep(now: MeetingRecord.lifetime + 1).meetings == 2)
        #expect(try await store.load(.first) != nil)
    }
}

@Suite("Invite stores")
struct InviteStoreTests {
    private let store: SQLiteStore

    init() throws { store = try .inMemory() }

    private func add(_ invite: InviteRecord) async throws {
        _ = try await store.create(.sample(.first))
        #expect(try await store.addInvite(invite))
    }

    @Test("keeps every field of an invite")
    func keeps() async throws {
        let invite = InviteRecord(
            id: "i", meeting: .first, role: "cohost", notBefore: 5, expiresAt: 9, isSingleUse: true,
            createdAt: 1)
        try await add(invite)
        #expect(try await store.invite("i") == invite)
        #expect(try await store.invites(to: .first) == [invite])
        #expect(try await store.addInvite(invite) == false)
    }

    @Test("invites nobody to a meeting that is unknown or has ended")
    func needsMeeting() async throws {
        let invite = InviteRecord(id: "i", meeting: .first, role: "guest", createdAt: 1)
        #expect(try await store.addInvite(invite) == false)
        _ = try await store.create(.sample(.first))
        _ = try await store.end(.first, at: 2)
        #expect(try await store.addInvite(invite) == false)
    }

    @Test("works from its first moment to before its last")
    func times() async throws {
        let invite = InviteRecord(
            id: "i", meeting: .first, role: "guest", notBefore: 5, expiresAt: 9, createdAt: 1)
        try await add(invite)
        #expect(try await store.useInvite("i", at: 4) == .early(invite))
        guard case .accepted(let used) = try await store.useInvite("i", at: 5) else {
            Issue.record("refused in time")
            return
        }
        #expect(used.usedAt == 5)
        #expect(try await store.useInvite("i", at: 8) == .accepted(used))
        #expect(try await store.useInvite("i", at: 9) == .expired)
        #expect(try await store.useInvite("j", at: 5) == .unknown)
    }

    @Test("of many who take an invite for one person, one gets it")
    func singleUse() async throws {
        try await add(.init(id: "i", meeting: .first, role: "guest", isSingleUse: true, createdAt: 1))
        let uses = try await withThrowingTaskGroup(of: InviteUse.self) { group in
            for time in 1...20 { group.addTask { try await store.useInvite("i", at: Int64(time)) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(uses.filter { $0 == .spent }.count == 19)
    }

    @Test("a revoked invite stays revoked, from when it first was")
    func revokes() async throws {
        try await add(.init(id: "i", meeting: .first, role: "guest", createdAt: 1))
        #expect(try await store.revokeInvite("i", at: 3))
        #expect(try await store.revokeInvite("i", at: 4) == false)
        #expect(try await store.revokeInvite("j", at: 4) == false)
        #expect(try await store.useInvite("i", at: 5) == .revoked)
        #expect(try await store.invite("i")?.revokedAt == 3)
    }
}
