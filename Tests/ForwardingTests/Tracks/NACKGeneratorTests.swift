// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Testing

@testable import Forwarding

private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

extension NACKGenerator {
    fileprivate mutating func due(_ now: Instant, roundTrip: Duration = .milliseconds(50)) -> [Int64] {
        var cursor = 0
        var due: [Int64] = []
        while let number = next(&cursor, at: now, roundTrip: roundTrip) { due.append(number) }
        return due
    }

    fileprivate mutating func receive(_ numbers: some Sequence<Int64>, _ now: Instant) {
        for number in numbers { _ = receive(number, at: now) }
    }
}

@Suite("Missing packets of a sender")
struct NACKGeneratorTests {
    @Test("what is overtaken by three others is asked for, and what is late")
    func first() {
        var generator = NACKGenerator()
        generator.receive([1, 2, 4, 5], at(0))
        #expect(generator.due(at(0)) == [])
        generator.receive([6], at(1))
        let overtaken = generator.due(at(1))
        #expect(overtaken == [3])
        generator.receive([8], at(2))
        let early = generator.due(at(11))
        let late = generator.due(at(12))
        #expect(early == [] && late == [7])
        #expect(generator.deadline == at(51))
    }

    @Test("what comes late or again is not asked for")
    func reordered() {
        var generator = NACKGenerator()
        generator.receive([10, 12, 11, 14, 13, 13], at(0))
        let due = generator.due(at(100))
        #expect(due == [] && generator.deadline == nil && !generator.isBroken)
    }

    @Test("every round trip it is asked for again, ten times at most, and then it is broken")
    func repeats() {
        var generator = NACKGenerator()
        generator.receive([1, 3], at(0))
        var times: [Int64] = []
        for millisecond in 0..<2_000 as Range<Int64> where !generator.due(at(millisecond)).isEmpty {
            times.append(millisecond)
        }
        #expect(times == (0..<10).map { 10 + $0 * 50 })
        #expect(generator.isBroken && generator.deadline == nil)
        generator.keyframe(at: 4)
        #expect(!generator.isBroken)
    }

    @Test("a keyframe ends the wish for what is older")
    func keyframe() {
        var generator = NACKGenerator()
        generator.receive([1, 4, 8], at(0))
        generator.keyframe(at: 4)
        let due = generator.due(at(20))
        #expect(due == [5, 6, 7])
    }

    @Test("long gaps and many losses are not asked for one by one")
    func gaps() {
        var generator = NACKGenerator()
        generator.receive([1, 1_000], at(0))
        #expect(generator.isBroken && generator.count == 0)
        generator.keyframe(at: 1_001)
        generator.receive([1_001, 1_200], at(0))
        #expect(generator.isBroken && generator.count == NACKGenerator.capacity)
    }

    @Test("whatever is lost and comes back, the list is what is missing", arguments: 0..<50)
    func model(_ seed: Int) {
        var random = Dice(seed: UInt64(seed))
        var generator = NACKGenerator()
        var missing: Set<Int64> = []
        var highest: Int64 = 0
        _ = generator.receive(0, at: at(0))
        for step in 1..<2_000 as Range<Int64> {
            let kind = random.next() % 10
            if kind < 6 || missing.count > 40 {
                highest += 1
                _ = generator.receive(highest, at: at(step))
            } else if kind < 8 {
                let gap = Int64(random.next() % 4) + 1
                for lost in 1...gap { missing.insert(highest + lost) }
                highest += gap + 1
                _ = generator.receive(highest, at: at(step))
            } else if let number = missing.randomElement(using: &random) {
                missing.remove(number)
                _ = generator.receive(number, at: at(step))
            }
            // Time stands still for the tries.
            if missing.count > 40 {
                generator.keyframe(at: highest)
                missing.removeAll()
            }
        }
        let due = generator.due(at(100_000))
        #expect(due == missing.sorted())
    }
}
