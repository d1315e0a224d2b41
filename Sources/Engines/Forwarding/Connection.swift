// SPDX-License-Identifier: Apache-2.0
internal import Congestion
internal import EngineKit
internal import ICE
internal import MediaPlans
internal import RTP
internal import SRTP

/// One peer: how it is reached, its keys, what it sends and what it is sent.
@safe struct Connection<Ciphers: SRTPCiphers>: ~Copyable {
    var id: ConnectionID
    let options: ConnectionOptions
    var ice: ICELite
    /// ``ICELite/selected``, kept where it is read for each run.
    var path: MediaPath?
    /// Both exist once the handshake is over.
    var opener: Place<SRTPOpener<Ciphers>>?
    var sealer: Place<SRTPSealer<Ciphers>>?

    /// Indices of its publications and slots, in the order of the plan.
    var publications: ContiguousArray<UInt32> = []
    var slots: ContiguousArray<UInt32> = []
    /// What is sent again, once.
    var repeats: ContiguousArray<RepeatRequest> = []
    /// Nothing consents to being sent to any more, which the driver was told.
    var isLost = false
    /// Whether it is in the list of those that have something to send.
    var isWaiting = false
    /// Stands for the server where it reports on what it receives.
    let controlSSRC: UInt32
    var cname: [UInt8] = Array("parley".utf8)
    /// When its packets came, if it numbers them.
    var arrivals: Place<TransportFeedbackRecorder>?
    /// What it may be sent; `nil` where nothing is throttled.
    var congestion: Place<CongestionControl>?
    /// Bytes of video that may still leave in this turn.
    var budget = Int.max
    /// Bytes of video that had to wait at the end of the last turn, roughly.
    var backlog = 0
    /// Shares its bandwidth among its slots.
    var allocator = LayerAllocator()
    var nextAllocation = Instant.origin
    /// What was told of its bandwidth last, in bit/s.
    var toldEstimate = 0

    /// The difference between this peer's clock in its sender reports and ours, in nanoseconds: the least that
    /// was seen, which is the report that waited least on its way.
    var clockOffset: Int64?
    /// Half a second at first, as nothing is known.
    var roundTrip = Duration.milliseconds(100)
    var nextReport = Instant.origin
    var nextFeedback = Instant.origin
    /// The least of all that it wants to be looked at for.
    var due = Instant(nanoseconds: .max)

    init(_ id: ConnectionID, _ options: ConnectionOptions, _ ice: ICELite, controlSSRC: UInt32) {
        self.id = id
        self.options = options
        self.ice = ice
        self.controlSSRC = controlSSRC
    }

    deinit {
        opener?.destroy()
        sealer?.destroy()
        arrivals?.destroy()
        congestion?.destroy()
    }

    /// Takes keys, instead of those that it had.
    mutating func secure(_ keys: SRTPKeys, by ciphers: Ciphers) throws(SRTPKeyFailure) {
        let newOpener = try Place(SRTPOpener(keys.receiving, ciphers: ciphers))
        opener?.destroy()
        opener = newOpener
        let newSealer = try Place(SRTPSealer(keys.sending, ciphers: ciphers))
        sealer?.destroy()
        sealer = newSealer
    }
}

/// A packet that a receiver asks for again.
struct RepeatRequest: BitwiseCopyable {
    var slot: UInt32
    /// As it was sent, without end.
    var sequence: Int64
}

/// Where a connection hangs in the wheel of those that are to be looked at.
struct ConnectionTimer: WheelMember {
    var wheel = WheelLink()
}
