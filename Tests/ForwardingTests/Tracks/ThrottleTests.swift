// SPDX-License-Identifier: Apache-2.0
import EngineKit
import RTP
import Testing

@testable import Forwarding

@Suite("Silence")
struct SilenceFilterTests {
    @Test("silence passes for a moment and then no more, until there is sound")
    func silence() {
        var filter = SilenceFilter()
        var passed = (0..<20).map { _ in filter.passes(level: 127, hasLevel: true) }
        #expect(passed.filter { $0 }.count == Int(SilenceFilter.grace) && passed[9] && !passed[10])
        passed = [60, 127].map { filter.passes(level: $0, hasLevel: true) }
        #expect(passed == [true, true])
        passed = (0..<50).map { _ in filter.passes(level: 127, hasLevel: false) }
        #expect(passed.allSatisfy { $0 })
    }
}

@Suite("Keyframe throttles")
struct KeyframeThrottleTests {
    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    @Test("however many want one, a source is asked once a second")
    func source() {
        var throttle = KeyframeThrottle()
        #expect(throttle.deadline == nil)
        var asked: [Int64] = []
        for now in stride(from: 0, to: 3_000, by: 10) as StrideTo<Int64> {
            throttle.want()
            if throttle.asks(at: at(now), height: 720) { asked.append(now) }
            if let last = asked.last, now == last + 150 { throttle.arrived() }
        }
        #expect(asked == [0, 1_000, 2_000])
        throttle.arrived()
        let after = throttle.asks(at: at(5_000), height: 720)
        #expect(!after)
    }

    @Test("what was asked for in vain is asked for again, soon")
    func unanswered() {
        var throttle = KeyframeThrottle()
        throttle.want()
        let asked = stride(from: 0, to: 1_500, by: 10).map { Int64($0) }
            .filter { throttle.asks(at: at($0), height: 720) }
        #expect(asked == [0, 400, 800, 1_200])
    }

    @Test("a receiver that wants one again and again is heard three times, then each three seconds")
    func receiver() {
        var allowance = KeyframeAllowance()
        let heard = stride(from: 0, to: 10_000, by: 100).filter { allowance.take(at: at(Int64($0))) }
        #expect(heard.count == 5 && Array(heard.prefix(3)) == [0, 100, 200])
        let later = (0..<4).map { _ in allowance.take(at: at(60_000)) }
        #expect(later == [true, true, true, false])
    }
}

@Suite("Media clocks")
struct MediaClockTests {
    @Test("moments of one stream are found in another by the sender's reports")
    func convert() {
        let second: Int64 = 1_000_000_000
        let a = MediaClock(ntp: .init(nanoseconds: 100 * second), timestamp: 1_000)
        let b = MediaClock(ntp: .init(nanoseconds: 102 * second), timestamp: 0xFFFF_FF00)
        // Three seconds on: one after the other report.
        let other = a.convert(1_000 + 270_000, to: b, clockRate: 90_000)
        #expect(other.map { Int32(bitPattern: $0 &- (0xFFFF_FF00 &+ 90_000)).magnitude <= 1 } == true)
        let back = other.flatMap { b.convert($0, to: a, clockRate: 90_000) }
        #expect(back.map { Int32(bitPattern: $0 &- 271_000).magnitude <= 2 } == true)
        let old = MediaClock(ntp: .init(nanoseconds: 0), timestamp: 0)
        #expect(a.convert(0, to: old, clockRate: 90_000) == nil)
    }
}
