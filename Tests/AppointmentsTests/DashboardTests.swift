// SPDX-License-Identifier: Apache-2.0
import Appointments
import CivilTime
import EngineKit
import MeetingProtocol
import Rooms
import Testing

@Suite("The professional's dashboard")
struct DashboardTests {
    private static let meeting = MeetingCode("abc-defg-hia")
    var test = PracticeTest(["a", "b"].map { PracticeTest.appointment($0) })

    init() {
        _ = test.attend()
        _ = test.connect(1, to: "a")
        _ = test.connect(2, to: "b")
        _ = test.checkIn(1)
        test.wait(.seconds(1))
        _ = test.checkIn(2)
    }

    @Test("appointments stand in the order of their time, with all there is to know")
    mutating func rows() throws {
        let early = PracticeTest.appointment("c", in: -60)
        let board = try #require(test(.changed(early)).dashboard)
        #expect(board.rows.map(\.id) == ["c", "a", "b"])
        let row = try #require(board.rows.first { $0.id == "a" })
        #expect(row.clientName == "Client a" && row.clientEmail == "a@example.com" && row.note == "Note of a")
        #expect(board.numbers.waiting == 2)
        #expect(test.attend(101).dashboard == board, "a second page is as good as the first")
    }

    @Test("whoever is admitted gets the meeting, and others see that the professional is busy")
    mutating func admits() {
        let outputs = test.ask(.admit("a"))
        #expect(outputs.replies == [.admitted(Self.meeting)])
        #expect(outputs.view(1)?.phase == .admitted && outputs.view(1)?.meeting == Self.meeting)
        #expect(outputs.view(2)?.status == .busy && outputs.view(2)?.position == 1)
        #expect(outputs.view(2)?.meeting == nil)
        #expect(outputs.dashboard?.status == .busy && outputs.row("a")?.meeting == Self.meeting)
        #expect(test.ask(.admit("a")).replies == [.admitted(Self.meeting)], "it is the same meeting")
    }

    @Test("pressed twice before the disk answers, it opens one meeting and answers twice")
    mutating func admitsOnce() {
        let first = test(.asked(SessionID(100), RequestID(1), .admit("a")))
        let second = test(.asked(SessionID(100), RequestID(2), .admit("a")))
        #expect(first.saveIDs.count == 1 && second.isEmpty)
        #expect(
            test(.saved(first.saveIDs[0], meeting: Self.meeting)).replies
                == [.admitted(Self.meeting), .admitted(Self.meeting)])
    }

    @Test("a check-in on its way to disk does not undo an admission on its way")
    mutating func concurrency() {
        let admission = test(.asked(SessionID(100), RequestID(1), .admit("a")))
        let worse = CheckIn(camera: .off, microphone: .ok, network: .poor, consent: true)
        let checkIn = test(.checkIn(SessionID(1), RequestID(2), worse, .parley))
        _ = test(.saved(admission.saveIDs[0], meeting: Self.meeting))
        let outputs = test(.saved(checkIn.saveIDs[0], meeting: nil))
        #expect(outputs.row("a")?.phase == .admitted && outputs.row("a")?.attendance?.checkIn == worse)
    }

    @Test("a client who is not there yet can be let in beforehand")
    mutating func admitsEarlyBird() {
        _ = test(.changed(PracticeTest.appointment("c")))
        #expect(test.ask(.admit("c")).row("c")?.phase == .admitted)
        #expect(test.connect(3, to: "c").view(3)?.phase == .admitted)
        #expect(test.ask(.sendBack("c")).view(3)?.phase == .open, "there is no place to go back to")
    }

    @Test("who is sent back has the old place, and the meeting is over")
    mutating func sendsBack() {
        _ = test.ask(.admit("a"))
        let outputs = test.ask(.sendBack("a"))
        #expect(outputs.replies == [.done])
        #expect(outputs.contains(.closeMeeting(Self.meeting ?? MeetingCode("aaaaaaaaaa")!)))
        #expect(outputs.view(1)?.phase == .waiting && outputs.view(1)?.position == 1)
        #expect(outputs.view(2)?.position == 2 && outputs.view(2)?.status == .online)
        #expect(test.ask(.sendBack("a")).replies == [.refused(.notAdmitted)])
        #expect(test.ask(.sendBack("b")).replies == [.refused(.notAdmitted)])
    }

    @Test("a finished appointment ends its meeting and stays finished")
    mutating func finishes() {
        _ = test.ask(.admit("a"))
        let outputs = test.ask(.finish("a"))
        #expect(outputs.replies == [.done] && outputs.view(1)?.phase == .finished)
        #expect(outputs.contains { if case .closeMeeting = $0 { true } else { false } })
        #expect(outputs.dashboard?.status == .online)
        #expect(test.ask(.finish("a")).replies == [.done])
        #expect(test.ask(.admit("a")).replies == [.refused(.finished)])
        #expect(test.checkIn(1).replies == [.refused(.finished)])
    }

    @Test("a professional is away without a page, and when they say so")
    mutating func status() {
        #expect(test.ask(.status(.away)).view(1)?.status == .away)
        #expect(test.ask(.status(.online)).view(1)?.status == .online)
        #expect(test.leave(100).view(1)?.status == .away)
        #expect(test.attend().view(1)?.status == .online)
        _ = test.ask(.admit("a"))
        #expect(test.leave(100).isEmpty || test(.tick).view(2) == nil, "in a call they are busy, not away")
        #expect(test.connect(3, to: "b").view(3)?.status == .busy)
    }

    @Test("a client on a page that takes the call itself is answered there, and not let in here")
    mutating func otherPages() {
        let checkIn = test(.checkIn(SessionID(1), RequestID(1), nil, .telelegal))
        let row = test.settle(checkIn).row("a")
        #expect(row?.attendance?.way == .telelegal && row?.attendance?.checkIn == nil)
        #expect(test.ask(.admit("a")).replies == [.refused(.otherPage)])
        let outputs = test.settle(test(.answered(SessionID(100), RequestID(2), "a")))
        #expect(outputs.view(1)?.phase == .admitted && outputs.view(1)?.meeting == nil)
        #expect(outputs.replies == [.done] && outputs.dashboard?.status == .busy)
        #expect(
            test(.answered(SessionID(1), RequestID(3), "b")).replies == [.refused(.noSuchAppointment)],
            "clients answer nobody")
    }

    @Test("with a session end the pages that go by it, and no others")
    mutating func signsOut() {
        _ = test.attend(200)
        let outputs = test(.signedOut)
        #expect(outputs.first == .close(SessionID(100)) && outputs.count == 1)
        #expect(test.ask(.status(.away)).replies == [.refused(.noSuchAppointment)])
        #expect(test.ask(.status(.away), from: 200).replies == [.done])
    }

    @Test("a new name shows, and without the account nobody is left")
    mutating func account() {
        let outputs = test(.renamed("Robin Dale", title: ""))
        #expect(outputs.view(1)?.professionalName == "Robin Dale")
        #expect(
            test(.closed)
                == [.close(SessionID(1)), .close(SessionID(2)), .close(SessionID(100)), .emptied])
    }

    @Test("notes are stored, and shown to the professional alone")
    mutating func notes() {
        let outputs = test.ask(.notes("a", "Likes tea"))
        #expect(outputs.replies == [.done] && outputs.row("a")?.notes == "Likes tea")
        #expect(outputs.view(1) == nil && outputs.view(2) == nil)
    }

    @Test("nothing can be asked of appointments that are another's, too early, too late or cancelled")
    mutating func refusals() {
        for event in [.admit("x"), .sendBack("x"), .finish("x"), .notes("x", "")] as [ProfessionalEvent] {
            #expect(test.ask(event).replies == [.refused(.noSuchAppointment)])
        }
        _ = test(.changed(PracticeTest.appointment("c", in: 60)))
        #expect(test.ask(.admit("c")).replies == [.refused(.tooEarly)])
        #expect(test.ask(.finish("c")).replies == [.refused(.tooEarly)])
        var cancelled = PracticeTest.appointment("d")
        cancelled.state = .cancelled
        _ = test(.changed(cancelled))
        #expect(test.ask(.admit("d")).replies == [.refused(.cancelled)])
        _ = test(.changed(PracticeTest.appointment("e", in: -13 * 60)))
        #expect(test.ask(.admit("e")).replies == [.refused(.tooLate)])
        #expect(test.ask(.finish("e")).replies == [.done], "what nobody came to can still be closed")
        #expect(
            test.ask(.admit("a"), from: 1).replies == [.refused(.noSuchAppointment)], "clients admit nobody")
    }

    @Test("numbers are those of the professional's own day")
    mutating func numbers() throws {
        // The clocks are 14 hours ahead: 2027-01-15T08:00:00Z is ten in the evening.
        let start = PracticeTest.start / 1000
        _ = test(.spans([OffsetSpan(start: start - 172_800, end: start + 172_800, offset: 14 * 3600)]))
        _ = test(.changed(PracticeTest.appointment("late", in: 119)))
        let numbers = try #require(test(.changed(PracticeTest.appointment("tomorrow", in: 120))).dashboard)
            .numbers
        #expect(numbers.today == 3 && numbers.upcoming == 2 && numbers.waiting == 2)
        #expect(test.ask(.finish("a")).dashboard?.numbers.finishedToday == 1)
    }

    @Test("what is over for a day is history, and what is far ahead is listed elsewhere")
    mutating func bounds() throws {
        _ = test(.changed(PracticeTest.appointment("old", in: -24 * 60 - 29)))
        _ = test(.changed(PracticeTest.appointment("next month", in: 30 * 24 * 60)))
        let rows = try #require(test.attend(101).dashboard).rows.map(\.id)
        #expect(rows == ["old", "a", "b"])
        test.wait(.seconds(61))
        #expect(test(.tick).dashboard?.rows.map(\.id) == ["a", "b"])
    }
}
