// SPDX-License-Identifier: Apache-2.0
internal import Congestion
internal import EngineKit
internal import MediaPlans
internal import RTP
internal import SRTP

extension Connection {
    /// Notes that a packet leaves.
    /// - Parameter isNumbered: Whether it carries the transport-wide number.
    /// - Returns: That number.
    @inline(__always)
    mutating func leaves(_ size: Int, isNumbered: Bool, at now: Instant) -> UInt16 {
        guard let congestion else { return 0 }
        budget &-= size
        if isNumbered { return congestion.value.sent(size: size, at: now) }
        congestion.value.sentUnnumbered(size: size, at: now)
        return 0
    }
}

// What a publisher is told of how its packets come.
extension Forwarder {
    /// Notes the transport-wide number of a genuine packet.
    @inline(__always)
    mutating func heard(_ sequence: UInt16, _ connection: Place<Connection<Ciphers>>, at now: Instant) {
        if connection.value.arrivals == nil { connection.value.arrivals = Place(TransportFeedbackRecorder()) }
        guard let arrivals = connection.value.arrivals else { return }
        arrivals.value.received(sequence, at: now)
        if let due = arrivals.value.deadline, due < connection.value.due {
            schedule(connection.value.id.index, at: due)
        }
    }

    /// Sends transport-wide feedback where it is due.
    mutating func sendFeedback<Sink: MediaSink & ~Copyable>(
        _ connection: Place<Connection<Ciphers>>, _ turn: Turn<Ciphers>, _ run: inout RunBuilder,
        into sink: inout Sink
    ) {
        guard let arrivals = connection.value.arrivals, let due = arrivals.value.deadline, due <= turn.now
        else { return }
        var media: UInt32 = 0
        if let index = connection.value.publications.first, let publication = publications[index] {
            media = publication.value.layers[0].ssrc
        }
        let room = unsafe UnsafeMutableRawBufferPointer(start: scratch, count: Self.controlSize)
        while true {
            let count = unsafe arrivals.value.write(
                into: room, sender: connection.value.controlSSRC, media: media)
            guard count > 0 else { return }
            sealControl(count, turn, &run, into: &sink)
        }
    }
}

// What a receiver may be sent.
extension Forwarder {
    /// Chooses how a receiver's bandwidth is found out, by what its sections agreed on.
    mutating func chooseFeedback(_ connection: Place<Connection<Ciphers>>) {
        var kind = FeedbackKind.none
        // Sound alone tells nothing of what pictures may have.
        var hasVideo = false
        for index in connection.value.slots {
            if let slot = slots[index], slot.value.isActive, slot.value.kind == .video { hasVideo = true }
        }
        for index in connection.value.slots {
            guard let slot = slots[index], slot.value.isActive, slot.value.kind == .video || !hasVideo
            else { continue }
            if slot.value.extensions.transportSequence != 0,
                slot.value.codecs.contains(where: { $0.feedback.contains(.transportCC) })
            {
                kind = .transportWide
                break
            }
            if slot.value.codecs.contains(where: { $0.feedback.contains(.maximumBitrate) }) {
                kind = .receiverEstimate
            }
        }
        guard kind != connection.value.congestion?.value.feedback ?? .none else { return }
        connection.value.congestion?.destroy()
        connection.value.congestion = kind == .none ? nil : Place(CongestionControl(feedback: kind))
        connection.value.budget = .max
    }

    /// Takes what a receiver says of the path to it.
    mutating func noteFeedback(
        _ packet: RTCPPacket, _ connection: Place<Connection<Ciphers>>, at now: Instant
    ) {
        guard let congestion = connection.value.congestion else { return }
        if let estimate = packet.bandwidthEstimate {
            congestion.value.handle(receiverEstimate: estimate.bitsPerSecond, at: now)
        } else {
            congestion.value.handle(packet, at: now)
        }
        tellEstimate(connection)
        // What fits no more is not sent any longer.
        if let target = congestion.value.target, target < connection.value.allocator.load {
            allocate(connection, at: now)
        }
    }

    /// Tells the driver what fits, when it has changed by a tenth.
    private mutating func tellEstimate(_ connection: Place<Connection<Ciphers>>) {
        guard let target = connection.value.congestion?.value.target else { return }
        let told = connection.value.toldEstimate
        guard abs(target - told) > told / 10 else { return }
        connection.value.toldEstimate = target
        outputs.append(.estimate(connection.value.id, bitsPerSecond: target))
    }

    /// Finds out how much may leave in this turn.
    @inline(__always)
    mutating func beginBudget(_ connection: Place<Connection<Ciphers>>, at now: Instant) {
        guard let congestion = connection.value.congestion else { return }
        connection.value.budget = congestion.value.allowance(waiting: connection.value.backlog, at: now)
    }

    /// Sees to what had to wait being sent later.
    @inline(__always)
    mutating func endBudget(_ connection: Place<Connection<Ciphers>>, at now: Instant) {
        guard let congestion = connection.value.congestion else { return }
        var packets = 0
        if connection.value.budget <= 0 {
            for index in connection.value.slots {
                guard let slot = slots[index], slot.value.isFresh, slot.value.kind == .video,
                    let publication = publications[slot.value.publication]
                else { continue }
                let cursor = slot.value.cursor
                if publication.value.log.holds(cursor),
                    publication.value.log[cursor].value.arrival.duration(to: now) > Self.longestWait
                {
                    // Nobody waits that long: on with the next whole picture.
                    counters.count(.congested)
                    begin(index)
                    continue
                }
                packets &+= Int(truncatingIfNeeded: publication.value.log.end &- cursor)
            }
        }
        connection.value.backlog = packets &* Self.usualSize
        if let due = congestion.value.deadline(waiting: connection.value.backlog) {
            schedule(connection.value.id.index, at: due)
        }
    }

    private static var usualSize: Int { 1_100 }
    /// Longer than the pacer lets media wait that fit.
    private static var longestWait: Duration { .milliseconds(800) }

    /// Sends packets again that were sent lately, where a probe needs more than there is of media.
    @inline(__always)
    mutating func sendPadding<Sink: MediaSink & ~Copyable>(
        _ connection: Place<Connection<Ciphers>>, _ turn: Turn<Ciphers>, _ run: inout RunBuilder,
        into sink: inout Sink
    ) {
        guard let congestion = connection.value.congestion else { return }
        let wanted = congestion.value.padding(at: turn.now)
        if wanted > 0 { sendPadding(wanted, connection, turn, &run, into: &sink) }
    }

    private mutating func sendPadding<Sink: MediaSink & ~Copyable>(
        _ wanted: Int, _ connection: Place<Connection<Ciphers>>, _ turn: Turn<Ciphers>,
        _ run: inout RunBuilder, into sink: inout Sink
    ) {
        var left = min(wanted, Self.mostPadding)
        for place in connection.value.slots.indices {
            guard let slot = slots[connection.value.slots[place]], slot.value.isRunning,
                slot.value.kind == .video, slot.value.rtxSSRC != 0,
                let publication = publications[slot.value.publication]
            else { continue }
            var number = slot.value.rewriting.next &- 1
            let oldest = number &- Self.paddingDepth
            while left > 0, number > oldest, let sent = slot.value.sent(number) {
                let end = publication.value.log.end
                let position = end &- UInt64(UInt32(truncatingIfNeeded: end) &- sent.value.position)
                guard publication.value.log.holds(position) else { break }
                let record = publication.value.log[position]
                sendRepeat(
                    number, sent.value, record, slot, publication, connection, turn, &run, into: &sink)
                counters.packetsOfPadding &+= 1
                left -= Int(record.value.count) + 64
                number &-= 1
            }
            if left <= 0 { return }
        }
    }

    /// Bytes of padding in one turn, and how far back packets are taken for it.
    private static var mostPadding: Int { 60_000 }
    private static var paddingDepth: Int64 { 64 }

    /// Looks at the clock for what is due of feedback, pacing and probes.
    mutating func visitCongestion(_ connection: Place<Connection<Ciphers>>, at now: Instant) {
        let index = connection.value.id.index
        if let due = connection.value.arrivals?.value.deadline, due <= now { wake(index) }
        guard let congestion = connection.value.congestion,
            let due = congestion.value.deadline(waiting: connection.value.backlog), due <= now
        else { return }
        congestion.value.tick(at: now)
        tellEstimate(connection)
        if connection.value.nextAllocation <= now { allocate(connection, at: now) }
        wake(index)
    }

    /// When ``visitCongestion(_:at:)`` has something to do again.
    func nextOfCongestion(_ connection: Place<Connection<Ciphers>>) -> Instant {
        var due = Instant(nanoseconds: .max)
        if let next = connection.value.arrivals?.value.deadline { due = min(due, next) }
        if let next = connection.value.congestion?.value.deadline(waiting: connection.value.backlog) {
            due = min(due, next)
        }
        return due
    }
}
