// SPDX-License-Identifier: Apache-2.0
import MeetingProtocol
import Storage

/// The calls of the other stores, awaited.
extension AccountStore {
    func addAccount(_ account: AccountRecord) async throws -> Bool {
        try await report { addAccount(account, $0) }
    }
    func account(_ id: AccountID) async throws -> AccountRecord? { try await report { account(id, $0) } }
    func account(email: String) async throws -> AccountRecord? {
        try await report { account(email: email, $0) }
    }
    func accounts() async throws -> [AccountRecord] { try await report { accounts($0) } }
    func changeAccount(_ id: AccountID, _ set: (inout AccountChange) -> Void) async throws -> AccountRecord? {
        var change = AccountChange()
        set(&change)
        return try await report { changeAccount(id, change, $0) }
    }
    func deleteAccount(_ id: AccountID) async throws -> DeletedAccount? {
        try await report { deleteAccount(id, $0) }
    }
    func addSession(
        _ session: SessionRecord, verifiedBy password: String = AccountRecord.sample().password
    ) async throws -> Bool {
        try await report { addSession(session, verifiedBy: password, $0) }
    }
    func session(_ hash: [UInt8], now: Int64) async throws -> StoredSession? {
        try await report { session(hash, now: now, $0) }
    }
    func touchSession(_ hash: [UInt8], at time: Int64, expiresAt: Int64) async throws {
        try await report { touchSession(hash, at: time, expiresAt: expiresAt, $0) }
    }
    func deleteSession(_ hash: [UInt8]) async throws -> Bool { try await report { deleteSession(hash, $0) } }
    func deleteSessions(of id: AccountID, except hash: [UInt8]? = nil) async throws -> Int {
        try await report { deleteSessions(of: id, except: hash, $0) }
    }
}

extension InviteStore {
    func addInvite(_ invite: InviteRecord) async throws -> Bool { try await report { addInvite(invite, $0) } }
    func invite(_ id: String) async throws -> InviteRecord? { try await report { invite(id, $0) } }
    func invites(to code: MeetingCode) async throws -> [InviteRecord] {
        try await report { invites(to: code, $0) }
    }
    func useInvite(_ id: String, at time: Int64) async throws -> InviteUse {
        try await report { useInvite(id, at: time, $0) }
    }
    func revokeInvite(_ id: String, at time: Int64) async throws -> Bool {
        try await report { revokeInvite(id, at: time, $0) }
    }
}

extension AppointmentStore {
    func booking(of id: AccountID) async throws -> BookingRecord? { try await report { booking(of: id, $0) } }
    func booking(slug: String) async throws -> BookingRecord? { try await report { booking(slug: slug, $0) } }
    func setBooking(_ booking: BookingRecord) async throws -> Bool {
        try await report { setBooking(booking, $0) }
    }
    func addAppointment(_ appointment: AppointmentRecord) async throws -> Bool {
        try await report { addAppointment(appointment, $0) }
    }
    func appointment(_ id: String) async throws -> AppointmentRecord? {
        try await report { appointment(id, $0) }
    }
    func appointments(
        of id: AccountID?, from start: Int64 = 0, to end: Int64 = .max, limit: Int = 100
    ) async throws -> [AppointmentRecord] {
        try await report { appointments(of: id, from: start, to: end, limit: limit, $0) }
    }
    func changeAppointment(
        _ id: String, expected: AppointmentRecord.State? = nil, _ set: (inout AppointmentChange) -> Void
    ) async throws -> AppointmentUpdate {
        var change = AppointmentChange(expected: expected)
        set(&change)
        return try await report { changeAppointment(id, change, $0) }
    }
}

extension MeetingStore {
    func meetings(of owner: AccountID, limit: Int = 100) async throws -> [MeetingRecord] {
        try await report { meetings(of: owner, limit: limit, $0) }
    }
    func changeMeeting(
        _ code: MeetingCode, owner: AccountID? = nil, _ set: (inout MeetingChange) -> Void
    ) async throws -> MeetingRecord? {
        var change = MeetingChange(expectedOwner: owner)
        set(&change)
        return try await report { changeMeeting(code, change, $0) }
    }
    func moveMeeting(from code: MeetingCode, to fresh: MeetingCode) async throws -> Bool {
        try await report { moveMeeting(from: code, to: fresh, $0) }
    }
    func deleteMeeting(_ code: MeetingCode) async throws -> Bool {
        try await report { deleteMeeting(code, $0) }
    }
    func objects(in code: MeetingCode) async throws -> [RoomObject] {
        try await report { objects(in: code, $0) }
    }
}

extension AccountID {
    static let ana = AccountID("0123456789abcdef01234567")!
    static let ben = AccountID("ba98765432100123456789ab")!
}

extension AccountRecord {
    static func sample(
        _ id: AccountID = .ana, email: String = "ana@example.org", role: AccountRole = .professional
    ) -> AccountRecord {
        AccountRecord(
            id: id, email: email, name: "Ana Sousa", title: "Dr.", avatar: "avatar_07", role: role,
            password: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", zone: "Europe/Lisbon", createdAt: 1000)
    }
}

extension AppointmentRecord {
    static func sample(
        _ id: String, of professional: AccountID = .ana, from start: Int64 = 1000, to end: Int64 = 2000
    ) -> AppointmentRecord {
        AppointmentRecord(
            id: id, professional: professional, clientName: "Cleo", clientEmail: "cleo@example.org",
            note: "A question", clientZone: "Asia/Tokyo", startsAt: start, endsAt: end, createdAt: 10)
    }
}
