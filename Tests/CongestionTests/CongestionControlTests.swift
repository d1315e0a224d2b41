// SPDX-License-Identifier: Apache-2.0
import EngineKit
import RTP
import TestKit
import Testing

@testable import Congestion

@Suite("Congestion control of a connection")
struct CongestionControlTests {
    private func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }

    @Test("throttles nothing where no feedback was agreed on")
    func none() {
        var control = CongestionControl(feedback: .none)
        for packet in 0..<1000 { _ = control.sent(size: 1200, at: at(Double(packet) / 1000)) }
        #expect(control.target == nil)
        #expect(control.allowance(waiting: 1_000_000, at: at(1)) == .max)
        #expect(control.deadline(waiting: 1_000_000) == nil)
    }

    @Test("throttles nothing where feedback was agreed on and never comes")
    func unanswered() {
        var control = CongestionControl(feedback: .transportWide)
        _ = control.sent(size: 1200, at: at(0))
        control.tick(at: at(1))
        #expect(control.target == 1_000_000)
        control.tick(at: at(3.5))
        #expect(control.target == nil)
        #expect(control.allowance(waiting: 1_000_000, at: at(4)) == .max)
    }

    @Test("follows the receiver's estimate, and lowers it while it loses")
    func receiverEstimate() {
        var control = CongestionControl(feedback: .receiverEstimate)
        #expect(control.target == nil)
        control.handle(fractionLost: 255, at: at(0))
        #expect(control.target == nil)
        control.handle(receiverEstimate: 1_000_000, at: at(1))
        #expect(control.target == 1_000_000)
        control.handle(fractionLost: 64, at: at(2))
        #expect(control.target == 875_000)
        control.handle(fractionLost: 0, at: at(3))
        #expect(control.target == 918_750)
        control.handle(receiverEstimate: 1, at: at(4))
        #expect(control.target == CongestionSettings().floor)
        control.handle(receiverEstimate: .max, at: at(5))
        #expect((control.target ?? 0) <= CongestionSettings().ceiling)
    }

    @Test("lets whole runs leave and spreads them by the pacing rate")
    func paces() {
        var pacer = Pacer()
        var sent = 0
        var turns = 0
        for millisecond in 0..<1000 {
            let now = at(Double(millisecond) / 1000)
            var budget = pacer.allowance(rate: 2_000_000, waiting: 100_000, at: now)
            guard budget > 0 else { continue }
            turns += 1
            while budget > 0 {
                pacer.sent(bytes: 1200, at: now)
                sent += 1200
                budget -= 1200
            }
        }
        // 100 kB are to be gone in half a second, which is less than the rate allows.
        #expect(abs(sent - 250_000) < 15_000)
        #expect(sent / turns >= 9_600)
    }

    @Test("a queue that gets too long is let out faster")
    func hurries() {
        var pacer = Pacer()
        _ = pacer.allowance(rate: 100_000, waiting: 0, at: at(0))
        pacer.sent(bytes: 20_000, at: at(0))
        let slow = pacer.deadline(waiting: 1) ?? at(0)
        _ = pacer.allowance(rate: 100_000, waiting: 100_000, at: at(0))
        let fast = pacer.deadline(waiting: 100_000) ?? at(0)
        #expect(slow > at(1))
        #expect(fast < at(0.2))
    }

    @Test("recovers within three seconds of an outage of five")
    func outage() {
        var simulation = Simulation(capacity: 2_000_000)
        simulation.flows = [Flow()]
        simulation.run(20)
        let before = simulation.flows[0].target
        simulation.forward.isUp = false
        simulation.run(5)
        #expect(simulation.flows[0].target < before / 5)
        simulation.forward.isUp = true
        simulation.run(3)
        #expect(simulation.flows[0].target > before * 7 / 10)
        #expect(simulation.longestQueue < .milliseconds(500))
    }

    @Test("random loss of up to 5 % costs little", arguments: [0.01, 0.02, 0.05])
    func randomLoss(rate: Double) {
        var simulation = Simulation(capacity: 2_000_000)
        simulation.flows = [Flow()]
        simulation.forward.conditions.loss = rate
        simulation.run(10)
        #expect(simulation.utilisation(of: 2_000_000, over: 50) > 0.8)
    }

    @Test("reordering and duplication cost little")
    func reordering() {
        var simulation = Simulation(capacity: 2_000_000)
        simulation.flows = [Flow()]
        simulation.forward.conditions.reordering = 0.05
        simulation.forward.conditions.duplication = 0.02
        simulation.run(10)
        #expect(simulation.utilisation(of: 2_000_000, over: 30) > 0.8)
    }

    @Test("finds a capacity far above the source's rate, as far as more is wanted, within three seconds")
    func probes() {
        var simulation = Simulation(capacity: 20_000_000)
        simulation.flows = [Flow(wanted: 6_000_000)]
        // The source sends its smallest layer and waits for room.
        simulation.flows[0].highest = 200_000
        simulation.run(3)
        #expect(simulation.flows[0].target > 5_000_000)
        let padding = simulation.flows[0].paddingBytes
        simulation.run(30)
        #expect(simulation.flows[0].target > 5_000_000)
        #expect(simulation.flows[0].paddingBytes < padding + 200_000)
    }

    @Test("feedback about packets that were never sent changes nothing")
    func invented() {
        var recorder = TransportFeedbackRecorder()
        for sequence: UInt16 in 100..<400 { recorder.received(sequence, at: at(Double(sequence) / 10)) }
        var control = CongestionControl(feedback: .transportWide)
        _ = control.sent(size: 1200, at: at(0))
        while true {
            var bytes = [UInt8](repeating: 0, count: 1200)
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe recorder.write(into: $0, sender: 1, media: 2)
            }
            guard count > 0 else { break }
            unsafe bytes.withUnsafeBytes {
                var cursor = RTCPCursor()
                let datagram = unsafe UnsafeRawBufferPointer(rebasing: $0[..<count])
                while let packet = unsafe cursor.next(in: datagram) { control.handle(packet, at: at(50)) }
            }
        }
        #expect(!control.estimate.isInformed)
        #expect(control.target == 1_000_000)
    }
}
