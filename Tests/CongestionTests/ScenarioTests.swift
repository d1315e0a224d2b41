// SPDX-License-Identifier: Apache-2.0
import EngineKit
import TestKit
import Testing

@testable import Congestion

/// The capacities, times and flows of RFC 8867 §5, over a path of 50 ms each way whose queue holds 300 ms.
///
/// The first five seconds after each change are left out of the shares. The figures stand in docs/congestion.md.
@Suite("Scenarios of RFC 8867")
struct ScenarioTests {
    private static func simulation(
        capacity: Int, flows: Int, jitter: Int = 5, seed: UInt64 = 1
    ) -> Simulation {
        var conditions = VirtualLink<Simulation.Packet>.Conditions()
        conditions.jitter = .milliseconds(jitter)
        var simulation = Simulation(capacity: capacity, seed: seed, conditions)
        for _ in 0..<flows { simulation.flows.append(Flow()) }
        return simulation
    }

    @Test(
        "5.1: one flow uses a capacity that changes, and fills no queue for long", arguments: [0, 5, 30])
    func variableCapacity(jitter: Int) {
        var simulation = Self.simulation(capacity: 1_000_000, flows: 1, jitter: jitter)
        simulation.run(5)
        var shares: [Double] = [simulation.utilisation(of: 1_000_000, over: 35)]
        for capacity in [2_500_000, 600_000, 1_000_000] {
            simulation.forward.setCapacity(capacity, at: simulation.now)
            simulation.run(5)
            shares.append(simulation.utilisation(of: capacity, over: 15))
        }
        // Jitter as long as a group of packets looks like a queue to anybody.
        for share in shares { #expect(share >= (jitter < 30 ? 0.85 : 0.8)) }
        #expect(simulation.longestQueue < .seconds(1))
    }

    @Test("5.2: two flows share a capacity that changes", arguments: [1, 3])
    func variableCapacityForTwo(seed: UInt64) {
        var simulation = Self.simulation(capacity: 4_000_000, flows: 2, seed: seed)
        simulation.run(5)
        var shares: [Double] = [simulation.utilisation(of: 4_000_000, over: 20)]
        for capacity in [2_000_000, 3_500_000, 1_000_000, 2_000_000] {
            simulation.forward.setCapacity(capacity, at: simulation.now)
            simulation.run(5)
            shares.append(simulation.utilisation(of: capacity, over: 20))
        }
        let rates = simulation.rates(over: 30)
        #expect(shares.reduce(0, +) / 5 >= 0.85)
        #expect(simulation.longestQueue < .seconds(2))
        #expect(fairness(rates) > 0.8)
    }

    @Test("5.3: a congested way back costs little")
    func congestedFeedback() {
        var simulation = Self.simulation(capacity: 2_000_000, flows: 1)
        simulation.flows[0].backward.setCapacity(2_000_000, at: simulation.now)
        var others = OtherTraffic(rate: 1_900_000)
        var shares: [Double] = []
        func run(_ seconds: Double, of capacity: Int, forward: Int? = nil, backward: Int? = nil) {
            if let forward { simulation.forward.setCapacity(forward, at: simulation.now) }
            if let backward {
                simulation.flows[0].backward.setCapacity(backward, at: simulation.now)
                others.rate = backward * 98 / 100
            }
            simulation.run(4) { others.send(into: &$0.flows[0].backward, at: $0.now) }
            let before = simulation.flows[0].arrivedBytes
            simulation.run(seconds - 4) { others.send(into: &$0.flows[0].backward, at: $0.now) }
            let bits = 8 * (simulation.flows[0].arrivedBytes - before)
            shares.append(Double(bits) / (Double(capacity) * (seconds - 4)))
        }
        run(20, of: 2_000_000)
        run(15, of: 1_000_000, forward: 1_000_000)
        run(5, of: 1_000_000, backward: 800_000)
        run(20, of: 500_000, forward: 500_000)
        run(10, of: 2_000_000, forward: 2_000_000)
        run(30, of: 2_000_000, backward: 2_000_000)
        #expect(shares.reduce(0, +) / Double(shares.count) >= 0.85)
        #expect(simulation.longestQueue < .seconds(1))
    }

    @Test("5.4: three flows that come one after the other end with fair shares", arguments: [1, 3])
    func competing(seed: UInt64) {
        var simulation = Self.simulation(capacity: 3_500_000, flows: 1, seed: seed)
        simulation.run(20)
        simulation.flows.append(Flow())
        simulation.run(20)
        simulation.flows.append(Flow())
        simulation.run(20)
        let rates = simulation.rates(over: 60)
        #expect(rates.reduce(0, +) / 3_500_000 >= 0.75)
        #expect(fairness(rates) > 0.85)
    }

    @Test("5.5: flows of different round trips live beside each other")
    func roundTrips() {
        var simulation = Self.simulation(capacity: 4_000_000, flows: 0)
        simulation.forward.conditions.delay = .milliseconds(10)
        for delay in [10, 25, 50, 100, 150] {
            var flow = Flow()
            flow.further = .milliseconds(delay - 10)
            flow.backward.conditions.delay = .milliseconds(2 * delay - 10)
            simulation.flows.append(flow)
            simulation.run(10)
        }
        simulation.run(30)
        let rates = simulation.rates(over: 100)
        #expect(rates.reduce(0, +) / 4_000_000 >= 0.75)
        #expect(fairness(rates) > 0.7)
    }

    @Test("5.6: a long TCP flow leaves something over")
    func besideLongTCP() {
        var simulation = Self.simulation(capacity: 2_000_000, flows: 0)
        simulation.tcp = [TCPFlow(flow: 100)]
        simulation.run(5)
        simulation.flows = [Flow()]
        simulation.run(15)
        let rate = simulation.rates(over: 100)
        #expect(rate[0] > 150_000)
    }

    @Test("5.7: short TCP flows take only what they need")
    func besideShortTCP() {
        var simulation = Self.simulation(capacity: 2_000_000, flows: 2)
        simulation.run(10)
        let before = simulation.flows.map(\.arrivedBytes)
        for round in 0..<10 {
            simulation.tcp.append(TCPFlow(flow: 100 + round))
            simulation.run(2)
            simulation.tcp[round].isRunning = false
            simulation.run(8)
        }
        let rates = zip(simulation.flows, before).map { Double(8 * ($0.arrivedBytes - $1)) / 100 }
        #expect(rates.reduce(0, +) > 1_000_000)
    }

    @Test("5.8: a flow that paused gets its share again")
    func pause() {
        var simulation = Self.simulation(capacity: 3_500_000, flows: 3)
        simulation.run(40)
        simulation.flows[0].isPaused = true
        simulation.run(5)
        let two = simulation.rates(over: 15)
        simulation.flows[0].isPaused = false
        simulation.run(20)
        let three = simulation.rates(over: 40)
        #expect(two[1] + two[2] > 2_450_000)
        #expect(fairness(three) > 0.8)
    }
}

/// Jain's index: 1 for equal shares.
func fairness(_ rates: [Double]) -> Double {
    let sum = rates.reduce(0, +)
    return sum * sum / (Double(rates.count) * rates.reduce(0) { $0 + $1 * $1 })
}

/// Traffic of a steady rate that only takes room.
struct OtherTraffic {
    /// In bit/s.
    var rate: Int
    private var owed = 0.0

    init(rate: Int) { self.rate = rate }

    mutating func send(into link: inout VirtualLink<[UInt8]>, at now: Instant) {
        owed += Double(rate) / 8 / 1000
        while owed >= 1200 {
            owed -= 1200
            link.send([], size: 1200, at: now)
        }
    }
}
