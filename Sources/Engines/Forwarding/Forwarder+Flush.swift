// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import ICE
internal import MediaPlans
internal import RTP
internal import SRTP

extension Forwarder {
    /// Sends everything that there is to send: the end of the loop's turn, and what is due at ``deadline``.
    public mutating func flush<Sink: MediaSink & ~Copyable>(into sink: inout Sink, at now: Instant) {
        clock = now
        tick(at: now)
        sendAnswers(into: &sink)
        spread()
        swap(&waiting, &served)
        for index in served {
            guard let connection = connections[index] else { continue }
            connection.value.isWaiting = false
            serve(connection, into: &sink, at: now)
        }
        served.removeAll(keepingCapacity: true)
    }

    private mutating func sendAnswers<Sink: MediaSink & ~Copyable>(into sink: inout Sink) {
        guard !answerPlaces.isEmpty else { return }
        var start = 0
        for place in answerPlaces {
            let target = unsafe UnsafeMutableRawBufferPointer(
                start: sink.space(place.count), count: place.count)
            unsafe answers.withUnsafeBytes {
                unsafe target.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: $0[start..<start + place.count]))
            }
            sink.send(count: place.count, segment: place.count, to: place.path)
            start += place.count
        }
        answers.removeAll(keepingCapacity: true)
        answerPlaces.removeAll(keepingCapacity: true)
    }

    /// Tells everybody of the packets of this turn.
    private mutating func spread() {
        for index in fresh {
            guard let publication = publications[index] else { continue }
            publication.value.isFresh = false
            if settings.padsRuns { publication.value.evenOut() }
            var next = publication.value.subscribers
            while let slot = slots[next] {
                slot.value.isFresh = true
                wake(slot.value.connection)
                next = slot.value.next
            }
        }
        fresh.removeAll(keepingCapacity: true)
    }

    /// Puts a connection among those that have something to send.
    @inline(__always)
    mutating func wake(_ index: UInt32) {
        guard let connection = connections[index], !connection.value.isWaiting else { return }
        connection.value.isWaiting = true
        waiting.append(index)
    }

    /// Sends what waits for one connection, so that its keys and its path are used in one go.
    private mutating func serve<Sink: MediaSink & ~Copyable>(
        _ connection: Place<Connection<Ciphers>>, into sink: inout Sink, at now: Instant
    ) {
        guard let path = connection.value.path, let sealer = connection.value.sealer else {
            return
        }
        var run = RunBuilder(path)
        let turn = Turn(sealer, now: now)
        beginBudget(connection, at: now)
        // Sound never waits; what was lost is wanted sooner than what is new.
        drainSlots(of: .audio, connection, turn, &run, into: &sink)
        sendRepeats(connection, turn, &run, into: &sink)
        drainSlots(of: .video, connection, turn, &run, into: &sink)
        sendPadding(connection, turn, &run, into: &sink)
        sendControl(connection, turn, &run, into: &sink)
        run.finish(&sink)
        endBudget(connection, at: now)
    }

    @inline(__always)
    private mutating func drainSlots<Sink: MediaSink & ~Copyable>(
        of kind: MediaKind, _ connection: Place<Connection<Ciphers>>, _ turn: Turn<Ciphers>,
        _ run: inout RunBuilder, into sink: inout Sink
    ) {
        for place in connection.value.slots.indices {
            guard let slot = slots[connection.value.slots[place]], slot.value.isFresh, slot.value.kind == kind
            else { continue }
            slot.value.isFresh = false
            drain(slot, connection, turn, &run, into: &sink)
        }
    }

    /// Sends what a slot has not sent yet of what fills it.
    @inline(__always)
    private mutating func drain<Sink: MediaSink & ~Copyable>(
        _ slot: Place<Slot>, _ connection: Place<Connection<Ciphers>>,
        _ turn: Turn<Ciphers>, _ run: inout RunBuilder, into sink: inout Sink
    ) {
        guard let publication = publications[slot.value.publication] else { return }
        let end = publication.value.log.end
        guard !slot.value.wish.isPaused, !slot.value.isWithheld else {
            if slot.value.isWithheld { counters.count(shedding == .video ? .shed : .congested) }
            slot.value.cursor = end
            return
        }
        var cursor = slot.value.cursor
        if cursor < end && !publication.value.log.holds(cursor) {
            counters.count(.overtaken)
            cursor = publication.value.log.start
            // What is missing now no one can send again.
            slot.value.layers.restart()
        }
        let isPaced = slot.value.kind == .video
        while cursor < end {
            if isPaced, connection.value.budget <= 0 {
                slot.value.isFresh = true
                break
            }
            let record = publication.value.log[cursor]
            forward(record, cursor, slot, publication, connection, turn, &run, into: &sink)
            cursor &+= 1
        }
        slot.value.cursor = cursor
        if isPaced, let rank = slot.value.layers.awaitedEncoding { wantKeyframe(publication, rank: rank) }
    }
}

/// What all packets that a connection is sent in one turn have in common.
@safe struct Turn<Ciphers: SRTPCiphers> {
    let sealer: Place<SRTPSealer<Ciphers>>
    let now: Instant
    /// Of abs-send-time: 6.18 bits of seconds.
    let sendTime: UInt32
    /// Milliseconds, for what only needs differences.
    let milliseconds: UInt32

    init(_ sealer: Place<SRTPSealer<Ciphers>>, now: Instant) {
        self.sealer = sealer
        self.now = now
        let micros = now.nanoseconds / 1_000
        sendTime = UInt32(truncatingIfNeeded: (micros &<< 18) / 1_000_000) & 0xFF_FFFF
        milliseconds = UInt32(truncatingIfNeeded: micros / 1_000)
    }
}
