// SPDX-License-Identifier: Apache-2.0

/// The rate at which packets arrive, from their acknowledgements: a Bayesian mean of samples over 150 ms.
///
/// A sample that differs much from the mean counts little, so that a burst behind a stall does not look like
/// capacity. Rates in bit/s, times in ms.
struct ReceivedRate: Sendable, BitwiseCopyable {
    private static let firstWindow = 500.0
    private static let window = 150.0
    private static let uncertainty = 10.0

    private var sum = 0
    private var covered = 0.0
    private var last: Double?
    /// Of the mean in kbit/s, as the constants are meant for that.
    private var variance = 50.0
    private var mean: Double?

    init() {}

    /// The mean, or `nil` before half a second was seen.
    var rate: Double? {
        if let mean { mean * 1000 } else { nil }
    }

    mutating func add(bytes: Int, arrival: Double) {
        guard let sample = sample(adding: bytes, at: arrival) else { return }
        guard let before = mean else {
            mean = sample
            return
        }
        let deviation = Self.uncertainty * (before - sample).magnitude / max(before, 1)
        let sampleVariance = deviation * deviation
        let predicted = variance + 5
        mean = max((sampleVariance * before + predicted * sample) / (sampleVariance + predicted), 0)
        variance = sampleVariance * predicted / (sampleVariance + predicted)
    }

    /// The last sample counts less from here on: the rate may change at once.
    mutating func expectChange() { variance += 200 }

    private mutating func sample(adding bytes: Int, at now: Double) -> Double? {
        let window = mean == nil ? Self.firstWindow : Self.window
        if let before = last {
            let apart = now - before
            if apart < 0 {
                // Reordered, and the bytes count though the time does not; or the clock was set back.
                if apart < -1000 { last = now }
                sum += bytes
                return nil
            }
            covered += apart
            if apart > window {
                sum = 0
                covered = covered.truncatingRemainder(dividingBy: window)
            }
        }
        last = now
        var sample: Double?
        if covered >= window {
            sample = Double(8 * sum) / window
            covered -= window
            sum = 0
        }
        sum += bytes
        return sample
    }
}
