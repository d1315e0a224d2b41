// SPDX-License-Identifier: Apache-2.0
import Appointments
import EngineKit
import JSON
import MeetingProtocol
import Rooms
import Testing

@Suite("The waiting room")
struct WaitingRoomTests {
    private static let minute = PracticeTest.minute
    var test = PracticeTest(["a", "b", "c"].map { PracticeTest.appointment($0) })

    @Test("a client sees the appointment whole, at once, and again after every change")
    mutating func snapshot() {
        let view = test.connect(1, to: "a").view(1)
        #expect(
            view
                == AppointmentView(
                    id: "a", clientName: "Client a", professionalName: "Robin Vale",
                    professionalTitle: "Counsellor", status: .away, start: PracticeTest.start,
                    end: PracticeTest.start + 30 * Self.minute,
                    opensAt: PracticeTest.start - 15 * Self.minute,
                    closesAt: PracticeTest.start + 30 * Self.minute + 12 * 60 * Self.minute, consent: "",
                    phase: .open))
        #expect(test(.tick).isEmpty, "nothing has changed")
        #expect(test.connect(2, to: "a").view(2) == view, "a second page is as good as the first")
        #expect(test.attend().view(1)?.status == .online)
    }

    @Test("the windows open 15 minutes before the start and close 12 hours after the end")
    mutating func windows() throws {
        test = PracticeTest([PracticeTest.appointment("a", in: 20)])
        #expect(test.connect(1, to: "a").view(1)?.phase == .early)
        #expect(test.checkIn(1).replies == [.refused(.tooEarly)])
        #expect(test.practice.deadline == Instant.origin.advanced(by: .seconds(300)))
        test.wait(.seconds(299))
        #expect(test(.tick).isEmpty)
        test.wait(.seconds(1))
        #expect(test(.tick).view(1)?.phase == .open)
        let closing = try #require(test.practice.deadline)
        #expect(closing == test.now.advanced(by: .seconds((15 + 30 + 12 * 60) * 60)))
        test.now = closing
        #expect(test(.tick).view(1)?.phase == .late)
        #expect(test.checkIn(1).replies == [.refused(.tooLate)])
        #expect(test.practice.deadline == nil)
    }

    @Test("nobody sees a check-in before it is on disk")
    mutating func storesFirst() {
        _ = test.attend()
        _ = test.connect(1, to: "a")
        let outputs = test(.checkIn(SessionID(1), RequestID(9), PracticeTest.good, .parley))
        #expect(outputs.replies == [] && outputs.view(1) == nil && outputs.dashboard == nil)
        let since = test.wall.milliseconds
        #expect(outputs.saves == [.attendance(Attendance(since: since, checkIn: PracticeTest.good))])
        let stored = test(.saved(outputs.saveIDs[0], meeting: nil))
        #expect(stored.replies == [.done])
        #expect(stored.view(1)?.phase == .waiting && stored.view(1)?.position == 1)
        #expect(stored.row("a")?.waitingSince == since && stored.row("a")?.connected == true)
        #expect(stored.row("a")?.attendance?.checkIn == PracticeTest.good)
    }

    @Test("a check-in that cannot be stored is refused and changes nothing")
    mutating func storeFails() {
        _ = test.connect(1, to: "a")
        let outputs = test(.checkIn(SessionID(1), RequestID(9), PracticeTest.good, .parley))
        #expect(test(.saveFailed(outputs.saveIDs[0])).replies == [.refused(.storageFailed)])
        #expect(test.connect(2, to: "a").view(2)?.phase == .open)
    }

    @Test("the place is that of the first check-in, whatever happens later")
    mutating func places() {
        for (session, id) in [(1, "b"), (2, "a"), (3, "c")] as [(UInt64, AppointmentID)] {
            _ = test.connect(session, to: id)
            _ = test.checkIn(session)
            test.wait(.seconds(1))
        }
        let again = CheckIn(camera: .denied, microphone: .ok, network: .poor, consent: true)
        #expect(test.checkIn(1, again).replies == [.done])
        #expect(test.connect(4, to: "b").view(4)?.position == 1)
        #expect(test.connect(5, to: "a").view(5)?.position == 2)
        #expect(test.connect(6, to: "c").view(6)?.position == 3)
        let left = test.giveUp(1)
        #expect(left.view(2)?.position == 1 && left.view(3)?.position == 2)
        #expect(left.view(1)?.phase == .open && left.view(1)?.position == nil)
    }

    @Test("a view of one client holds nothing of another")
    mutating func secrecy() {
        for (session, id) in [(1, "a"), (2, "b")] as [(UInt64, AppointmentID)] {
            _ = test.connect(session, to: id)
        }
        let outputs = test.checkIn(1)
        #expect(outputs.view(2) == nil, "that somebody checked in is nothing to others")
        let text = test.checkIn(2).view(2)?.payload(now: 0).formatted ?? ""
        #expect(text.contains("\"position\":2") && !text.contains("Client a") && !text.contains("\"a\""))
    }

    @Test("a reload and a lost network keep the place for the grace time, and no longer")
    mutating func grace() {
        _ = test.attend()
        _ = test.connect(1, to: "a")
        _ = test.checkIn(1)
        test.wait(.seconds(5))
        #expect(test.leave(1).row("a")?.connected == false)
        test.wait(.seconds(599))
        #expect(test.connect(2, to: "a").view(2)?.phase == .waiting)
        _ = test.leave(2)
        test.wait(.seconds(599))
        #expect(test(.tick).isEmpty)
        test.wait(.seconds(1))
        let outputs = test.settle(test(.tick))
        #expect(outputs.saves == [.attendance(nil)])
        #expect(outputs.row("a")?.phase == .open)
        #expect(test.connect(3, to: "a").view(3)?.phase == .open)
    }

    @Test("after a restart of the server everybody is where they were, in the same order")
    mutating func restart() {
        _ = test.attend()
        for (session, id) in [(1, "c"), (2, "a"), (3, "b")] as [(UInt64, AppointmentID)] {
            _ = test.connect(session, to: id)
            _ = test.checkIn(session)
            test.wait(.seconds(1))
        }
        _ = test.ask(.admit("b"))
        var later = PracticeTest(test.stored.values.sorted { $0.id < $1.id }, at: 60_000)
        #expect(later.connect(1, to: "a").view(1)?.position == 2)
        #expect(later.connect(2, to: "c").view(2)?.position == 1)
        #expect(later.connect(3, to: "b").view(3)?.meeting == MeetingCode("abc-defg-hib"))
        later = PracticeTest(test.stored.values.sorted { $0.id < $1.id }, at: 60_000)
        _ = later.attend()
        #expect(
            later.practice.deadline == Instant.origin.advanced(by: .seconds(600)), "they have time to return")
    }

    @Test("consent that the professional asks for is needed")
    mutating func consent() {
        test = PracticeTest([PracticeTest.appointment("a")], consent: "I agree.")
        #expect(test.connect(1, to: "a").view(1)?.consent == "I agree.")
        var without = PracticeTest.good
        without.consent = false
        #expect(test.checkIn(1, without).replies == [.refused(.consentRequired)])
        #expect(test.checkIn(1).replies == [.done])
    }

    @Test("a new link, a new time and a cancellation show at once")
    mutating func changes() {
        _ = test.connect(1, to: "a")
        _ = test.connect(2, to: "b")
        var revoked = PracticeTest.appointment("a")
        revoked.linkVersion = 2
        #expect(test(.changed(revoked)).view(1)?.phase == .revoked)
        #expect(test.checkIn(1).replies == [.refused(.revoked)])
        #expect(test.giveUp(1).replies == [.refused(.revoked)])
        #expect(test.connect(3, to: "a", version: 2).view(3)?.phase == .open)
        #expect(test(.changed(PracticeTest.appointment("b", in: 60))).view(2)?.phase == .early)
        var cancelled = PracticeTest.appointment("b")
        cancelled.state = .cancelled
        #expect(test(.changed(cancelled)).view(2)?.phase == .cancelled)
        #expect(test.checkIn(2).replies == [.refused(.cancelled)])
    }

    @Test("a page that asks all the time is refused, and no other")
    mutating func limits() {
        _ = test.connect(1, to: "a")
        _ = test.connect(2, to: "b")
        for _ in 0..<20 { #expect(test.giveUp(1).replies == [.done]) }
        #expect(test.giveUp(1).replies == [.refused(.tooFast)])
        #expect(test.giveUp(2).replies == [.done])
        test.wait(.milliseconds(500))
        #expect(test.giveUp(1).replies == [.done])
    }

    @Test("pages of one appointment are bounded; the oldest goes")
    mutating func bounds() {
        for session in 1...8 { _ = test.connect(UInt64(session), to: "a") }
        #expect(test.connect(9, to: "a").contains(.close(SessionID(1))))
        #expect(test(.leave(SessionID(1), RequestID(1))).replies == [.refused(.noSuchAppointment)])
    }

    @Test("a practice is done with when nobody is left and nobody's place is kept")
    mutating func emptied() {
        _ = test.connect(1, to: "a")
        #expect(test.leave(1) == [.emptied])
        _ = test.connect(1, to: "a")
        _ = test.checkIn(1)
        #expect(!test.leave(1).contains(.emptied))
        test.wait(.seconds(600))
        #expect(test.settle(test(.tick)).contains(.emptied))
    }
}
