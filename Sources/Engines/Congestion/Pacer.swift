// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// Spreads what leaves over time, in runs rather than packets.
///
/// A leaky bucket that may run into debt: while there is none, a whole run may leave, and the debt drains at the
/// pacing rate. Media that comes in at its own pace so passes at once and whole, which is what segmentation offload
/// needs; only what exceeds the rate for long waits.
struct Pacer: Sendable, BitwiseCopyable {
    /// A debt drained within this lets the next run go.
    private static let tolerance = 0.005
    /// Nothing waits longer than this: the rate rises so far.
    private static let longestWait = 0.5
    private static let longestWaitForProbe = Duration.milliseconds(300)
    private static let shortestProbe = Duration.milliseconds(1)

    private var debt = 0.0
    private var rate = 0.0
    private var updatedAt: Instant?
    private var probe: ProbeCluster?
    private var probeBegan = Instant.origin
    private var probeStart: Instant?
    private var probeBytes = 0
    private var probePackets = 0
    private var lastSentAt: Instant?

    init() {}

    /// The probe that packets now leaving belong to, 0 for none.
    var cluster: UInt8 { probe?.id ?? 0 }

    mutating func begin(_ probe: ProbeCluster, at now: Instant) {
        self.probe = probe
        probeBegan = now
        probeStart = nil
        probeBytes = 0
        probePackets = 0
    }

    /// How many bytes of media may leave now: a caller ends the run it is in rather than cut it.
    ///
    /// - Parameters:
    ///   - rate: In bit/s: the pacing rate.
    ///   - waiting: Bytes of media that wait.
    mutating func allowance(rate: Int, waiting: Int, at now: Instant) -> Int {
        drain(at: now)
        self.rate = max(Double(rate), Double(8 * waiting) / Self.longestWait)
        if let probe { return probeRoom(probe, at: now) }
        let room = self.rate / 8 * Self.tolerance - debt
        // A debt that is paid lets a whole run go, whatever the rate.
        return room > 0 ? max(Int(min(room, 1e12)), 12_000) : 0
    }

    /// Takes what left.
    mutating func sent(bytes: Int, at now: Instant) {
        drain(at: now)
        debt = min(debt + Double(bytes), 1e12)
        lastSentAt = now
        guard let probe else { return }
        if probeStart == nil { probeStart = now }
        probeBytes += bytes
        probePackets += 1
        // What left in one turn has no rate.
        let lasted = (probeStart ?? now).duration(to: now) >= Self.shortestProbe
        if probeBytes >= probe.bytes, probePackets >= probe.packets, lasted {
            self.probe = nil
            // A probe is above the rate on purpose: media does not wait for it.
            debt = 0
        }
    }

    /// As much of the probe as is due, so that what there is to send leaves at its rate.
    private func probeRoom(_ probe: ProbeCluster, at now: Instant) -> Int {
        let elapsed = Double(now.nanoseconds - (probeStart ?? now).nanoseconds) / 1_000_000_000
        return max(Int(min(Double(probe.rate) / 8 * elapsed, 1e12)) + 1200 - probeBytes, 0)
    }

    /// Bytes of padding that are due now for the probe.
    mutating func padding(at now: Instant) -> Int {
        guard let probe else { return 0 }
        guard let start = probeStart else {
            // Whoever has nothing to pad with cannot probe.
            if probeBegan.duration(to: now) > Self.longestWaitForProbe { self.probe = nil }
            return 1200
        }
        let elapsed = Double(now.nanoseconds - start.nanoseconds) / 1_000_000_000
        // One whose time is long over measures nothing any more.
        guard elapsed < 0.2 else {
            self.probe = nil
            return 0
        }
        return max(Int(Double(probe.rate) / 8 * elapsed) + 1200 - probeBytes, 0)
    }

    /// When more may leave.
    func deadline(waiting: Int) -> Instant? {
        guard let updatedAt else { return nil }
        if let probe {
            guard let start = probeStart else {
                return Instant(nanoseconds: updatedAt.nanoseconds &+ 10_000_000)
            }
            let due = Double(probeBytes) * 8 / Double(max(probe.rate, 1)) * 1_000_000_000
            return Instant(nanoseconds: start.nanoseconds + Int64(due))
        }
        guard waiting > 0, rate > 0 else { return nil }
        let over = max(debt - rate / 8 * Self.tolerance, 0) * 8 / rate
        return Instant(nanoseconds: updatedAt.nanoseconds + Int64(min(over, 10) * 1_000_000_000) + 1_000_000)
    }

    private mutating func drain(at now: Instant) {
        // Most packets leave in turns with others.
        if updatedAt == now { return }
        if let before = updatedAt, before < now {
            debt = max(debt - rate / 8 * Double(now.nanoseconds - before.nanoseconds) / 1_000_000_000, 0)
        }
        updatedAt = now
    }
}
