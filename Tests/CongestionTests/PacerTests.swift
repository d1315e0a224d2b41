// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Testing

@testable import Congestion

@Suite("Pacing") struct PacerTests {
    private let start = Instant(nanoseconds: 1_000_000_000)
    private let probe = ProbeCluster(id: 7, rate: 3_000_000, bytes: 5625, packets: 5)

    private func after(_ milliseconds: Int) -> Instant { start.advanced(by: .milliseconds(milliseconds)) }

    @Test func `a frame that leaves in one turn does not end a probe, as it has no rate`() {
        var pacer = Pacer()
        pacer.begin(probe, at: start)
        #expect(pacer.allowance(rate: 1_000_000, waiting: 6000, at: start) > 0)
        for _ in 0..<6 { pacer.sent(bytes: 1000, at: start) }
        #expect(pacer.cluster == 7)
        #expect(pacer.allowance(rate: 1_000_000, waiting: 0, at: start) == 0)
        #expect(pacer.padding(at: start) == 0)
        // 6,000 bytes at 3 Mbit/s last 16 ms.
        #expect(pacer.deadline(waiting: 0) == after(16))
        #expect(pacer.padding(at: after(16)) >= 1200)
        pacer.sent(bytes: 1200, at: after(16))
        #expect(pacer.cluster == 0)
    }

    @Test func `what waits leaves at the rate of a probe`() {
        var pacer = Pacer()
        pacer.begin(probe, at: start)
        pacer.sent(bytes: 1200, at: start)
        #expect(pacer.allowance(rate: 1_000_000, waiting: 50_000, at: after(4)) == 1500)
        pacer.sent(bytes: 1500, at: after(4))
        #expect(pacer.allowance(rate: 1_000_000, waiting: 50_000, at: after(4)) == 0)
    }
}
