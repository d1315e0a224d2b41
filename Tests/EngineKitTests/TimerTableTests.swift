// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Testing

@Suite("Timer tables")
struct TimerTableTests {
    private enum Name: Hashable, Sendable { case ping, close }

    @Test("expires in order of time and then of arming")
    func order() {
        var timers = TimerTable<Name>()
        timers.arm(.close, at: Instant(nanoseconds: 5))
        timers.arm(.ping, at: Instant(nanoseconds: 5))
        #expect(timers.deadline == Instant(nanoseconds: 5))
        #expect(timers.popExpired(at: Instant(nanoseconds: 4)) == nil)
        #expect(timers.popExpired(at: Instant(nanoseconds: 5)) == .close)
        #expect(timers.popExpired(at: Instant(nanoseconds: 5)) == .ping)
        #expect(timers.popExpired(at: Instant(nanoseconds: 9)) == nil)
        #expect(timers.deadline == nil)
    }

    @Test("arming again moves the timer")
    func moves() {
        var timers = TimerTable<Name>()
        timers.arm(.ping, at: Instant(nanoseconds: 5))
        timers.arm(.ping, at: Instant(nanoseconds: 8))
        #expect(timers.popExpired(at: Instant(nanoseconds: 5)) == nil)
        #expect(timers.deadline == Instant(nanoseconds: 8))
    }
}

@Suite("Queues")
struct QueueTests {
    @Test("returns elements in order through many refills")
    func order() {
        var queue = Queue<Int>()
        var next = 0
        for round in 0..<500 {
            queue.append(round * 2)
            queue.append(round * 2 + 1)
            #expect(queue.popFirst() == next)
            next += 1
        }
        #expect(queue.count == 500)
        while let value = queue.popFirst() {
            #expect(value == next)
            next += 1
        }
        #expect(next == 1000)
    }
}

@Suite("Random text")
struct RandomSourceTests {
    @Test("uses every letter and nothing else, the same for the same seed")
    func text() {
        var random = SeededRandomSource(seed: 7)
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz")
        let text = random.nextText(2000, from: alphabet)
        #expect(Set(text) == Set(alphabet))
        var again = SeededRandomSource(seed: 7)
        #expect(again.nextText(2000, from: alphabet) == text)
    }
}
