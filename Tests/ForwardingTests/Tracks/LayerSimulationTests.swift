// SPDX-License-Identifier: Apache-2.0
import EngineKit
import RTP
import Testing

@testable import Forwarding

/// A packet as the receiver gets it.
private struct Received {
    let sequence: Int64
    let timestamp: UInt32
    let pictureID: UInt16
    let tl0: UInt8
    let encoding: UInt8
    let frame: Int
    let place: Int
}

/// A sender with three encodings, a network that loses and reorders, and one receiver whose wishes change.
private struct Simulation {
    var dice: Dice
    var senders: [EncodingSender]
    var frames: [[SentFrame]] = [[], [], []]
    var switcher = LayerSwitcher()
    var rewriting = Rewriting()
    var received: [Received] = []
    /// Encoding, frame and packet of what never came, and of what came and was left out.
    var lost: Set<[Int]> = []
    var leftOut: Set<[Int]> = []
    var begins = 0
    private var highest = SIMD4<Int64>()

    init(seed: Int) {
        dice = Dice(seed: UInt64(seed))
        var senders: [EncodingSender] = []
        for encoding in 0..<3 as Range<UInt8> { senders.append(EncodingSender(encoding, &dice)) }
        self.senders = senders
        rewriting.next = Int64.random(in: 1...0x4000, using: &dice)
    }

    /// - Parameters:
    ///   - loss: Packets of a thousand that never arrive.
    ///   - disorder: Packets of a thousand that arrive some packets late.
    mutating func run(frames count: Int, loss: Int, disorder: Int) {
        var delayed: [(left: Int, record: PacketRecord, frame: Int, place: Int)] = []
        for tick in 0..<count {
            let milliseconds = Int64(tick) * 33
            let now = Instant(nanoseconds: (milliseconds + 1_000) * 1_000_000)
            if tick % 40 == 0 {
                let encoding = UInt8.random(in: 0...2, using: &dice)
                switcher.aim(
                    at: LayerTarget(encoding: encoding, temporal: UInt8.random(in: 0...2, using: &dice)))
            }
            // Keyframes come some time after they were asked for.
            if tick % 7 == 3, let awaited = switcher.awaitedEncoding { senders[Int(awaited)].wantsKey = true }
            for encoding in senders.indices {
                let frame = senders[encoding].frame(at: milliseconds, &dice)
                frames[encoding].append(frame)
                for (place, record) in frame.packets.enumerated() {
                    for index in delayed.indices { delayed[index].left -= 1 }
                    let chance = Int.random(in: 0..<1000, using: &dice)
                    if chance < loss {
                        lost.insert([encoding, frame.index, place])
                    } else if chance < loss + disorder {
                        delayed.append((Int.random(in: 1...9, using: &dice), record, frame.index, place))
                    } else {
                        arrive(record, frame.index, place, at: now)
                    }
                    for late in delayed where late.left <= 0 {
                        arrive(late.record, late.frame, late.place, at: now)
                    }
                    delayed.removeAll { $0.left <= 0 }
                }
            }
        }
    }

    /// What the forwarder does with a packet.
    private mutating func arrive(_ record: PacketRecord, _ frame: Int, _ place: Int, at now: Instant) {
        let before = switcher.encoding
        let isLate = record.number < highest[Int(record.layer)]
        highest[Int(record.layer)] = max(highest[Int(record.layer)], record.number)
        switch switcher.decide(record.layer, record.facts, isLate: isLate) {
        case .ignore: return
        case .leaveOut:
            leftOut.insert([Int(record.layer), frame, place])
            _ = rewriting.skip(record.number, record.facts.pictureID, closesPictures: true)
            return
        case .send: break
        case .begin:
            begins += 1
            rewriting.begin(record, clockRate: 90_000, timestamp: aligned(record, before), now: now)
        }
        guard let sequence = rewriting.take(record.number) else { return }
        let (id, tl0, _) = rewriting.picture(record.facts, of: record.number)
        received.append(
            Received(
                sequence: sequence, timestamp: rewriting.timestamp(record, now: now), pictureID: id, tl0: tl0,
                encoding: record.layer, frame: frame, place: place))
    }

    /// Both encodings have told what time it was on the sender's clock at its beginning.
    private func aligned(_ record: PacketRecord, _ before: UInt8) -> UInt32? {
        guard before < 3 else { return nil }
        let clocks = [before, record.layer].map {
            MediaClock(ntp: NTPTime(nanoseconds: 0), timestamp: senders[Int($0)].timestamp(at: 0))
        }
        return clocks[1].convert(record.timestamp, to: clocks[0], clockRate: 90_000)
            .map { rewriting.timestamp(of: $0) }
    }
}

@Suite("Layers that change over bad networks")
struct LayerSimulationTests {
    @Test("without losses the receiver misses nothing", arguments: 0..<12)
    func perfect(_ seed: Int) {
        var simulation = Simulation(seed: seed)
        simulation.run(frames: 400, loss: 0, disorder: 0)
        let received = simulation.received
        #expect(simulation.begins > 1 && received.count > 300)
        let breaks = zip(received, received.dropFirst()).filter { a, b in
            let isSame = a.encoding == b.encoding && a.frame == b.frame
            return b.sequence != a.sequence + 1 || (a.timestamp == b.timestamp) != isSame
                || (b.pictureID &- a.pictureID) & 0x7FFF != (isSame ? 0 : 1)
        }
        #expect(breaks.isEmpty)
        check(simulation, timing: true)
    }

    @Test(
        "with losses and late packets no number is used twice and nothing is sent that cannot be decoded",
        arguments: 0..<24)
    func bad(_ seed: Int) {
        var simulation = Simulation(seed: seed + 1_000)
        simulation.run(frames: 400, loss: seed % 4 * 15, disorder: seed / 4 % 3 * 20)
        check(simulation, timing: false)
    }

    private func check(_ simulation: Simulation, timing: Bool) {
        let received = simulation.received
        #expect(Set(received.map(\.sequence)).count == received.count)
        // A picture has one id, one time and one place, and another picture has others.
        let pictures = Dictionary(grouping: received) { [Int($0.encoding), $0.frame] }
        let torn = pictures.values.filter { packets in
            packets.contains { $0.pictureID != packets[0].pictureID || $0.timestamp != packets[0].timestamp }
        }
        #expect(torn.isEmpty)
        let order = received.reduce(into: [[Int]]()) { order, packet in
            let key = [Int(packet.encoding), packet.frame]
            if order.last != key { order.append(key) }
        }
        #expect(Set(pictures.values.map { $0[0].pictureID }).count == pictures.count)
        #expect(Set(pictures.values.map { $0[0].timestamp }).count == pictures.count)
        if timing { #expect(order.count == pictures.count) }
        #expect(pictures.keys.filter { !isDecodable($0, pictures, simulation) }.isEmpty)
    }

    /// Whether what a sent picture needs was sent, but for what was lost on the way to us.
    private func isDecodable(
        _ key: [Int], _ pictures: [[Int]: [Received]], _ simulation: Simulation
    ) -> Bool {
        simulation.frames[key[0]][key[1]].references.allSatisfy { reference in
            let needed = simulation.frames[key[0]][reference]
            return needed.packets.indices.contains { simulation.lost.contains([key[0], reference, $0]) }
                || pictures[[key[0], reference]] != nil
        }
    }
}
