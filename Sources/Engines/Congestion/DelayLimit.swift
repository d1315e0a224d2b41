// SPDX-License-Identifier: Apache-2.0

/// The rate the path carries without a queue: additive and multiplicative increase, multiplicative decrease.
///
/// draft-ietf-rmcat-gcc-02 §5.5. Rates in bit/s, times in ms.
struct DelayLimit: Sendable, BitwiseCopyable {
    private enum Motion: UInt8 {
        case hold
        case increase
        case decrease
    }

    /// What a decrease leaves of the rate that arrived.
    static let decrease = 0.85
    /// Never above this many times what arrives: more is not known to fit.
    private static let aboveReceived = 1.5

    private(set) var rate: Double
    private let floor: Double
    private let ceiling: Double
    private var motion = Motion.hold
    /// Whether a decrease or a probe has set the rate; until then it is a guess.
    private(set) var isFound = false
    private var changedAt: Double?
    private var firstReceivedAt: Double?
    private var capacity = LinkCapacity()
    private var lastReceived = 0.0
    private(set) var decreasedAt: Double?

    init(_ settings: CongestionSettings) {
        rate = Double(settings.start)
        floor = Double(settings.floor)
        ceiling = Double(settings.ceiling)
    }

    /// Whether an overuse may lower the rate once more: a round trip after the last time, or sooner where much
    /// less arrives than was thought.
    func mayDecrease(received: Double, roundTrip: Double, at now: Double) -> Bool {
        guard let changed = changedAt else { return true }
        return now - changed >= min(max(roundTrip, 10), 200) || received < 0.5 * rate
    }

    mutating func set(_ rate: Double, at now: Double) {
        self.rate = bounded(rate)
        isFound = true
        changedAt = now
    }

    /// A probe measured what the path carries.
    mutating func probed(_ rate: Double, at now: Double) {
        capacity.probed(rate)
        set(rate, at: now)
    }

    /// - Parameter isSourceLimited: The source does not fill the rate, so that a rise would be a guess.
    mutating func update(
        _ state: PathState, received: Double?, roundTrip: Double, isSourceLimited: Bool, at now: Double
    ) {
        if let received { lastReceived = received }
        find(received: received, at: now)
        switch state {
        case .normal: if motion == .hold { begin(.increase, at: now) }
        case .overused: motion = .decrease
        case .underused: motion = .hold
        }
        guard isFound || state == .overused else { return }
        switch motion {
        case .hold: break
        case .increase: increase(roundTrip: roundTrip, isSourceLimited: isSourceLimited, at: now)
        case .decrease: lower(isSourceLimited: isSourceLimited, at: now)
        }
    }

    private mutating func begin(_ motion: Motion, at now: Double) {
        self.motion = motion
        changedAt = now
    }

    /// After five seconds what arrives is the rate, where nothing better said so.
    private mutating func find(received: Double?, at now: Double) {
        guard !isFound, let received else { return }
        guard let first = firstReceivedAt else {
            firstReceivedAt = now
            return
        }
        guard now - first > 5000 else { return }
        rate = bounded(max(received, rate))
        isFound = true
    }

    private mutating func increase(roundTrip: Double, isSourceLimited: Bool, at now: Double) {
        if lastReceived > capacity.upper { capacity.reset() }
        let limit = Self.aboveReceived * lastReceived + 10_000
        if rate < limit, !isSourceLimited {
            let period = min(max(now - (changedAt ?? now), 0), 1000) / 1000
            let step =
                capacity.isKnown
                ? nearCapacity(roundTrip: roundTrip) * period : max(rate * (power(1.08, period) - 1), 1000)
            rate = bounded(min(rate + step, limit))
        }
        changedAt = now
    }

    /// One packet per round trip and 100 ms, in bit/s per second. At least 4 kbit/s.
    private func nearCapacity(roundTrip: Double) -> Double {
        let frame = rate / 8 / 30
        let packets = (frame / 1200).rounded(.up)
        let packet = frame / max(packets, 1)
        return max(packet * 8 / ((roundTrip + 100) / 1000), 4000)
    }

    private mutating func lower(isSourceLimited: Bool, at now: Double) {
        var lowered = lastReceived * Self.decrease
        if lowered > rate, !isSourceLimited, capacity.isKnown { lowered = capacity.estimate * Self.decrease }
        if lastReceived < capacity.lower { capacity.reset() }
        if lowered < rate, lastReceived > 0 { rate = bounded(lowered) }
        isFound = true
        capacity.overused(lastReceived)
        motion = .hold
        changedAt = now
        decreasedAt = now
    }

    private func bounded(_ rate: Double) -> Double { min(max(rate, floor), ceiling) }

    /// `base` to the power of `exponent` between 0 and 1, near 1: three terms of the binomial series.
    private func power(_ base: Double, _ exponent: Double) -> Double {
        let x = base - 1
        let second = exponent * (exponent - 1) / 2
        return 1 + exponent * x + second * x * x + second * (exponent - 2) / 3 * x * x * x
    }
}

/// What arrived when the path was overused, as a mean with its deviation: near it the rate rises slowly.
struct LinkCapacity: Sendable, BitwiseCopyable {
    /// In kbit/s; negative for unknown.
    private var mean = -1.0
    /// Of a sample, over the mean.
    private var deviation = 0.4

    var isKnown: Bool { mean >= 0 }
    /// In bit/s.
    var estimate: Double { mean * 1000 }
    var upper: Double { isKnown ? (mean + 3 * spread) * 1000 : .infinity }
    var lower: Double { isKnown ? max(mean - 3 * spread, 0) * 1000 : 0 }

    private var spread: Double { (deviation * mean).squareRoot() }

    mutating func reset() { mean = -1 }
    mutating func overused(_ received: Double) { add(received, weight: 0.05) }
    mutating func probed(_ rate: Double) { add(rate, weight: 0.5) }

    private mutating func add(_ rate: Double, weight: Double) {
        let sample = rate / 1000
        mean = isKnown ? (1 - weight) * mean + weight * sample : sample
        let error = mean - sample
        deviation = (1 - weight) * deviation + weight * error * error / max(mean, 1)
        deviation = min(max(deviation, 0.4), 2.5)
    }
}
