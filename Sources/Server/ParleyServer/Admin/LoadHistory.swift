// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// How much went on at one moment: counts as of then, rates since the sample before.
struct LoadSample: Hashable, Sendable {
    /// Milliseconds since 1970.
    var at: Int64 = 0
    var rooms = 0
    /// Seats taken, those of lost participants included.
    var people = 0
    /// Signalling sessions.
    var sessions = 0
    /// TCP connections.
    var connections = 0
    /// Allocations of the relay.
    var relayed = 0
    /// The part of the machine's processors that the program used, 0 to 1.
    var processor = 0.0
    /// Bytes of memory that are the program's now.
    var memory = 0
    /// Bytes a second.
    var received = 0.0
    var sent = 0.0
}

/// What is read off the server to make a sample: totals that only grow, and counts.
struct LoadReading: Hashable, Sendable {
    /// Counts and the time; its rates mean nothing.
    var counts = LoadSample()
    /// Processor time of the whole process, in seconds.
    var processorTime = 0.0
    var received: UInt64 = 0
    var sent: UInt64 = 0
}

/// The samples of the last hour, and of the last day in larger steps.
///
/// Readings come every ``interval`` seconds, from any thread; what they make is bounded.
struct LoadSeries: Sendable {
    /// Seconds between two readings.
    static let interval = 5
    /// Fine samples in one coarse one, which so stands for two minutes.
    static let stepsPerCoarse = 24
    /// An hour.
    static let fineCount = 720
    /// A day.
    static let coarseCount = 720

    private(set) var fine: [LoadSample] = []
    private(set) var coarse: [LoadSample] = []
    /// What will be the next coarse sample.
    private var pending: [LoadSample] = []
    private var last: LoadReading?
    private let processors: Int

    /// - Parameter processors: Of the machine.
    init(processors: Int) { self.processors = max(processors, 1) }

    /// Takes the next reading. The first one only says where the totals begin.
    mutating func take(_ reading: LoadReading) {
        defer { last = reading }
        guard let last else { return }
        let passed = Double(reading.counts.at - last.counts.at) / 1000
        // The clock was set back, or not enough time has passed to say anything.
        guard passed > 0.001 else { return }
        var sample = reading.counts
        let used = (reading.processorTime - last.processorTime) / passed / Double(processors)
        sample.processor = min(max(used, 0), 1)
        sample.received = Self.rate(reading.received, last.received, passed)
        sample.sent = Self.rate(reading.sent, last.sent, passed)
        append(sample)
    }

    /// The samples after a time, in milliseconds since 1970.
    func samples(after time: Int64, ofDay: Bool) -> ArraySlice<LoadSample> {
        let all = ofDay ? coarse : fine
        return all[(all.firstIndex { $0.at > time } ?? all.endIndex)...]
    }

    private static func rate(_ now: UInt64, _ before: UInt64, _ passed: Double) -> Double {
        // A loop that ended takes its totals along.
        now > before ? Double(now - before) / passed : 0
    }

    private mutating func append(_ sample: LoadSample) {
        fine.append(sample)
        if fine.count > Self.fineCount { fine.removeFirst(fine.count - Self.fineCount) }
        pending.append(sample)
        guard pending.count == Self.stepsPerCoarse else { return }
        coarse.append(Self.summary(of: pending))
        if coarse.count > Self.coarseCount { coarse.removeFirst(coarse.count - Self.coarseCount) }
        pending = []
    }

    /// The most that were there, and the mean of the rates.
    private static func summary(of samples: [LoadSample]) -> LoadSample {
        func most(_ value: (LoadSample) -> Int) -> Int { samples.map(value).max() ?? 0 }
        func mean(_ value: (LoadSample) -> Double) -> Double {
            samples.reduce(0) { $0 + value($1) } / Double(max(samples.count, 1))
        }
        return LoadSample(
            at: samples.last?.at ?? 0, rooms: most(\.rooms), people: most(\.people),
            sessions: most(\.sessions), connections: most(\.connections), relayed: most(\.relayed),
            processor: mean(\.processor), memory: most(\.memory), received: mean(\.received),
            sent: mean(\.sent))
    }
}

/// The series that all loops read and housekeeping writes.
final class LoadHistory: Sendable {
    private let series: Mutex<LoadSeries>

    init(processors: Int) { series = Mutex(LoadSeries(processors: processors)) }

    func take(_ reading: LoadReading) { series.withLock { $0.take(reading) } }

    func samples(after time: Int64, ofDay: Bool) -> [LoadSample] {
        series.withLock { Array($0.samples(after: time, ofDay: ofDay)) }
    }
}
