// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventLoops

@Suite("Memory goes back to the system")
struct TideTests {
    @Test("once, when three of four have gone and stay away")
    func ebb() {
        var mark = TideMark(worthwhile: 100)
        for count in 0...200 { #expect(mark.note(open: count) == false) }
        for count in (51...200).reversed() { #expect(mark.note(open: count) == false) }
        #expect(mark.note(open: 50) == true)
        for count in (0..<50).reversed() { #expect(mark.note(open: count) == false) }
        #expect(mark.settle() == true)
        // The next wave is like the first.
        for count in 0...120 { #expect(mark.note(open: count) == false) }
        #expect(mark.note(open: 30) == true)
        #expect(mark.settle() == true)
    }

    @Test("not when they come back in time, and not for a few")
    func noEbb() {
        var mark = TideMark(worthwhile: 100)
        #expect(mark.note(open: 99) == false)
        #expect(mark.note(open: 0) == false)
        #expect(mark.note(open: 100) == false)
        #expect(mark.note(open: 0) == true)
        #expect(mark.note(open: 100) == false)
        #expect(mark.settle() == false)
        #expect(mark.note(open: 0) == true, "they may go again")
    }
}
