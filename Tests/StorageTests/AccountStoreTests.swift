// SPDX-License-Identifier: Apache-2.0
import MeetingProtocol
import Storage
import Testing

@Suite("Account stores")
struct AccountStoreTests {
    private let store: SQLiteStore

    init() throws { store = try .inMemory() }

    private func addSession(_ byte: UInt8, of id: AccountID = .ana, until end: Int64 = 9000) async throws {
        let hash = [UInt8](repeating: byte, count: 32)
        #expect(try await store.addSession(.init(hash: hash, account: id, createdAt: 100, expiresAt: end)))
    }

    private func isLoggedIn(_ byte: UInt8, at now: Int64 = 500) async throws -> Bool {
        try await store.session([UInt8](repeating: byte, count: 32), now: now) != nil
    }

    @Test("keeps every field of an account, and finds it by address whatever the capitals")
    func keepsAccounts() async throws {
        #expect(try await store.addAccount(.sample()))
        #expect(try await store.account(.ana) == .sample())
        #expect(try await store.account(email: "ANA@example.ORG") == .sample())
        #expect(try await store.account(.ben) == nil)
        #expect(try await store.account(email: "ana@example.or") == nil)
    }

    @Test("has each id and each address once")
    func isUnique() async throws {
        #expect(try await store.addAccount(.sample()))
        #expect(try await store.addAccount(.sample(.ben, email: "Ana@Example.org")) == false)
        #expect(try await store.addAccount(.sample(.ana, email: "other@example.org")) == false)
        #expect(try await store.addAccount(.sample(.ben, email: "ben@example.org")))
        #expect(try await store.accounts().map(\.id) == [.ana, .ben])
        let error = await #expect(throws: StorageError.self) {
            try await store.changeAccount(.ben) { $0.email = "ANA@example.org" }
        }
        #expect(error?.kind == .conflict)
        #expect(try await store.account(.ben)?.email == "ben@example.org")
    }

    @Test("changes what it is told to and nothing else")
    func changes() async throws {
        _ = try await store.addAccount(.sample())
        var expected = AccountRecord.sample()
        expected.name = "Ana"
        expected.role = .admin
        expected.disabledAt = 7
        let changed = try await store.changeAccount(.ana) {
            $0.name = "Ana"
            $0.role = .admin
            $0.disabledAt = .some(7)
        }
        #expect(changed == expected)
        #expect(try await store.account(.ana) == expected)
        expected.disabledAt = nil
        #expect(try await store.changeAccount(.ana) { $0.disabledAt = .some(nil) } == expected)
        #expect(try await store.changeAccount(.ben) { $0.name = "Ben" } == nil)
    }

    @Test("a session is its account's until it is over or ended")
    func sessions() async throws {
        _ = try await store.addAccount(.sample())
        try await addSession(1)
        let hash = [UInt8](repeating: 1, count: 32)
        #expect(try await store.session(hash, now: 8999)?.account == .sample())
        #expect(try await store.session(hash, now: 9000) == nil)
        try await store.touchSession(hash, at: 8000, expiresAt: 20_000)
        let touched = try #require(try await store.session(hash, now: 9000))
        #expect(touched.session.usedAt == 8000 && touched.session.createdAt == 100)
        #expect(try await store.session([UInt8](repeating: 2, count: 32), now: 0) == nil)
        #expect(try await store.deleteSession(hash))
        #expect(try await store.deleteSession(hash) == false)
        #expect(try await store.session(hash, now: 9000) == nil)
    }

    @Test("nobody logs in to an account that is unknown or disabled")
    func disabled() async throws {
        let stray = SessionRecord(hash: [1], account: .ana, createdAt: 0, expiresAt: 9)
        #expect(try await store.addSession(stray) == false)
        _ = try await store.addAccount(.sample())
        try await addSession(1)
        _ = try await store.changeAccount(.ana) { $0.disabledAt = .some(3) }
        #expect(try await isLoggedIn(1) == false)
        #expect(try await store.addSession(stray) == false)
        _ = try await store.changeAccount(.ana) { $0.disabledAt = .some(nil) }
        #expect(try await isLoggedIn(1) == false, "enabling the account does not bring sessions back")
    }

    @Test("a new password ends all sessions but that of whoever set it")
    func passwordEndsSessions() async throws {
        _ = try await store.addAccount(.sample())
        _ = try await store.addAccount(.sample(.ben, email: "ben@example.org"))
        for byte in [1, 2, 3] as [UInt8] { try await addSession(byte) }
        try await addSession(4, of: .ben)
        _ = try await store.changeAccount(.ana) { $0.name = "A" }
        #expect(try await isLoggedIn(1))
        _ = try await store.changeAccount(.ana) {
            $0.password = "$argon2id$new"
            $0.keptSession = [UInt8](repeating: 2, count: 32)
        }
        #expect(try await isLoggedIn(1) == false)
        #expect(try await isLoggedIn(2))
        #expect(try await isLoggedIn(4))
        #expect(try await store.deleteSessions(of: .ana) == 1)
        #expect(try await isLoggedIn(2) == false)
    }

    @Test("a password that was replaced since it was checked begins no session")
    func stalePassword() async throws {
        _ = try await store.addAccount(.sample())
        let session = SessionRecord(hash: [1], account: .ana, createdAt: 0, expiresAt: 9)
        _ = try await store.changeAccount(.ana) { $0.password = "$argon2id$new" }
        #expect(try await store.addSession(session) == false)
        #expect(try await store.session([1], now: 0) == nil)
        #expect(try await store.addSession(session, verifiedBy: "$argon2id$new"))
    }

    @Test("sweeps sessions that are over")
    func sweeps() async throws {
        _ = try await store.addAccount(.sample())
        try await addSession(1, until: 100)
        try await addSession(2, until: 101)
        #expect(try await store.sweep(now: 100) == SweepCounts(sessions: 1))
        #expect(try await isLoggedIn(2, at: 100))
    }

    @Test("deleting an account deletes all that belongs to it, and nothing of others")
    func cascades() async throws {
        for (id, email, code) in [
            (AccountID.ana, "ana@example.org", MeetingCode.first), (.ben, "ben@example.org", .second),
        ] {
            _ = try await store.addAccount(.sample(id, email: email))
            try await addSession(id == .ana ? 1 : 2, of: id)
            _ = try await store.create(
                MeetingRecord(code: code, retention: .month, createdAt: 1, owner: id, name: "Mine"))
            try await store.append(.sample(1), in: code)
            _ = try await store.changeMeeting(code) { $0.objects = [.sample("o-\(code)")] }
            _ = try await store.addInvite(.init(id: "i-\(code)", meeting: code, role: "guest", createdAt: 1))
            _ = try await store.setBooking(
                .init(
                    professional: id, slug: "b-\(code)",
                    availability: [.init(weekday: 1, startMinute: 0, endMinute: 60)]))
            _ = try await store.addAppointment(.sample("a-\(code)", of: id))
        }
        #expect(try await store.deleteAccount(.ana) == DeletedAccount(meetings: [MeetingCode.first.text]))
        #expect(try await store.deleteAccount(.ana) == nil)
        #expect(try await isLoggedIn(1) == false)
        #expect(try await store.load(.first) == nil)
        #expect(try await store.objects(in: .first) == [])
        #expect(try await store.invite("i-\(MeetingCode.first)") == nil)
        #expect(try await store.booking(of: .ana) == nil)
        #expect(try await store.appointment("a-\(MeetingCode.first)") == nil)
        #expect(try await isLoggedIn(2))
        #expect(try await store.load(.second)?.messages.count == 1)
        #expect(try await store.objects(in: .second).count == 1)
        #expect(try await store.invites(to: .second).count == 1)
        #expect(try await store.booking(of: .ben)?.availability.count == 1)
        #expect(try await store.appointments(of: .ben).count == 1)
    }

    @Test("ids are 24 lower-case hexadecimal digits")
    func ids() {
        for text in ["", "0123456789abcdef0123456", "0123456789ABCDEF01234567", "0123456789abcdef0123456g"] {
            #expect(AccountID(text) == nil)
        }
        #expect(AccountID(bytes: [UInt8](0...11))?.text == "000102030405060708090a0b")
        #expect(AccountID(bytes: [1]) == nil)
    }
}

extension RoomObject {
    static func sample(_ id: String, name: String = "couch_01", x: Double = 2) -> RoomObject {
        RoomObject(id: id, name: name, x: x, y: 3, zIndex: 4, orientation: "left")
    }
}
