// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Appointments

@Suite("Time windows") struct TimeWindowTests {
    @Test("windows that touch do not overlap")
    func overlap() {
        let morning = TimeWindow(start: 0, end: 10)
        #expect(!morning.overlaps(TimeWindow(start: 10, end: 20)))
        #expect(morning.overlaps(TimeWindow(start: 9, end: 20)))
        #expect(morning.intersection(TimeWindow(start: 10, end: 20)).isEmpty)
    }

    @Test("windows that touch or overlap become one, in order, and empty ones go")
    func merge() {
        let windows = [(20, 30), (0, 5), (5, 8), (7, 7), (25, 40), (26, 27)].map {
            TimeWindow(start: $0.0, end: $0.1)
        }
        #expect(TimeWindow.merged(windows) == [TimeWindow(start: 0, end: 8), TimeWindow(start: 20, end: 40)])
        #expect(TimeWindow.merged([]) == [])
    }
}
