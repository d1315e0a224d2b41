// SPDX-License-Identifier: Apache-2.0

/// The limits within which one connection's send rate moves. All rates in bit/s.
public struct CongestionSettings: Hashable, Sendable {
    /// What a connection starts with, before anything is known of its path.
    public var start: Int
    /// Below this nothing is ever throttled: audio has to fit.
    public var floor: Int
    /// Above this nothing is ever probed.
    public var ceiling: Int
    /// How many times the target the pacer lets out at once, so that a key frame does not queue here.
    public var pacingFactor: Double
    /// After this long without any feedback on what was sent, from the first packet on, the peer is taken for one
    /// that gives none and nothing is throttled.
    public var patience: Duration

    public init(
        start: Int = 1_000_000, floor: Int = 60_000, ceiling: Int = 60_000_000, pacingFactor: Double = 2.5,
        patience: Duration = .seconds(3)
    ) {
        self.start = start
        self.floor = floor
        self.ceiling = ceiling
        self.pacingFactor = pacingFactor
        self.patience = patience
    }
}

/// What a receiver tells a sender about the path between them, by what was negotiated.
public enum FeedbackKind: Hashable, Sendable {
    /// Arrival times per packet: transport-wide congestion control.
    case transportWide
    /// The receiver's own estimate (REMB), with the loss of its receiver reports.
    case receiverEstimate
    /// Receiver reports at most: nothing is throttled, as nothing is known.
    case none
}
