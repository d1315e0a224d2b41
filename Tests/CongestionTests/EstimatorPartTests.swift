// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Congestion

/// Values that libwebrtc's unit tests have, where what they test is described in draft-ietf-rmcat-gcc-02.
@Suite("Parts of the estimator")
struct EstimatorPartTests {
    /// Packets each 20 ms, whose arrivals are `stretch` times as far apart. trendline_estimator_unittest.cc
    private func state(stretch: Double) -> [PathState] {
        var trend = Trendline()
        var states: [PathState] = []
        for count in 1..<60 {
            let difference = ArrivalGroups.Difference(sent: 20, arrived: 20 * stretch, size: 0)
            trend.add(difference, arrival: Double(count) * 20 * stretch)
            states.append(trend.state)
        }
        return states
    }

    @Test("a queue that neither grows nor drains is normal")
    func normal() { #expect(state(stretch: 1).allSatisfy { $0 == .normal }) }

    @Test("arrivals further apart than departures are overuse, after a whole window")
    func overuse() {
        let states = state(stretch: 1.1)
        #expect(states[..<19].allSatisfy { $0 == .normal })
        #expect(states.last == .overused)
    }

    @Test("arrivals closer than departures are underuse")
    func underuse() { #expect(state(stretch: 0.85).last == .underused) }

    @Test("groups packets within 5 ms and compares whole groups")
    func groups() {
        var groups = ArrivalGroups()
        #expect(groups.add(sent: 0, arrival: 100, size: 1000, at: 200) == nil)
        #expect(groups.add(sent: 4, arrival: 104, size: 1000, at: 200) == nil)
        #expect(groups.add(sent: 20, arrival: 121, size: 500, at: 200) == nil)
        let difference = groups.add(sent: 40, arrival: 143, size: 500, at: 200)
        #expect(difference == ArrivalGroups.Difference(sent: 16, arrived: 17, size: -1500))
    }

    @Test("takes a burst that a busy link let go for one group")
    func burst() {
        var groups = ArrivalGroups()
        _ = groups.add(sent: 0, arrival: 100, size: 1000, at: 200)
        _ = groups.add(sent: 20, arrival: 150, size: 1000, at: 200)
        // Sent 20 ms apart, and there within 2 ms: no second group yet.
        #expect(groups.add(sent: 40, arrival: 152, size: 1000, at: 200) == nil)
        let difference = groups.add(sent: 60, arrival: 172, size: 1000, at: 200)
        #expect(difference == ArrivalGroups.Difference(sent: 40, arrived: 52, size: 1000))
    }

    @Test("a probe of four packets 10 ms apart measures 800 kbit/s")
    func probe() {
        // probe_bitrate_estimator_unittest.cc, OneCluster.
        var probes = ProbeEstimate()
        probes.begin(ProbeCluster(id: 1, rate: 800_000, bytes: 4000, packets: 4))
        var rate: Double?
        for packet in 0..<4 {
            let sent = Double(packet) * 10
            rate = probes.add(cluster: 1, size: 1000, sent: sent, arrival: sent + 10)
        }
        #expect(rate == 800_000)
    }

    @Test("a probe that arrives slower than it left measures 95 % of how it arrives")
    func saturated() {
        var probes = ProbeEstimate()
        probes.begin(ProbeCluster(id: 3, rate: 800_000, bytes: 4000, packets: 4))
        var rate: Double?
        for packet in 0..<4 {
            let sent = Double(packet) * 10
            rate = probes.add(cluster: 3, size: 1000, sent: sent, arrival: sent * 4)
        }
        #expect(rate == 190_000)
    }

    @Test("a probe that lost more than a fifth measures nothing")
    func lostProbe() {
        var probes = ProbeEstimate()
        probes.begin(ProbeCluster(id: 4, rate: 800_000, bytes: 5000, packets: 5))
        for packet in 0..<3 {
            let sent = Double(packet) * 10
            #expect(probes.add(cluster: 4, size: 1000, sent: sent, arrival: sent) == nil)
        }
        #expect(probes.add(cluster: 9, size: 1000, sent: 50, arrival: 50) == nil)
    }

    @Test("the mean of what arrives follows a steady rate")
    func receivedRate() throws {
        var received = ReceivedRate()
        for packet in 0..<200 { received.add(bytes: 1250, arrival: Double(packet) * 10) }
        #expect(try abs(#require(received.rate) - 1_000_000) < 20_000)
    }

    @Test("an overuse leaves 85 % of what arrives")
    func decrease() {
        var limit = DelayLimit(CongestionSettings(start: 2_000_000))
        limit.update(.overused, received: 1_000_000, roundTrip: 100, isSourceLimited: false, at: 1000)
        #expect(limit.rate == 850_000)
        #expect(!limit.mayDecrease(received: 1_000_000, roundTrip: 100, at: 1050))
        #expect(limit.mayDecrease(received: 1_000_000, roundTrip: 100, at: 1100))
        // Far less arrives than was thought: at once.
        #expect(limit.mayDecrease(received: 300_000, roundTrip: 100, at: 1010))
    }

    @Test("logarithms are right to nine digits")
    func logarithm() {
        #expect(naturalLogarithm(1) == 0)
        #expect(abs(naturalLogarithm(2.718_281_828_459_045) - 1) < 1e-9)
        #expect(abs(naturalLogarithm(0.000_001) + 13.815_510_557_964) < 1e-9)
        #expect(abs(naturalLogarithm(12345.678) - 9.421_061_321_3) < 1e-9)
    }
}
