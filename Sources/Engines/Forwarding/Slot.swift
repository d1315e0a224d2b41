// SPDX-License-Identifier: Apache-2.0
internal import Congestion
internal import EngineKit
internal import MediaPlans
internal import RTP

/// What was sent under one number of a slot, so that it can be sent again.
struct SentPacket: BitwiseCopyable {
    /// The lower half of the number that it was sent under.
    var sequence: UInt32 = 0
    /// The lower half of its position in the log of ``Slot/publication``.
    var position: UInt32 = 0
    var timestamp: UInt32 = 0
    var pictureID: UInt16 = 0
    var tl0: UInt8 = 0
    /// How often it was sent again.
    var repeats: UInt8 = 0
    var marker = false
    /// When it was sent last, in milliseconds.
    var sentAt: UInt32 = 0
    /// Which filling of the slot it is of: positions of another one mean nothing.
    var filling: UInt32 = 0
}

/// A media section of a receiver: one stream of packets under one SSRC, whatever fills it.
@safe struct Slot: ~Copyable {
    /// Packets that can be asked for again.
    static let historySize = 512
    /// ``sending`` of a slot that has sent nothing yet of what fills it.
    static let nothing: UInt8 = 255

    let connection: UInt32
    let mid: ShortName
    let kind: MediaKind
    let ssrc: UInt32
    var rtxSSRC: UInt32
    var codecs: [CodecPlan]
    var map: ExtensionMap
    var isActive: Bool

    /// What fills it: an index, and the neighbours in the list of its subscribers.
    var publication = nobody
    var next = nobody
    var previous = nobody
    var wish: SlotWish
    /// Counts what has filled it.
    var filling: UInt32 = 0
    /// What is read next of the publication's log.
    var cursor: UInt64 = 1
    /// Whether there are packets at or behind the cursor.
    var isFresh = false
    /// What its receiver's bandwidth and its tile allow; `nil` while nothing is known or nothing fits.
    var allocated: Layer?
    /// Nothing of it fits: it is not sent.
    var isWithheld = false
    /// Which part of the publication it sends.
    var layers = LayerSwitcher()
    /// Of which encoding its numbers are; ``LayerSwitcher/none`` before the first packet of what fills it.
    var sending = Slot.nothing
    /// How often its receiver's wishes for keyframes count.
    var keyframes = KeyframeAllowance()
    /// Under which of our payload types each codec of the publication leaves; 255 for none.
    var payloadTypes = SIMD8<UInt8>(repeating: 255)
    var rtxPayloadTypes = SIMD8<UInt8>(repeating: 255)

    /// What is written into its headers.
    var extensions = SlotExtensions()
    var rewriting = Rewriting()
    /// The next number of repeats.
    var rtxSequence: Int64
    var packets: UInt32 = 0
    var octets: UInt32 = 0
    var history: UnsafeMutablePointer<SentPacket>?
    /// What the receiver's reports say: the part lost of the last interval, in 256ths.
    var fractionLost: UInt8 = 0

    init(connection: UInt32, _ plan: SlotPlan, sequence: UInt16) {
        self.connection = connection
        mid = plan.mid
        kind = plan.kind
        ssrc = plan.ssrc
        rtxSSRC = plan.rtxSSRC ?? 0
        codecs = plan.codecs
        map = ExtensionMap(plans: plan.extensions)
        isActive = plan.isActive
        wish = SlotWish(mid: plan.mid, publication: nil)
        // Below 2^15, so that the other end cannot be wrong about the first wrap. RFC 3711 §3.3.1.
        rewriting.next = Int64(sequence & 0x3FFF) + 1
        rtxSequence = Int64(sequence >> 2) + 1
        chooseExtensions()
    }

    var clockRate: UInt32 { kind == .audio ? 48_000 : 90_000 }

    /// Bytes of the header of a packet in this slot.
    @inline(__always)
    func headerCount(_ record: PacketRecord) -> Int { RTPHeader.size &+ extensions.count(record) }

    /// Whether it has begun with what fills it.
    @inline(__always)
    var isRunning: Bool { sending != Self.nothing }

    /// What was sent under a number, if that is known.
    func sent(_ number: Int64) -> Place<SentPacket>? {
        guard let history = unsafe history, number >= 0 else { return nil }
        let place = unsafe history + Int(truncatingIfNeeded: number) & (Self.historySize &- 1)
        guard unsafe place.pointee.sequence == UInt32(truncatingIfNeeded: number),
            unsafe place.pointee.position != 0, unsafe place.pointee.filling == filling
        else { return nil }
        return unsafe Place(at: place)
    }

    /// Times that one packet is sent again at most.
    static let mostRepeats: UInt8 = 10

    /// What time it is now in the media that the receiver is sent.
    func timestamp(
        at now: Instant, _ publication: Place<Publication>, _ clockOffset: Int64?
    ) -> UInt32 {
        let layer = Int(sending & 3)
        let (reportNTP, reportTimestamp) = (
            publication.value.layers[layer].reportNTP, publication.value.layers[layer].reportTimestamp
        )
        let elapsed: Int64
        let timestamp: UInt32
        if let clockOffset, reportNTP != 0 {
            let told = NTPTime(rawValue: reportNTP).nanoseconds(since: NTPTime(rawValue: 0))
            elapsed = now.nanoseconds &- (told &+ clockOffset)
            timestamp = rewriting.timestamp(of: reportTimestamp)
        } else {
            let last = rewriting.last
            elapsed = last.at.duration(to: now).nanoseconds
            timestamp = last.timestamp
        }
        let bounded = min(max(elapsed / 1_000, -10_000_000_000), 10_000_000_000)
        return timestamp &+ UInt32(truncatingIfNeeded: bounded &* Int64(clockRate) / 1_000_000)
    }

    /// Notes what is sent, for when it is asked for again.
    @inline(__always)
    mutating func remember(_ packet: OutgoingPacket, _ position: UInt64, at milliseconds: UInt32) {
        guard let history = unsafe history else { return }
        let place = Int(truncatingIfNeeded: packet.number) & (Self.historySize &- 1)
        unsafe history[place] = SentPacket(
            sequence: UInt32(truncatingIfNeeded: packet.number),
            position: UInt32(truncatingIfNeeded: position),
            timestamp: packet.timestamp, pictureID: packet.pictureID, tl0: packet.tl0, repeats: 0,
            marker: packet.marker,
            sentAt: milliseconds, filling: filling)
    }

    deinit {
        unsafe history?.deallocate()
    }

    mutating func update(_ plan: SlotPlan) {
        let map = ExtensionMap(plans: plan.extensions)
        // A packet is sent again as it was or not at all: under other agreements it would be another one.
        if map != self.map || codecs != plan.codecs || rtxSSRC != plan.rtxSSRC ?? 0 { filling &+= 1 }
        codecs = plan.codecs
        self.map = map
        isActive = plan.isActive
        rtxSSRC = plan.rtxSSRC ?? 0
        chooseExtensions()
    }

    private mutating func chooseExtensions() {
        let repeats = codecs.contains { $0.feedback.contains(.nack) }
        extensions = SlotExtensions(map, repeatsInPlace: repeats && kind == .video && rtxSSRC == 0)
    }

    /// Sees to there being room to note what is sent.
    mutating func prepareHistory() {
        guard unsafe history == nil, kind == .video else { return }
        unsafe history = .allocate(capacity: Self.historySize)
        unsafe history?.initialize(repeating: SentPacket(), count: Self.historySize)
    }
}
