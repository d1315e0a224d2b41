// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import RTP

/// How much the path to one receiver carries: Google congestion control, from transport-wide feedback.
///
/// Packets' arrival times are grouped (``ArrivalGroups``) and their trend says whether a queue grows
/// (``Trendline``), which moves the limit of delay (``DelayLimit``); losses move a second limit
/// (``LossLimit``), and probes measure what is above both (``ProbeEstimate``). The lowest counts.
/// draft-ietf-rmcat-gcc-02; docs/congestion.md.
public struct BandwidthEstimator: Sendable {
    private struct Arrival: BitwiseCopyable {
        var arrival: Double
        var sent: Double
        var size: Int
        var cluster: UInt8
    }

    /// More packets in one feedback than this are taken in parts.
    private static let mostAtOnce = 512
    private static let silence = 2000.0
    private static let longestDrain = 3000.0
    private static let toleratedQueue = 120.0
    private static let drainTime = 250.0

    private let settings: CongestionSettings
    /// Also for who wants to see what is under way.
    public private(set) var history = SendHistory()
    private var arrivals: ContiguousArray<Arrival> = []
    private var groups = ArrivalGroups()
    private var trend = Trendline()
    private var received = ReceivedRate()
    private var probes = ProbeEstimate()
    private var loss = LossLimit()
    private var queue = QueueDelay()
    private var delay: DelayLimit
    private(set) var source = SourceLimit()
    private var outage: Outage?
    private var roundTripMean = 200.0
    private var heardAt: Double?
    private var lossLimit: Double?
    private var probed: Double?

    private struct Outage: BitwiseCopyable {
        var rateBefore: Double
        var loweredAt: Double
    }

    /// What may be sent, in bit/s.
    public private(set) var target: Int
    /// Whether any feedback has come.
    public var isInformed: Bool { heardAt != nil }
    /// Whether a probe, a queue, losses or silence have said what the path carries.
    var isFound: Bool { isInformed && (delay.isFound || target < settings.start) }
    /// Set where feedback came back after an outage, to the rate before it, until it is taken.
    var rateBeforeOutage: Double?

    public init(_ settings: CongestionSettings = CongestionSettings()) {
        self.settings = settings
        delay = DelayLimit(settings)
        target = settings.start
        arrivals.reserveCapacity(Self.mostAtOnce)
    }

    /// The time a packet and its feedback take together.
    public var roundTrip: Duration { .microseconds(Int64(roundTripMean * 1000)) }
    /// Whether less is sent than may be.
    public var isSourceLimited: Bool { source.isLimited }
    /// Whether the queue on the path grows.
    var pathState: PathState { trend.state }
    /// The share of packets lost lately, 0 to 1.
    public var lossRate: Double { loss.averageLoss }
    /// What arrives, in bit/s; `nil` before half a second was seen.
    public var receivedRate: Int? {
        if let rate = received.rate { Int(rate) } else { nil }
    }

    /// Notes a packet that leaves now.
    /// - Parameter cluster: The probe it belongs to, 0 for none.
    /// - Returns: Its transport-wide sequence number.
    public mutating func sent(size: Int, cluster: UInt8 = 0, at now: Instant) -> UInt16 {
        source.sent(bytes: size, target: Double(target), at: now.ms)
        return history.append(size: size, cluster: cluster, at: now)
    }

    mutating func begin(_ probe: ProbeCluster) { probes.begin(probe) }

    /// Takes transport-wide feedback.
    /// - Returns: The rate that a probe measured, in bit/s.
    @discardableResult
    public mutating func handle(_ packet: RTCPPacket, at now: Instant) -> Int? {
        guard var cursor = packet.statuses() else { return nil }
        probed = nil
        var newest: Double?
        var news = 0
        while let status = packet.next(&cursor) {
            guard
                let sent = history.settle(status.sequence, isReceived: status.arrival != nil, at: now)
            else { continue }
            news += 1
            let at = sent.sentAt.ms
            guard let ticks = status.arrival else {
                loss.add(size: sent.size, isLost: true, sent: at)
                continue
            }
            newest = max(newest ?? at, at)
            if sent.wasLost { loss.found() } else { loss.add(size: sent.size, isLost: false, sent: at) }
            insert(
                Arrival(arrival: Double(ticks) / 4, sent: at, size: sent.size, cluster: sent.cluster))
            if arrivals.count == Self.mostAtOnce { takeArrivals(at: now.ms) }
        }
        guard news > 0 else { return nil }
        takeArrivals(at: now.ms)
        heard(newest: newest, at: now.ms)
        conclude(at: now.ms)
        if let probed { return Int(probed) } else { return nil }
    }

    /// Lowers the target while packets leave and no feedback comes.
    public mutating func tick(at now: Instant) {
        source.sent(bytes: 0, target: Double(target), at: now.ms)
        guard heardAt != nil, let oldest = history.oldestInFlight(at: now) else { return }
        let late = max(1000, 3 * roundTripMean + 200)
        guard now.ms - oldest.ms > late else { return }
        guard let before = outage else {
            outage = Outage(rateBefore: Double(target), loweredAt: now.ms)
            target = max(target * 7 / 10, settings.floor)
            return
        }
        guard now.ms - before.loweredAt >= 500 else { return }
        outage?.loweredAt = now.ms
        target = max(target * 7 / 10, settings.floor)
    }

    /// In order of arrival, as a receiver saw them; nearly sorted already.
    private mutating func insert(_ arrival: Arrival) {
        var place = arrivals.count
        arrivals.append(arrival)
        while place > 0, arrivals[place - 1].arrival > arrival.arrival {
            arrivals[place] = arrivals[place - 1]
            place -= 1
        }
        arrivals[place] = arrival
    }

    private mutating func takeArrivals(at now: Double) {
        if let heardAt, now - heardAt > Self.silence {
            groups = ArrivalGroups()
            trend = Trendline()
        }
        for index in 0..<arrivals.count {
            let packet = arrivals[index]
            received.add(bytes: packet.size, arrival: packet.arrival)
            queue.add(sent: packet.sent, arrival: packet.arrival)
            if let difference = groups.add(
                sent: packet.sent, arrival: packet.arrival, size: packet.size, at: now)
            {
                trend.add(difference, arrival: packet.arrival)
            }
            if packet.cluster != 0,
                let rate = probes.add(
                    cluster: packet.cluster, size: packet.size, sent: packet.sent, arrival: packet.arrival)
            {
                probed = rate
            }
        }
        arrivals.removeAll(keepingCapacity: true)
    }

    private mutating func heard(newest: Double?, at now: Double) {
        heardAt = now
        if let newest {
            let sample = max(now - newest, 0)
            roundTripMean = sample < roundTripMean ? sample : roundTripMean * 0.9 + sample * 0.1
        }
        guard let ended = outage else { return }
        outage = nil
        rateBeforeOutage = ended.rateBefore
        loss.reset()
        lossLimit = nil
        delay.set(Double(target), at: now)
    }

    private mutating func conclude(at now: Double) {
        let rate = received.rate
        if trend.state == .overused {
            received.expectChange()
            if let rate {
                if delay.mayDecrease(received: rate, roundTrip: roundTripMean, at: now) {
                    delay.update(
                        .overused, received: rate, roundTrip: roundTripMean,
                        isSourceLimited: source.isLimited, at: now)
                }
            } else if delay.mayDecrease(received: .infinity, roundTrip: 200, at: now) {
                // Nothing is known of what arrives yet: half of what was a guess.
                delay.set(delay.rate / 2, at: now)
            }
        } else if let probed {
            delay.probed(probed, at: now)
        } else {
            delay.update(
                trend.state, received: rate, roundTrip: roundTripMean, isSourceLimited: source.isLimited,
                at: now)
        }
        lossLimit = loss.update(
            delayLimit: delay.rate, received: rate, floor: Double(settings.floor), at: now)
        target = max(Int(min(delay.rate, lossLimit ?? .infinity) * draining(at: now)), settings.floor)
    }

    /// What is left of the target while a queue drains that an overuse has filled.
    ///
    /// The trend only sees that a queue grows. One that stays full after the rate fell to what the path carries would
    /// delay everything for long; other traffic may keep it full, though, so this ends after a while.
    private func draining(at now: Double) -> Double {
        guard let decreased = delay.decreasedAt, now - decreased < Self.longestDrain else { return 1 }
        let over = queue.now - Self.toleratedQueue
        return over <= 0 ? 1 : max(1 - over / Self.drainTime, 0.4)
    }
}

extension Instant {
    /// Milliseconds, as the estimator's formulas want them.
    var ms: Double { Double(nanoseconds) / 1_000_000 }
}
