// SPDX-License-Identifier: Apache-2.0
import EngineKit
import RTP
import Testing

@testable import Forwarding

@Suite("Numbers that are rewritten")
struct RewritingTests {
    private func record(_ number: Int64, picture: UInt16 = 0) -> PacketRecord {
        var record = PacketRecord()
        record.number = number
        record.timestamp = UInt32(truncatingIfNeeded: number &* 3_000)
        record.facts.pictureID = picture & 0x7FFF
        record.facts.pictureIDBits = 15
        return record
    }

    @Test func `a loss stays a gap, and what is left out closes up`() {
        var rewriting = Rewriting()
        rewriting.next = 5
        rewriting.begin(record(100), clockRate: 90_000, timestamp: nil, now: .origin)
        #expect(rewriting.take(100) == 5)
        #expect(rewriting.take(101) == 6)
        #expect(rewriting.skip(102, 0, closesPictures: true) == nil)
        #expect(rewriting.take(103) == 7)
        // 104 is lost, 105 left out, 106 sent: one gap.
        #expect(rewriting.skip(105, 0, closesPictures: true) == nil)
        #expect(rewriting.take(106) == 9)
        // It comes late and finds its place.
        #expect(rewriting.take(104) == 8)
        #expect(rewriting.next == 10)
    }

    @Test func `packets of padding, which have no picture, leave picture ids alone`() {
        var rewriting = Rewriting()
        rewriting.begin(record(1, picture: 30_000), clockRate: 90_000, timestamp: nil, now: .origin)
        _ = rewriting.picture(record(1, picture: 30_000).facts, of: 1)
        let padding = rewriting.picture(FrameFacts(), of: 2)
        #expect(!padding.differs)
        rewriting.begin(record(900, picture: 77), clockRate: 90_000, timestamp: nil, now: .origin)
        let next = rewriting.picture(record(900, picture: 77).facts, of: 900)
        #expect(next.id == 30_001)
    }

    @Test func `numbers of our own never meet those of packets that come late`() {
        var rewriting = Rewriting()
        rewriting.begin(record(9), clockRate: 90_000, timestamp: nil, now: .origin)
        let first = rewriting.take(9)
        _ = rewriting.skip(10, 0, closesPictures: false)
        _ = rewriting.skip(12, 0, closesPictures: false)
        let own = rewriting.insert()
        let late = rewriting.take(11)
        let next = rewriting.take(13)
        #expect(Set([first, own, late, next]).count == 4)
        #expect(next == own + 1)
    }

    @Test(arguments: 0..<20)
    func `whatever is lost, late, left out or begun, no number is given twice`(seed: Int) {
        var luck = SeededRandomSource(seed: UInt64(seed))
        func chance(_ percent: Int) -> Bool { Int(luck.nextBytes(1)[0]) * 100 < percent * 256 }
        var rewriting = Rewriting()
        var given: Set<Int64> = []
        var number: Int64 = 1_000
        var began = false
        var held: [Int64] = []
        for _ in 0..<3_000 {
            number += 1
            if !began || chance(1) {
                number += Int64(luck.nextBytes(1)[0])
                rewriting.begin(record(number), clockRate: 90_000, timestamp: nil, now: .origin)
                held = []
                began = true
            }
            if chance(5) { continue }
            if chance(10) {
                held.append(number)
                continue
            }
            var batch = [number]
            if chance(30), !held.isEmpty { batch.append(held.removeFirst()) }
            for number in batch {
                let out =
                    number % 3 == 0
                    ? rewriting.skip(number, 0, closesPictures: false) : rewriting.take(number)
                if let out { #expect(given.insert(out).inserted) }
            }
            if chance(2) { #expect(given.insert(rewriting.insert()).inserted) }
        }
        // Nothing but what was lost or held back for good is missing.
        #expect(given.max()! - given.min()! < Int64(given.count) + 700)
    }

    @Test func `pictures that are left out close up, and late packets of others do not`() {
        var rewriting = Rewriting()
        rewriting.begin(record(0, picture: 50), clockRate: 90_000, timestamp: nil, now: .origin)
        func picture(_ number: Int64, _ id: UInt16) -> UInt16 {
            rewriting.picture(record(number, picture: id).facts, of: number).id
        }
        _ = rewriting.take(0)
        #expect(picture(0, 50) == 50)
        // Two packets of picture 51 are left out, 52 is sent, of which the first comes late.
        _ = rewriting.skip(1, 51, closesPictures: true)
        _ = rewriting.skip(2, 51, closesPictures: true)
        _ = rewriting.take(4)
        #expect(picture(4, 52) == 51)
        _ = rewriting.skip(5, 53, closesPictures: true)
        _ = rewriting.take(3)
        #expect(picture(3, 52) == 51)
        _ = rewriting.take(6)
        #expect(picture(6, 54) == 52)
    }

    @Test func `time goes on when another encoding begins`() {
        var rewriting = Rewriting()
        let start = Instant(nanoseconds: 1_000_000_000)
        rewriting.begin(record(0), clockRate: 90_000, timestamp: nil, now: start)
        _ = rewriting.take(0)
        let first = rewriting.timestamp(record(0), now: start)
        let later = start.advanced(by: .milliseconds(100))
        // Without a clock of the sender, by ours.
        rewriting.begin(record(70_000), clockRate: 90_000, timestamp: nil, now: later)
        let second = rewriting.timestamp(record(70_000), now: later)
        #expect(second &- first == 9_000)
        // With one, by that, but never backwards.
        rewriting.begin(record(9), clockRate: 90_000, timestamp: second &+ 3_000, now: later)
        let third = rewriting.timestamp(record(9), now: later)
        #expect(third &- second == 3_000)
        rewriting.begin(record(5), clockRate: 90_000, timestamp: third &- 500, now: later)
        #expect(Int32(bitPattern: rewriting.timestamp(record(5), now: later) &- third) > 0)
    }
}
