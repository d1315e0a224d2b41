// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import MediaPlans
internal import RTP

/// One track that somebody sends: up to three encodings of it, and everybody who is sent one of them.
struct Publication: ~Copyable {
    /// Encodings of one track at most.
    static let maxLayers = 4

    var id: PublicationID
    let connection: UInt32
    let room: UInt32
    let participant: UInt64
    let mid: ShortName
    let kind: MediaKind
    var traits = PublicationTraits()
    var codecs: ContiguousArray<CodecPlan>
    var map: ExtensionMap
    var isActive = true
    /// Nothing of it is taken: the host has muted it, or its owner says that it is off.
    var isMuted = false
    var hasStarted = false

    var loudness = Loudness()
    var silence = SilenceFilter()
    /// Which encodings its sender was told that anybody watches, a bit each, and when fewer were wanted.
    var toldEncodings: UInt8 = 0xFF
    var fewerSince: Instant?

    var log: PacketLog
    var layers: InlineArray<4, Encoding>
    var layerCount: Int
    /// ``layers`` from the smallest picture to the largest.
    var sizeOrder: InlineArray<4, UInt8> = [0, 1, 2, 3]
    /// The first of the slots that it fills, linked through ``Slot/next``.
    var subscribers = nobody
    var subscriberCount = 0
    /// Whether it has packets that its subscribers have not been told of.
    var isFresh = false
    /// Where the packets of this turn begin.
    var freshStart: UInt64 = 1

    init(
        _ id: PublicationID, connection: UInt32, room: UInt32, participant: UInt64, _ plan: TrackPlan,
        _ settings: ForwardingSettings
    ) {
        self.id = id
        self.connection = connection
        self.room = room
        self.participant = participant
        mid = plan.mid
        kind = plan.kind
        codecs = ContiguousArray(plan.codecs)
        map = ExtensionMap(plans: plan.extensions)
        let isVideo = plan.kind == .video
        log = PacketLog(
            capacity: isVideo ? 256 : 64, byteCapacity: isVideo ? 1 << 17 : 1 << 14,
            maximum: isVideo ? settings.maxLogBytes : 1 << 16, span: settings.logSpan)
        layers = InlineArray(repeating: Encoding())
        layerCount = min(max(plan.encodings.count, 1), Self.maxLayers)
        for index in 0..<layerCount where index < plan.encodings.count {
            layers[index].rid = plan.encodings[index].rid
        }
    }

    /// The place of an encoding in the order of their pictures' sizes, 0 for the smallest.
    @inline(__always)
    func rank(of layer: UInt8) -> UInt8 {
        guard layerCount > 1 else { return 0 }
        for place in 0..<layerCount where sizeOrder[place] == layer {
            return UInt8(truncatingIfNeeded: place)
        }
        return layer
    }

    deinit {
        for layer in 0..<Self.maxLayers { layers[layer].dependencies?.destroy() }
    }

    /// The codec of a payload type, and whether the type stands for repeats of it.
    @inline(__always)
    func codec(_ payloadType: UInt8) -> (index: Int, isRepeat: Bool)? {
        for index in codecs.indices {
            if codecs[index].payloadType == payloadType { return (index, false) }
            if codecs[index].rtxPayloadType == payloadType { return (index, true) }
        }
        return nil
    }
}

extension Publication {
    /// Packets of a frame differ by a byte or two, as encoders cut frames into equal parts. Those that came in this turn
    /// are padded to the longest of their frame, so that they leave in one call.
    mutating func evenOut() {
        guard kind == .video else { return }
        var first = freshStart
        while first < log.end, log.holds(first) {
            let layer = log[first].value.layer
            let timestamp = log[first].value.timestamp
            var longest = log[first].value.count
            var shortest = longest
            var end = first + 1
            while end < log.end, log[end].value.layer == layer && log[end].value.timestamp == timestamp {
                let count = log[end].value.count
                guard max(longest, count) - min(shortest, count) <= Self.mostPadding else { break }
                longest = max(longest, count)
                shortest = min(shortest, count)
                end += 1
            }
            if longest != shortest {
                for position in first..<end {
                    let record = log[position]
                    record.value.padding = UInt8(truncatingIfNeeded: longest - record.value.count)
                }
            }
            first = end
        }
    }

    /// Bytes by which a packet is padded at most.
    private static var mostPadding: UInt16 { 4 }
}

/// One encoding of a publication: one SSRC, and what came under it.
struct Encoding: BitwiseCopyable {
    /// 0 until the plan or a packet tells it.
    var ssrc: UInt32 = 0
    var rtxSSRC: UInt32 = 0
    var rid: ShortName?
    var isBound = false

    /// The greatest number so far, and how many packets and bytes came.
    var highest: Int64 = -1
    var packets: UInt64 = 0
    var octets: UInt64 = 0
    /// For receiver reports. RFC 3550 §A.3, §A.8.
    var firstNumber: Int64 = -1
    var reportedExpected: Int64 = 0
    var reportedPackets: Int64 = 0
    /// 16 times the mean deviation, in ticks of the media's clock.
    var jitter: UInt32 = 0
    var lastTimestamp: UInt32 = 0
    var lastArrival = Instant.origin
    /// The last sender report: the peer's time in NTP units, its RTP time, and when it came.
    var reportNTP: UInt64 = 0
    var reportTimestamp: UInt32 = 0
    var reportArrival = Instant.origin
    /// Of the last keyframe.
    var width: UInt16 = 0
    var height: UInt16 = 0
    var meter = LayerMeter()
    /// Where the first packet of the last keyframe is, and its timestamp.
    var keyframePosition: UInt64 = 0
    private var keyframeTimestamp: UInt32 = 0
    /// What its dependency descriptors have told; `nil` as long as none came.
    private(set) var dependencies: Place<DependencyTracker>?
    var keyframes = KeyframeThrottle()
    /// What of it is missing.
    var missing = NACKGenerator()
    var seen = SeenWindow()

    /// When it has something to ask of its sender; `nil` for nothing.
    var deadline: Instant? {
        guard ssrc != 0 else { return nil }
        guard let lost = missing.deadline else { return keyframes.deadline }
        return min(lost, keyframes.deadline ?? lost)
    }

    /// How its times and its sender's clock belong together; `nil` before the first report.
    var clock: MediaClock? {
        reportNTP == 0 ? nil : MediaClock(ntp: NTPTime(rawValue: reportNTP), timestamp: reportTimestamp)
    }

    /// How evenly packets come. RFC 3550 §A.8.
    @inline(__always)
    mutating func noteTransit(_ timestamp: UInt32, at now: Instant, clockRate: Int64) {
        guard highest >= 0 else { return }
        let elapsed = lastArrival.duration(to: now).nanoseconds / 1_000
        let ticks = UInt32(truncatingIfNeeded: elapsed &* clockRate / 1_000_000)
        let difference = Int32(bitPattern: ticks &- (timestamp &- lastTimestamp))
        jitter = jitter &+ difference.magnitude &- (jitter &+ 8) >> 4
    }

    /// What its sender is told of how it comes; `nil` as long as nothing has come.
    mutating func report(at now: Instant) -> ReportBlock? {
        guard ssrc != 0, highest >= 0 else { return nil }
        if firstNumber < 0 { firstNumber = highest }
        let expected = highest &- firstNumber &+ 1
        let lost = expected &- Int64(packets)
        let intervalExpected = expected &- reportedExpected
        let intervalLost = intervalExpected &- (Int64(packets) &- reportedPackets)
        reportedExpected = expected
        reportedPackets = Int64(packets)
        var block = ReportBlock(ssrc: ssrc)
        if intervalExpected > 0, intervalLost > 0 {
            block.fractionLost = UInt8(clamping: intervalLost &* 256 / intervalExpected)
        }
        block.cumulativeLost = Int32(clamping: lost)
        block.highestSequence = UInt32(truncatingIfNeeded: highest)
        block.jitter = jitter >> 4
        if reportNTP != 0 {
            block.lastReport = NTPTime(rawValue: reportNTP).middle
            block.delaySinceLastReport = NTPTime.units(
                ofNanoseconds: reportArrival.duration(to: now).nanoseconds)
        }
        return block
    }

    /// Notes where a keyframe begins: of H.264 that is where its parameters are, in front of the picture, which
    /// looks like the beginning of a keyframe, too.
    mutating func noteKeyframe(_ record: PacketRecord, at position: UInt64) {
        guard keyframePosition == 0 || record.timestamp != keyframeTimestamp else { return }
        keyframePosition = position
        keyframeTimestamp = record.timestamp
    }

    /// Lets a packet's dependency descriptor correct what its payload told.
    mutating func readDescriptor(_ value: UnsafeRawBufferPointer, _ facts: inout FrameFacts) {
        let tracker = dependencies ?? Place(DependencyTracker())
        dependencies = tracker
        _ = unsafe tracker.value.read(value, &facts)
    }

    /// Gives back what lies elsewhere.
    mutating func destroy() {
        dependencies?.destroy()
        dependencies = nil
    }

    /// Forgets the numbers of another SSRC.
    mutating func beginNumbers() {
        highest = -1
        firstNumber = -1
        (packets, reportedExpected, reportedPackets, jitter) = (0, 0, 0, 0)
        seen = SeenWindow()
        missing = NACKGenerator()
        destroy()
    }
}

/// Which of the newest 1,024 numbers of a stream have come, under their own SSRC or as repeats.
///
/// A number that came twice would be sent twice, and a receiver's cipher must never see a number with two contents.
struct SeenWindow: BitwiseCopyable {
    static let span: Int64 = 1_024
    private var bits = InlineArray<16, UInt64>(repeating: 0)
    private(set) var highest: Int64 = -1

    /// Notes a number.
    /// - Returns: Whether it is the first time, as far as is known.
    @inline(__always)
    mutating func insert(_ number: Int64) -> Bool {
        if number > highest {
            if highest < 0 || number &- highest >= Self.span {
                for word in 0..<16 { bits[word] = 0 }
            } else {
                var next = highest &+ 1
                while next < number {
                    let place = Int(next & (Self.span - 1))
                    bits[place >> 6] &= ~(1 << UInt64(place & 63))
                    next &+= 1
                }
            }
            highest = number
        } else {
            guard highest &- number < Self.span else { return false }
            let place = Int(number & (Self.span - 1))
            guard bits[place >> 6] & 1 << UInt64(place & 63) == 0 else { return false }
        }
        let place = Int(number & (Self.span - 1))
        bits[place >> 6] |= 1 << UInt64(place & 63)
        return true
    }
}

extension ExtensionMap {
    /// Of the extensions of a plan, those that are understood here.
    init(plans: [ExtensionPlan]) {
        self.init()
        for plan in plans {
            if let kind = ExtensionKind(uri: plan.uri) { insert(plan.id, kind) }
        }
    }
}
