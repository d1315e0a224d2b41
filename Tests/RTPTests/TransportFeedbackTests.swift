// SPDX-License-Identifier: Apache-2.0
import RTP
import TestKit
import Testing

/// Feedback about packets from `base` on, written in as many packets as it takes.
private func feedback(_ arrivals: [Int64], base: UInt16 = 0, room: Int = 1200) -> [[UInt8]] {
    var packets: [[UInt8]] = []
    var start = 0
    while start < arrivals.count {
        guard arrivals[start] >= 0 else {
            start += 1
            continue
        }
        var count = 0
        let bytes = written(room: room) { writer in
            count = unsafe arrivals[start...].withUnsafeBufferPointer {
                unsafe writer.appendTransportFeedback(
                    sender: 1, media: 2, base: base &+ UInt16(truncatingIfNeeded: start),
                    feedbackCount: UInt8(truncatingIfNeeded: packets.count), arrivals: $0)
            }
        }
        guard count > 0 else { return packets }
        packets.append(bytes)
        start += count
    }
    return packets
}

private func statuses(_ bytes: [UInt8]) -> [TransportFeedback.Status]? {
    var statuses: [TransportFeedback.Status]?
    walk(bytes) { packet in
        guard var cursor = packet.statuses() else { return }
        var all: [TransportFeedback.Status] = []
        while let status = packet.next(&cursor) { all.append(status) }
        statuses = all
    }
    return statuses
}

@Suite("Transport-wide feedback")
struct TransportFeedbackTests {
    @Test("feedback of Chrome's: a run of small deltas")
    func chromeRun() throws {
        // These three from pion/rtcp's transport_layer_cc_test.go (MIT), captured from Chrome.
        let bytes = [UInt8](hex: "afcd0007 fa17fa17 193dd8bb 00040007 10636e01 20074c24 24100c0c 10000003")
        walk(bytes) { packet in
            let feedback = packet.transportFeedback
            #expect(feedback?.baseSequence == 4 && feedback?.statusCount == 7)
            #expect(feedback?.referenceTime == 1_074_030 && feedback?.feedbackCount == 1)
        }
        let read = try #require(statuses(bytes))
        #expect(read.map(\.sequence) == Array(4...10))
        let start = 1_074_030 * 256 as Int64
        #expect(read.compactMap(\.arrival).map { $0 - start } == [76, 112, 148, 164, 176, 188, 204])
    }

    @Test("feedback of Chrome's: one bit a packet, and two")
    func chromeVectors() throws {
        let one = try #require(
            statuses([UInt8](hex: "afcd0006 fa17fa17 193dd8bb 0001000e 10636d00 ba00100c 0c100003")))
        #expect(
            one.map { $0.arrival != nil } == [true, true, true, false, true]
                + Array(repeating: false, count: 9))
        let two = try #require(
            statuses([UInt8](hex: "afcd0007 fa17fa17 193dd8bb 01740006 45b15a40 40022004 1ffe1f9a d000d000")))
        let start = 4_567_386 * 256 as Int64
        #expect(two.compactMap(\.arrival).map { $0 - start } == [8190, 16280, 16488, 16488, 16696, 16696])
    }

    @Test("no prefix counts")
    func truncated() {
        let bytes = feedback((0..<40).map { $0 % 3 == 2 ? -1 : $0 * 3_000_000 })[0]
        for count in 5..<bytes.count / 4 {
            var cut = Array(bytes[..<(count * 4)])
            cut[3] = UInt8(count - 1)
            #expect(statuses(cut) == nil, "\(count)")
        }
    }

    @Test("a run of more packets than anybody sends is not walked through")
    func endless() {
        #expect(
            statuses([UInt8](hex: "8fcd0006 00000001 00000002 0000ffff 00000000 1fff1fff 1fff1fff")) == nil)
        let many = "8fcd0009 00000001 00000002 0000ffff 00000000" + String(repeating: "1fff", count: 10)
        #expect(statuses([UInt8](hex: many)) == nil)
        // Runs of nothing.
        #expect(statuses([UInt8](hex: "8fcd0005 00000001 00000002 00000001 00000000 20002000")) == nil)
    }

    @Test("what is written is read, whatever the pattern", arguments: 0..<400)
    func roundTrip(_ seed: Int) throws {
        var generator = SystemRandomNumberGenerator()
        var now = Int64.random(in: 0...1 << 50, using: &generator)
        let loss = [0, 0.02, 0.5, 0.98][seed % 4]
        let spread = [1_000_000, 40_000_000, 400_000_000, 9_000_000_000][seed / 4 % 4] as Int64
        let arrivals: [Int64] = (0..<Int.random(in: 1...600)).map { _ in
            now = max(
                0, now + Int64.random(in: (seed % 3 == 0 ? -spread / 4 : 0)...spread, using: &generator))
            return Double.random(in: 0..<1, using: &generator) < loss ? -1 : now
        }
        let base = UInt16.random(in: 0...65535, using: &generator)
        let packets = feedback(arrivals, base: base, room: [60, 200, 1200][seed % 3])
        var seen: [UInt16: Int64] = [:]
        for bytes in packets {
            #expect(bytes.count % 4 == 0)
            for status in try #require(statuses(bytes)) where status.arrival != nil {
                seen[status.sequence] = status.arrival
            }
        }
        for (index, arrival) in arrivals.enumerated() {
            let got = seen[base &+ UInt16(index)]
            guard arrival >= 0 else {
                #expect(got == nil)
                continue
            }
            // The reference time turns every 12 days.
            let turn: Int64 = 1 << 32
            let want = arrival / TransportFeedback.tick
            #expect(got.map { ($0 - want) & (turn - 1) } == 0)
        }
    }

    @Test("a minute of packets without loss costs little more than a byte each")
    func size() {
        let packets = feedback((0..<1000).map { $0 * 1_000_000 })
        #expect(packets.map(\.count).reduce(0, +) < 1100)
    }

    @Test("feedback about nothing that came is not written, and may begin with a loss")
    func nothing() throws {
        for (arrivals, written) in [([], 0), ([-1, -1], 0), ([-1, 5_000_000], 2)] as [([Int64], Int)] {
            var count = 0
            let bytes = RTPTests.written { writer in
                count = unsafe arrivals.withUnsafeBufferPointer {
                    unsafe writer.appendTransportFeedback(
                        sender: 1, media: 2, base: 0, feedbackCount: 0, arrivals: $0)
                }
            }
            #expect(count == written && bytes.isEmpty == (written == 0))
            guard written > 0 else { continue }
            #expect(try #require(statuses(bytes)).map(\.arrival) == [nil, 20])
        }
    }
}
