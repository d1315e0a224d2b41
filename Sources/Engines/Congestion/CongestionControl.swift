// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import RTP

/// Decides how much one connection sends: estimate, probes and pacing together.
///
/// At the end of each turn the owner asks ``allowance(waiting:at:)``, sends audio in any case and video up to it,
/// says what left (``sent(size:at:)``), and fills up with ``padding(at:)``. It hands over feedback as it comes and
/// calls ``tick(at:)`` at the ``deadline(waiting:)``.
public struct CongestionControl: Sendable {
    /// How often the clock is looked at where nothing else happens.
    private static let interval: Int64 = 100_000_000

    private let settings: CongestionSettings
    public let feedback: FeedbackKind
    private var estimator: BandwidthEstimator
    private var probes: ProbePlan
    private var pacer = Pacer()
    private var reports = ReportedLimit()
    private var firstSentAt: Instant?
    private var tickedAt: Instant?
    /// What all the media that the receiver wants would need, in bit/s: probes go no further.
    public var wanted = 0
    /// What is sent does not fit and cannot be lowered: video waits for as long as it takes, so that audio gets
    /// through.
    public var isTight = false

    public init(feedback: FeedbackKind, _ settings: CongestionSettings = CongestionSettings()) {
        self.settings = settings
        self.feedback = feedback
        estimator = BandwidthEstimator(settings)
        probes = ProbePlan(ceiling: Double(settings.ceiling))
    }

    /// What may be sent, in bit/s, or `nil` where nothing is known and so nothing is throttled.
    public var target: Int? {
        switch feedback {
        case .none: nil
        case .receiverEstimate: reports.limit
        case .transportWide: isUnanswered ? nil : estimator.target
        }
    }

    /// Whether the target was found out; until then it is a guess, whatever feedback has come.
    public var isFound: Bool {
        switch feedback {
        case .none: false
        case .receiverEstimate: reports.limit != nil
        case .transportWide: estimator.isFound
        }
    }

    /// For figures and tests.
    public var estimate: BandwidthEstimator { estimator }

    /// Whether packets of this connection carry a transport-wide sequence number.
    public var numbersPackets: Bool { feedback == .transportWide }

    /// The peer agreed to give feedback and never gave any.
    private var isUnanswered: Bool {
        guard !estimator.isInformed, let first = firstSentAt, let now = tickedAt else { return false }
        return first.duration(to: now) > settings.patience
    }

    /// How many bytes of video may leave now; whoever is in a run ends it. Audio never waits.
    public mutating func allowance(waiting: Int, at now: Instant) -> Int {
        guard let target else { return .max }
        if isTight { return pacer.allowance(rate: target, waiting: 0, at: now) }
        return pacer.allowance(
            rate: Int(Double(target) * settings.pacingFactor), waiting: waiting, at: now)
    }

    /// Notes a packet that leaves now, audio and padding too.
    /// - Parameter size: Bytes above UDP.
    /// - Returns: Its transport-wide sequence number, for its header extension.
    public mutating func sent(size: Int, at now: Instant) -> UInt16 {
        if feedback == .none { return 0 }
        let cluster = pacer.cluster
        pacer.sent(bytes: size, at: now)
        guard feedback == .transportWide else { return 0 }
        if firstSentAt == nil {
            firstSentAt = now
            probes.start(at: Double(estimator.target), at: now.ms)
        }
        return estimator.sent(size: size, cluster: cluster, at: now)
    }

    /// Notes a packet that leaves now without a number, as its section agreed on none.
    public mutating func sentUnnumbered(size: Int, at now: Instant) { pacer.sent(bytes: size, at: now) }

    /// How many bytes of padding should leave now, so that a probe has its rate. Zero mostly.
    public mutating func padding(at now: Instant) -> Int { pacer.padding(at: now) }

    /// Takes transport-wide feedback.
    public mutating func handle(_ packet: RTCPPacket, at now: Instant) {
        guard feedback == .transportWide else { return }
        let measured = estimator.handle(packet, at: now)
        if let measured { probes.measured(Double(measured), at: now.ms) }
        if let before = estimator.rateBeforeOutage {
            estimator.rateBeforeOutage = nil
            probes.resumed(from: before)
        }
        startProbe(at: now)
    }

    /// Takes the receiver's own estimate (REMB), in bit/s.
    public mutating func handle(receiverEstimate: UInt64, at now: Instant) {
        reports.estimated(Int(clamping: receiverEstimate), settings: settings, at: now)
    }

    /// Takes the loss of a receiver report, in 256ths.
    public mutating func handle(fractionLost: UInt8, at now: Instant) {
        reports.reported(fractionLost, settings: settings, at: now)
    }

    /// Looks at the clock.
    public mutating func tick(at now: Instant) {
        tickedAt = now
        guard feedback == .transportWide else { return }
        estimator.tick(at: now)
        startProbe(at: now)
    }

    /// When to call ``tick(at:)``, ``allowance(waiting:at:)`` and ``padding(at:)`` next; `nil` for never.
    public func deadline(waiting: Int) -> Instant? {
        guard feedback != .none else { return nil }
        let pacing = target == nil ? nil : pacer.deadline(waiting: waiting)
        guard feedback == .transportWide, firstSentAt != nil else { return pacing }
        let look = Instant(
            nanoseconds: (tickedAt ?? firstSentAt ?? .origin).nanoseconds &+ Self.interval)
        if let pacing { return min(pacing, look) } else { return look }
    }

    private mutating func startProbe(at now: Instant) {
        guard pacer.cluster == 0, target != nil, feedback == .transportWide else { return }
        let probe = probes.next(
            target: Double(estimator.target), wanted: Double(max(wanted, 0)),
            isSettled: estimator.pathState == .normal && estimator.isInformed, at: now.ms)
        guard let probe else { return }
        estimator.begin(probe)
        pacer.begin(probe, at: now)
    }
}

/// The limit that a receiver without transport-wide feedback tells: its own estimate, lowered while it loses.
///
/// Below 2 % of loss the limit rises by 5 % a second, above 10 % it falls by half of the loss
/// (draft-ietf-rmcat-gcc-02 §6). In bit/s.
struct ReportedLimit: Sendable, BitwiseCopyable {
    private var estimate: Int?
    private var byLoss: Double?
    private var risenAt: Instant?

    /// `nil` until an estimate came: a loss alone is a loss of something, not of capacity that anybody knows.
    var limit: Int? {
        guard let estimate else { return nil }
        guard let byLoss else { return estimate }
        return min(estimate, Int(byLoss))
    }

    mutating func estimated(_ rate: Int, settings: CongestionSettings, at now: Instant) {
        estimate = min(max(rate, settings.floor), settings.ceiling)
    }

    mutating func reported(_ fractionLost: UInt8, settings: CongestionSettings, at now: Instant) {
        guard let estimate else { return }
        let loss = Double(fractionLost) / 256
        let present = min(byLoss ?? Double(estimate), Double(estimate))
        if loss < 0.02 {
            if let risen = risenAt, risen.duration(to: now) < .seconds(1) { return }
            risenAt = now
            byLoss = min(present * 1.05, Double(estimate))
        } else if loss > 0.1 {
            byLoss = max(present * (1 - loss / 2), Double(settings.floor))
        }
    }
}
