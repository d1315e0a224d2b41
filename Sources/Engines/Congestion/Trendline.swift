// SPDX-License-Identifier: Apache-2.0

/// What the queue on the path is doing.
enum PathState: UInt8, Sendable, BitwiseCopyable {
    case normal
    /// It grows: more is sent than the path carries.
    case overused
    /// It drains.
    case underused
}

/// Tells from the trend of one-way delay whether a queue grows.
///
/// The slope of a line through the last twenty smoothed delays, against a threshold that follows the slopes seen
/// so that other traffic with its own control does not starve this one (draft-ietf-rmcat-gcc-02 §5.4; Carlucci et
/// al., "Analysis and design of the Google congestion control for WebRTC", 2016, §3). All times in ms.
struct Trendline: Sendable, BitwiseCopyable {
    private struct Point: BitwiseCopyable {
        var at: Double
        var delay: Double
    }

    private static let window = 20
    private static let smoothing = 0.9
    private static let gain = 4.0
    private static let gainUp = 0.0087
    private static let gainDown = 0.039
    /// A slope further beyond the threshold than this is an exception, and teaches nothing.
    private static let largestStep = 15.0
    /// Growth has to last this long before it counts.
    private static let sustained = 10.0

    private var points: InlineArray<20, Point> = .init(repeating: Point(at: 0, delay: 0))
    private var count = 0
    private var firstArrival: Double?
    private var accumulated = 0.0
    private var smoothed = 0.0
    private var trend = 0.0
    private var previousTrend = 0.0
    private var overusing: Double?
    private var overuses = 0
    private var adaptedAt: Double?
    private(set) var threshold = 12.5
    private(set) var state = PathState.normal

    init() {}

    mutating func add(_ difference: ArrivalGroups.Difference, arrival: Double) {
        let delta = difference.arrived - difference.sent
        let start = firstArrival ?? arrival
        firstArrival = start
        accumulated += delta
        smoothed = Self.smoothing * smoothed + (1 - Self.smoothing) * accumulated
        points[count % Self.window] = Point(at: arrival - start, delay: smoothed)
        // The count is bounded where the weight of the slope stops growing, three windows on.
        count = count == 1000 ? 1000 - Self.window + 1 : count + 1
        if count >= Self.window, let slope = slope() { trend = slope }
        detect(sent: difference.sent, at: arrival)
    }

    /// The least squares slope, or `nil` where all points are at one time.
    private func slope() -> Double? {
        var sumX = 0.0
        var sumY = 0.0
        for index in 0..<Self.window {
            sumX += points[index].at
            sumY += points[index].delay
        }
        let meanX = sumX / Double(Self.window)
        let meanY = sumY / Double(Self.window)
        var numerator = 0.0
        var denominator = 0.0
        for index in 0..<Self.window {
            let x = points[index].at - meanX
            numerator += x * (points[index].delay - meanY)
            denominator += x * x
        }
        return denominator == 0 ? nil : numerator / denominator
    }

    private mutating func detect(sent: Double, at now: Double) {
        guard count >= 2 else { return }
        let modified = Double(min(count, 60)) * trend * Self.gain
        if modified > threshold {
            var lasting = sent / 2
            if let before = overusing { lasting = before + sent }
            overusing = lasting
            overuses += 1
            if lasting > Self.sustained, overuses > 1, trend >= previousTrend {
                overusing = 0
                overuses = 0
                state = .overused
            }
        } else {
            overusing = nil
            overuses = 0
            state = modified < -threshold ? .underused : .normal
        }
        previousTrend = trend
        adapt(modified, at: now)
    }

    private mutating func adapt(_ modified: Double, at now: Double) {
        let before = adaptedAt ?? now
        adaptedAt = now
        let size = modified.magnitude
        guard size <= threshold + Self.largestStep else { return }
        let gain = size < threshold ? Self.gainDown : Self.gainUp
        threshold += gain * (size - threshold) * min(max(now - before, 0), 100)
        threshold = min(max(threshold, 6), 600)
    }
}
