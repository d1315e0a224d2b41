// SPDX-License-Identifier: Apache-2.0

/// The rate that explains the losses seen: the likeliest of a few candidates.
///
/// A path loses packets by itself with some probability, and whatever is sent above its capacity besides. Each
/// update asks which pair of capacity and inherent loss makes the last seconds' losses likeliest, among a few
/// candidates near the present one (the loss-based estimator that libwebrtc calls its second version). Random loss,
/// as on radio, so does not lower the rate as congestion does. Rates in bit/s, times in ms.
struct LossLimit: Sendable, BitwiseCopyable {
    private struct Observation: BitwiseCopyable {
        var packets: Double
        var lost: Double
        /// In kbit/s.
        var sendRate: Double
    }

    private struct Candidate: BitwiseCopyable {
        /// In kbit/s.
        var bandwidth: Double
        var inherentLoss: Double
    }

    private static let window = 20
    private static let shortest = 250.0
    private static let leastInherent = 0.001
    private static let ageing = 0.9
    private static let newtonStep = 0.75
    private static let steadfast = 1000.0
    /// Losses above this count against any bandwidth.
    private static let toleratedLoss = 0.05
    private static let preferenceLimit = 0.15
    private static let preferenceWidth = 0.002

    private var observations: InlineArray<20, Observation> = .init(
        repeating: Observation(packets: 0, lost: 0, sendRate: 0))
    private var count = 0
    private var packets = 0
    private var lost = 0
    private var bytes = 0
    private var firstSent: Double?
    private var lastSent = 0.0
    private var best: Candidate?
    private var reducedAt: Double?
    private var limitAfterReduction = Double.infinity

    init() {}

    /// The newest observations' loss, 0 to 1.
    private(set) var averageLoss = 0.0

    mutating func add(size: Int, isLost: Bool, sent: Double) {
        if firstSent == nil {
            firstSent = sent
            lastSent = sent
        }
        packets += 1
        if isLost { lost += 1 }
        bytes += size
        lastSent = max(lastSent, sent)
    }

    /// A packet that was reported lost arrived after all.
    mutating func found() { lost = max(lost - 1, 0) }

    /// Forgets what was lost: after an outage it says nothing about capacity.
    mutating func reset() { self = LossLimit() }

    /// The limit, or `nil` where losses say nothing yet.
    ///
    /// - Parameters:
    ///   - delayLimit: What delay allows: a candidate, and the limit of all others.
    ///   - received: What arrives; the limit is never below it.
    mutating func update(delayLimit: Double, received: Double?, floor: Double, at now: Double) -> Double? {
        let isNews = observe()
        let delay = delayLimit / 1000
        if isNews, count >= 3 { choose(delay: delay, received: received, at: now) }
        guard let best else { return nil }
        var limit = max(min(best.bandwidth, highest()) * 1000, floor)
        if let received { limit = max(limit, received) }
        return limit
    }

    /// Ends an observation that is long enough.
    private mutating func observe() -> Bool {
        guard let first = firstSent, lastSent - first >= Self.shortest, packets > 0 else { return false }
        let rate = Double(8 * bytes) / (lastSent - first)
        observations[count % Self.window] = Observation(
            packets: Double(packets), lost: Double(lost), sendRate: rate)
        count = count == 1000 ? 1000 - Self.window + 1 : count + 1
        packets = 0
        lost = 0
        bytes = 0
        firstSent = lastSent
        averageLoss = weightedLoss()
        return true
    }

    private mutating func choose(delay: Double, received: Double?, at now: Double) {
        let present = best ?? Candidate(bandwidth: delay, inherentLoss: 0.01)
        var chosen = present
        var highestValue = -Double.infinity
        for index in 0..<5 {
            var bandwidth: Double
            switch index {
            case 0: bandwidth = present.bandwidth
            case 1: bandwidth = present.bandwidth * 1.02
            case 2: bandwidth = present.bandwidth * 0.95
            case 3:
                guard let received else { continue }
                bandwidth = received / 1000
            default: bandwidth = delay
            }
            // Beyond what delay allows nothing can be learned from losses.
            bandwidth = min(bandwidth, max(delay, present.bandwidth))
            let inherent = refined(
                Candidate(bandwidth: bandwidth, inherentLoss: feasible(present.inherentLoss, bandwidth)))
            let candidate = Candidate(bandwidth: bandwidth, inherentLoss: inherent)
            let value = likelihood(candidate)
            if value > highestValue {
                highestValue = value
                chosen = candidate
            }
        }
        settle(chosen, before: present, at: now)
    }

    private mutating func settle(_ chosen: Candidate, before present: Candidate, at now: Double) {
        var chosen = chosen
        if chosen.bandwidth < present.bandwidth {
            reducedAt = now
            limitAfterReduction = chosen.bandwidth * 1.3
        } else if averageLoss > chosen.inherentLoss {
            // More is lost than the path loses by itself: no time to rise.
            chosen.bandwidth = present.bandwidth
        }
        if let reduced = reducedAt, now - reduced < Self.steadfast {
            chosen.bandwidth = min(chosen.bandwidth, max(limitAfterReduction, 10))
        }
        best = chosen
    }

    /// What the loss of the last seconds allows at most, in kbit/s.
    private func highest() -> Double {
        averageLoss > Self.toleratedLoss ? 75 / (averageLoss - Self.toleratedLoss) : .infinity
    }

    private func weightedLoss() -> Double {
        var packets = 0.0
        var lost = 0.0
        forEachObservation { observation, weight in
            packets += weight * observation.packets
            lost += weight * observation.lost
        }
        return packets == 0 ? 0 : lost / packets
    }

    /// One step of Newton's method towards the likeliest inherent loss of `candidate`.
    private func refined(_ candidate: Candidate) -> Double {
        var first = 0.0
        var second = 0.0
        forEachObservation { observation, weight in
            let p = probability(candidate, observation.sendRate)
            let arrived = observation.packets - observation.lost
            first += weight * (observation.lost / p - arrived / (1 - p))
            second -= weight * (observation.lost / (p * p) + arrived / ((1 - p) * (1 - p)))
        }
        guard second != 0 else { return candidate.inherentLoss }
        return feasible(candidate.inherentLoss - Self.newtonStep * first / second, candidate.bandwidth)
    }

    private func likelihood(_ candidate: Candidate) -> Double {
        // Between equals, the higher bandwidth: less so the more is lost.
        let over = Self.preferenceLimit - averageLoss
        let preference = over / (Self.preferenceWidth + over.magnitude)
        let bias =
            preference * (0.0002 * candidate.bandwidth + 0.02 * naturalLogarithm(1 + candidate.bandwidth))
        var value = 0.0
        forEachObservation { observation, weight in
            let p = probability(candidate, observation.sendRate)
            let arrived = observation.packets - observation.lost
            value += weight * (observation.lost * naturalLogarithm(p) + arrived * naturalLogarithm(1 - p))
            value += weight * bias * observation.packets
        }
        return value
    }

    /// That a packet sent at `rate` is lost.
    private func probability(_ candidate: Candidate, _ rate: Double) -> Double {
        var p = candidate.inherentLoss
        if rate > candidate.bandwidth { p += (1 - p) * (rate - candidate.bandwidth) / rate }
        return min(max(p, 0.000_001), 0.999_999)
    }

    private func feasible(_ loss: Double, _ bandwidth: Double) -> Double {
        min(max(loss, Self.leastInherent), min(Self.toleratedLoss + 75 / max(bandwidth, 1), 1))
    }

    @inline(__always)
    private func forEachObservation(_ body: (Observation, Double) -> Void) {
        var weight = 1.0
        var index = count - 1
        var left = min(count, Self.window)
        while left > 0 {
            body(observations[index % Self.window], weight)
            weight *= Self.ageing
            index -= 1
            left -= 1
        }
    }
}

/// The natural logarithm of a positive number, to some twelve digits: the standard library has none.
func naturalLogarithm(_ x: Double) -> Double {
    guard x > 0, x.isFinite else { return x == 0 ? -.infinity : .nan }
    var exponent = Double(x.exponent)
    var m = x.significand
    if m > 1.414_213_562_373_095 {
        m /= 2
        exponent += 1
    }
    // ln m = 2 artanh((m - 1) / (m + 1)), whose argument is below 0.172.
    let z = (m - 1) / (m + 1)
    let square = z * z
    var sum = 0.0
    var power = 17.0
    while power >= 1 {
        sum = sum * square + 1 / power
        power -= 2
    }
    return exponent * 0.693_147_180_559_945_3 + 2 * z * sum
}
