// SPDX-License-Identifier: Apache-2.0
import Appointments
import EngineKit
import MeetingProtocol
import Rooms
import Testing

/// A dashboard holds what matters, however much somebody makes of the rest.
@Suite("Limits of the dashboard")
struct DashboardLimitTests {
    private func dashboard(_ outputs: [Practice.Output]) -> Dashboard? {
        for output in outputs.reversed() {
            if case .dashboard(_, let dashboard, _) = output { return dashboard }
        }
        return nil
    }

    @Test("somebody who waits is not hidden by appointments that were made and cancelled")
    func showsWhoWaits() throws {
        var cancelled = (0..<400).map { PracticeTest.appointment(AppointmentID("c\($0)"), in: -20) }
        for index in cancelled.indices { cancelled[index].state = .cancelled }
        var test = PracticeTest(cancelled + [PracticeTest.appointment("a")])
        _ = test.attend()
        _ = test.connect(1, to: "a")
        let shown = try #require(dashboard(test.checkIn(1)))
        #expect(shown.rows.contains { $0.id == "a" })
        #expect(shown.rows.count == 200)
    }

    @Test("texts have an end")
    func boundsTexts() throws {
        var wordy = (0..<200).map { PracticeTest.appointment(AppointmentID("w\($0)"), in: 5) }
        for index in wordy.indices { wordy[index].notes = String(repeating: "x", count: 8000) }
        var test = PracticeTest(wordy)
        let shown = try #require(dashboard(test.attend()))
        #expect(shown.rows.reduce(0) { $0 + $1.notes.utf8.count } <= 400_000)
        #expect(shown.rows.count >= 40)
    }

    @Test("a flood of changes is shown a few times a second, and the last of them in the end")
    func slowsDown() throws {
        var test = PracticeTest([PracticeTest.appointment("a")])
        _ = test.attend()
        var count = 0
        for _ in 0..<200 {
            count += dashboard(test.connect(1, to: "a")) == nil ? 0 : 1
            count += dashboard(test.leave(1)) == nil ? 0 : 1
        }
        #expect(count <= 20)
        _ = test.connect(2, to: "a")
        let due = try #require(test.practice.deadline)
        test.now = due
        let shown = try #require(dashboard(test(.tick)))
        #expect(shown.rows.first?.connected == true)
    }

    @Test("the call of an appointment that is cancelled, moved or has a new link is over")
    func endsCalls() {
        for change in 0..<3 {
            var admitted = PracticeTest.appointment("a")
            admitted.meeting = MeetingCode("abc-defg-hij")
            var test = PracticeTest([admitted])
            _ = test.attend()
            var changed = admitted
            switch change {
            case 0: changed.state = .cancelled
            case 1: changed.linkVersion += 1
            default: changed.meeting = nil
            }
            let isClosed = test(.changed(changed)).contains { output in
                if case .closeMeeting = output { true } else { false }
            }
            #expect(isClosed)
        }
    }

    @Test("an appointment in the year 9999 is as good as any other")
    func copesWithFarTimes() {
        var far = PracticeTest.appointment("a")
        far.time = TimeWindow(start: 253_402_300_799_000, end: 253_402_300_800_000)
        var test = PracticeTest([far])
        _ = test.attend()
        _ = test.connect(1, to: "a")
        #expect(test.practice.deadline != nil)
    }
}
