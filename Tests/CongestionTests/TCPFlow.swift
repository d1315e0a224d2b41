// SPDX-License-Identifier: Apache-2.0
import EngineKit
import TestKit

/// A TCP sender that always has more to send, with the window of Reno: slow start, one packet more each round trip, half
/// after a loss. RFC 5681.
struct TCPFlow {
    /// The flow number of its packets.
    let flow: Int
    var isRunning = true
    private(set) var arrivedBytes = 0
    private var window = 10.0
    private var threshold = 1e9
    private var next: UInt16 = 0
    private var inFlight = 0
    private var expected: UInt16 = 0
    private var acknowledgements: [(at: Instant, lost: Int)] = []
    private var halvedAt = Instant.origin
    private var lastHeard = Instant.origin

    init(flow: Int) { self.flow = flow }

    mutating func send(into link: inout VirtualLink<Simulation.Packet>, at now: Instant) {
        while let first = acknowledgements.first, first.at <= now {
            acknowledgements.removeFirst()
            lastHeard = now
            inFlight -= 1 + first.lost
            if first.lost > 0, halvedAt.duration(to: now) > .milliseconds(150) {
                threshold = max(window / 2, 2)
                window = threshold
                halvedAt = now
            } else {
                window += window < threshold ? 1 : 1 / window
            }
        }
        if inFlight > 0, lastHeard.duration(to: now) > .seconds(1) {
            // The retransmission timer: everything under way is lost.
            inFlight = 0
            threshold = max(window / 2, 2)
            window = 1
            lastHeard = now
        }
        while isRunning, Double(inFlight) < window {
            link.send(Simulation.Packet(flow: flow, number: next), size: 1500, at: now)
            next &+= 1
            inFlight += 1
        }
    }

    mutating func arrived(_ number: UInt16, at now: Instant) {
        arrivedBytes += 1500
        let lost = Int(number &- expected)
        expected = number &+ 1
        acknowledgements.append((now.advanced(by: .milliseconds(50)), lost < 1000 ? lost : 0))
    }
}
