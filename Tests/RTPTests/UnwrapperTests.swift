// SPDX-License-Identifier: Apache-2.0
import RTP
import Testing

@Suite("Unwrapped numbers")
struct UnwrapperTests {
    @Test("numbers go on where the wire begins again, in both directions")
    func wrap() {
        var unwrapper = SequenceUnwrapper()
        let first = unwrapper.unwrap(65534)
        let later = [65535, 0, 1, 65535].map { unwrapper.unwrap($0) - first }
        #expect(later == [1, 2, 3, 1])
        #expect(unwrapper.highest == first + 3)
        #expect(unwrapper.peek(2) == first + 4)
        #expect(unwrapper.highest == first + 3)
    }

    @Test("what came before the first is positive")
    func before() {
        var unwrapper = SequenceUnwrapper()
        let first = unwrapper.unwrap(0)
        let late = unwrapper.unwrap(65535)
        #expect(late == first - 1)
        #expect(first > 0x8000)
    }

    @Test("every width counts on", arguments: [7, 8, 15, 16, 32])
    func widths(_ bits: Int) {
        var unwrapper = Unwrapper(bits: bits)
        let mask: Int64 = (1 << Int64(bits)) - 1
        let start = mask - 5
        let origin = unwrapper.unwrap(UInt32(start))
        for step in 1...20 as ClosedRange<Int64> {
            let value = unwrapper.unwrap(UInt32((start + step) & mask))
            #expect(value == origin + step)
        }
        #expect(unwrapper.peek(UInt32((start + 10) & mask)) == origin + 10)
    }

    @Test("a random walk of less than half a turn is followed")
    func walk() {
        var generator = SystemRandomNumberGenerator()
        var unwrapper = SequenceUnwrapper()
        var truth: Int64 = 0x1_0000
        var highest = truth
        _ = unwrapper.unwrap(0)
        for _ in 0..<10_000 {
            truth = max(0x1_0000, highest + Int64.random(in: -20_000...20_000, using: &generator))
            let value = unwrapper.unwrap(UInt16(truncatingIfNeeded: truth))
            #expect(value == truth)
            highest = max(highest, truth)
        }
    }

    @Test("times of reports are told apart to less than a microsecond")
    func ntp() {
        let a = NTPTime(nanoseconds: 3_900_000_000_123_456_789)
        let b = NTPTime(nanoseconds: 3_900_000_001_987_654_321)
        #expect(abs(b.nanoseconds(since: a) - 1_864_197_532) < 1_000)
        #expect(abs(a.nanoseconds(since: b) + 1_864_197_532) < 1_000)
        #expect(NTPTime(rawValue: 0xB44D_B705_2000_0000).middle == 0xB705_2000)
    }

    @Test("the round trip of RFC 3550's example is 6.125 s")
    func roundTrip() {
        // RFC 3550 §6.4.1, figure 2.
        let round = NTPTime.roundTrip(now: 0xB710_8000, lastReport: 0xB705_2000, delay: 0x0005_4000)
        #expect(round == 6_125_000_000)
        #expect(NTPTime.roundTrip(now: 1, lastReport: 0, delay: 0) == nil)
        #expect(NTPTime.roundTrip(now: 0x1_0000, lastReport: 0x1_0000, delay: 1) == nil)
        #expect(NTPTime.units(ofNanoseconds: 5_250_000_000) == 0x0005_4000)
        #expect(NTPTime.units(ofNanoseconds: -1) == 0)
        #expect(NTPTime.units(ofNanoseconds: .max) == 0xFFFF_0000)
    }
}
