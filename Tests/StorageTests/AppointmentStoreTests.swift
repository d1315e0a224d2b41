// SPDX-License-Identifier: Apache-2.0
import MeetingProtocol
import Storage
import Testing

@Suite("Appointment stores")
struct AppointmentStoreTests {
    private let store: SQLiteStore

    init() throws { store = try .inMemory() }

    private func addAccounts() async throws {
        _ = try await store.addAccount(.sample())
        _ = try await store.addAccount(.sample(.ben, email: "ben@example.org"))
    }

    @Test("keeps every field of an appointment")
    func keeps() async throws {
        try await addAccounts()
        var appointment = AppointmentRecord.sample("a")
        #expect(try await store.addAppointment(appointment))
        #expect(try await store.appointment("a") == appointment)
        appointment.state = .finished
        appointment.linkVersion = 2
        appointment.checkIn = #"{"camera":"ok"}"#
        appointment.notes = "Called back"
        appointment.meeting = .first
        appointment.finishedAt = 99
        appointment.clientName = "Cleo B."
        appointment.sequence = 1
        let update = try await store.changeAppointment("a", expected: .booked) {
            $0.state = .finished
            $0.revokesLinks = true
            $0.checkIn = #"{"camera":"ok"}"#
            $0.notes = "Called back"
            $0.meeting = .first
            $0.finishedAt = 99
            $0.clientName = "Cleo B."
        }
        #expect(update == .changed(appointment))
        #expect(try await store.appointment("a") == appointment)
        #expect(
            try await store.changeAppointment("a", expected: .booked) { $0.notes = "" }
                == .unexpected(appointment))
        #expect(try await store.changeAppointment("b") { $0.notes = "" } == .unknown)
    }

    @Test("counts changes of time and state, and takes away what a change takes away")
    func counts() async throws {
        try await addAccounts()
        _ = try await store.addAppointment(.sample("a"))
        _ = try await store.changeAppointment("a") {
            $0.checkIn = "{}"
            $0.meeting = .first
        }
        #expect(try await store.appointment("a")?.sequence == 0)
        _ = try await store.changeAppointment("a") {
            $0.time = 5000..<6000
            $0.checkIn = .some(nil)
            $0.meeting = .some(nil)
        }
        let moved = try #require(try await store.appointment("a"))
        #expect(moved.sequence == 1 && moved.checkIn == nil && moved.meeting == nil)
        _ = try await store.changeAppointment("a") { $0.state = .cancelled }
        #expect(try await store.appointment("a")?.sequence == 2)
    }

    @Test(
        "books no two appointments of one professional at a time",
        arguments: [
            (0, 1000, true), (2000, 3000, true), (0, 1001, false), (1999, 3000, false), (1000, 2000, false),
            (1200, 1300, false), (0, 9000, false),
        ] as [(Int64, Int64, Bool)])
    func noDoubleBooking(_ start: Int64, _ end: Int64, _ isFree: Bool) async throws {
        try await addAccounts()
        _ = try await store.addAppointment(.sample("a", from: 1000, to: 2000))
        #expect(try await store.addAppointment(.sample("b", from: start, to: end)) == isFree)
        #expect(try await store.addAppointment(.sample("c", of: .ben, from: start, to: end)))
        #expect(try await store.appointments(of: .ana).count == (isFree ? 2 : 1))
    }

    @Test("of many who want the same slot at once, one gets it")
    func race() async throws {
        try await addAccounts()
        let results = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 1...20 { group.addTask { try await store.addAppointment(.sample("a\(number)")) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.filter(\.self).count == 1)
    }

    @Test("a cancelled or finished appointment frees its time, which cannot be taken back from another")
    func frees() async throws {
        try await addAccounts()
        _ = try await store.addAppointment(.sample("a"))
        _ = try await store.changeAppointment("a") { $0.state = .cancelled }
        #expect(try await store.addAppointment(.sample("b")))
        #expect(try await store.changeAppointment("a") { $0.state = .booked } == .taken)
        #expect(try await store.appointment("a")?.state == .cancelled)
        _ = try await store.changeAppointment("b") { $0.state = .finished }
        #expect(try await store.addAppointment(.sample("c")))
    }

    @Test("moves to a free time only, and may overlap itself")
    func moves() async throws {
        try await addAccounts()
        _ = try await store.addAppointment(.sample("a", from: 1000, to: 2000))
        _ = try await store.addAppointment(.sample("b", from: 3000, to: 4000))
        #expect(try await store.changeAppointment("a") { $0.time = 2500..<3500 } == .taken)
        #expect(try await store.appointment("a")?.startsAt == 1000)
        guard case .changed(let moved) = try await store.changeAppointment("a", { $0.time = 1500..<2500 })
        else {
            Issue.record("not moved")
            return
        }
        #expect(moved.startsAt == 1500 && moved.endsAt == 2500)
    }

    @Test("lists what overlaps a time, earliest first, of one professional or of all")
    func lists() async throws {
        try await addAccounts()
        _ = try await store.addAppointment(.sample("late", from: 5000, to: 6000))
        _ = try await store.addAppointment(.sample("early", from: 1000, to: 2000))
        _ = try await store.addAppointment(.sample("theirs", of: .ben, from: 1500, to: 2500))
        #expect(try await store.appointments(of: .ana).map(\.id) == ["early", "late"])
        #expect(try await store.appointments(of: nil).map(\.id) == ["early", "theirs", "late"])
        #expect(try await store.appointments(of: nil, limit: 1).map(\.id) == ["early"])
        #expect(try await store.appointments(of: .ana, from: 2000, to: 5000) == [])
        #expect(try await store.appointments(of: .ana, from: 1999, to: 5001).map(\.id) == ["early", "late"])
    }

    @Test("has one booking page for each professional, each with a name of its own")
    func bookings() async throws {
        try await addAccounts()
        var page = BookingRecord(
            professional: .ana, slug: "dr-ana", slotMinutes: 20, leadMinutes: 5, horizonDays: 9,
            intro: "Welcome", consent: "I agree",
            availability: [
                .init(weekday: 1, startMinute: 540, endMinute: 720),
                .init(weekday: 7, startMinute: 0, endMinute: 1440),
            ])
        #expect(try await store.booking(of: .ana) == nil)
        #expect(try await store.setBooking(page))
        #expect(try await store.booking(slug: "DR-Ana") == page)
        #expect(try await store.setBooking(.init(professional: .ben, slug: "Dr-Ana")) == false)
        page.slug = "ana"
        page.isOpen = false
        page.availability = [.init(weekday: 2, startMinute: 0, endMinute: 1)]
        #expect(try await store.setBooking(page))
        #expect(try await store.booking(of: .ana) == page)
        #expect(try await store.booking(slug: "dr-ana") == nil)
        #expect(try await store.setBooking(.init(professional: .ben, slug: "Dr-Ana")))
        _ = try await store.changeAccount(.ana) { $0.disabledAt = .some(1) }
        #expect(try await store.booking(slug: "ana") == nil)
        #expect(try await store.booking(of: .ana) == page)
    }

    @Test("refuses hours that are none, and keeps the page as it was")
    func refusesHours() async throws {
        try await addAccounts()
        let page = BookingRecord(
            professional: .ana, slug: "ana", availability: [.init(weekday: 1, startMinute: 0, endMinute: 60)])
        _ = try await store.setBooking(page)
        for hours in [
            Availability(weekday: 0, startMinute: 0, endMinute: 60),
            .init(weekday: 8, startMinute: 0, endMinute: 60),
            .init(weekday: 1, startMinute: 60, endMinute: 60),
            .init(weekday: 1, startMinute: 0, endMinute: 1441),
        ] {
            var other = page
            other.availability = [hours]
            await #expect(throws: StorageError.self) { try await store.setBooking(other) }
        }
        #expect(try await store.booking(of: .ana) == page)
    }
}
