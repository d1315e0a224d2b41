// SPDX-License-Identifier: Apache-2.0
internal import Congestion
internal import EngineKit
internal import MediaPlans
internal import RTP
internal import SRTP

extension Forwarder {
    /// Takes an RTCP packet: what a sender says of its streams, and what a receiver says of ours.
    mutating func receiveControl(
        _ bytes: UnsafeRawBufferPointer, _ connection: Place<Connection<Ciphers>>,
        _ opener: Place<SRTPOpener<Ciphers>>, at now: Instant
    ) {
        guard bytes.count <= Self.scratchSize else { return counters.count(.oversized) }
        let count: Int
        do throws(SRTPFailure) {
            count = unsafe try opener.value.openControl(bytes, into: scratch)
        } catch {
            return self.count(error)
        }
        counters.controlIn &+= 1
        let datagram = unsafe UnsafeRawBufferPointer(start: scratch, count: count)
        var cursor = RTCPCursor()
        while let packet = unsafe cursor.next(in: datagram) {
            switch packet.kind {
            case .senderReport:
                note(packet, connection, at: now)
                noteReports(packet, connection, at: now)
            case .receiverReport: noteReports(packet, connection, at: now)
            case .genericNACK: noteLosses(packet, connection, at: now)
            case .pictureLoss:
                if let ssrc = packet.mediaSource { wantKeyframe(ssrc, connection, at: now) }
            case .fullIntraRequest:
                for index in 0..<packet.fullIntraCount {
                    guard let entry = packet.fullIntra(index) else { break }
                    wantKeyframe(entry.ssrc, connection, at: now)
                }
            case .transportFeedback, .bandwidthEstimate: noteFeedback(packet, connection, at: now)
            default: break
            }
        }
    }

    /// The sender's own clock beside its media's.
    private mutating func note(
        _ packet: RTCPPacket, _ connection: Place<Connection<Ciphers>>, at now: Instant
    ) {
        guard let report = packet.senderReport,
            let word = streams[StreamPlace.key(connection.value.id.index, report.ssrc)]
        else { return }
        let place = StreamPlace(word: word)
        guard !place.isRepeat, let publication = publications[place.publication] else { return }
        let layer = Int(place.layer)
        publication.value.layers[layer].reportNTP = report.ntp.rawValue
        publication.value.layers[layer].reportTimestamp = report.timestamp
        publication.value.layers[layer].reportArrival = now
        // The report that waited least on its way tells the difference of the clocks best; clocks drift, so an old
        // one counts for a little less with every report.
        let offset = now.nanoseconds &- report.ntp.nanoseconds(since: NTPTime(rawValue: 0))
        if let known = connection.value.clockOffset, abs(offset &- known) < 2_000_000_000 {
            connection.value.clockOffset = min(offset, known &+ 100_000)
        } else {
            connection.value.clockOffset = offset
        }
    }

    /// What a receiver says of the streams that it is sent.
    private mutating func noteReports(
        _ packet: RTCPPacket, _ connection: Place<Connection<Ciphers>>, at now: Instant
    ) {
        for index in 0..<packet.reportBlockCount {
            guard let block = packet.reportBlock(index), let slot = slot(block.ssrc, of: connection) else {
                continue
            }
            slot.value.fractionLost = block.fractionLost
            connection.value.congestion?.value.handle(fractionLost: block.fractionLost, at: now)
            let middle = NTPTime(nanoseconds: now.nanoseconds).middle
            if let trip = NTPTime.roundTrip(
                now: middle, lastReport: block.lastReport, delay: block.delaySinceLastReport)
            {
                let known = connection.value.roundTrip.nanoseconds
                connection.value.roundTrip = .nanoseconds((known &* 7 &+ trip) / 8)
            }
        }
    }

    /// The slot that a connection is sent under an SSRC.
    func slot(
        _ ssrc: UInt32, of connection: Place<Connection<Ciphers>>
    ) -> Place<Slot>? {
        for index in connection.value.slots {
            guard let slot = slots[index] else { continue }
            if slot.value.ssrc == ssrc { return slot }
        }
        return nil
    }

    /// A receiver cannot go on without a whole picture.
    private mutating func wantKeyframe(
        _ ssrc: UInt32, _ connection: Place<Connection<Ciphers>>, at now: Instant
    ) {
        guard let slot = slot(ssrc, of: connection), slot.value.kind == .video else { return }
        counters.keyframesWanted &+= 1
        guard let publication = publications[slot.value.publication], slot.value.isRunning else { return }
        let layer = Int(slot.value.sending & 3)
        // One that is under way to it answers the request.
        let position = publication.value.layers[layer].keyframePosition
        guard position < slot.value.cursor else { return }
        guard slot.value.keyframes.take(at: now) else { return counters.count(.throttled) }
        requestKeyframe(publication, layer)
    }

    /// Asks for a keyframe of the encoding at a place in the order of sizes, or of the next smaller one that is being
    /// sent.
    mutating func wantKeyframe(_ publication: Place<Publication>, rank: UInt8) {
        var place = min(Int(rank), publication.value.layerCount - 1)
        while place >= 0 {
            let layer = Int(publication.value.sizeOrder[place] & 3)
            let last = publication.value.layers[layer].lastArrival
            let isAlive = last != .origin && last.duration(to: clock) < .seconds(2)
            if isAlive || publication.value.layerCount == 1 { return requestKeyframe(publication, layer) }
            place -= 1
        }
    }

    /// Asks a sender for a keyframe as soon as that may be asked for again.
    mutating func requestKeyframe(_ publication: Place<Publication>, _ layer: Int) {
        guard layer < Publication.maxLayers, !publication.value.layers[layer].keyframes.isWanted else {
            return
        }
        publication.value.layers[layer].keyframes.want()
        guard let due = publication.value.layers[layer].deadline else { return }
        schedule(publication.value.connection, at: max(due, clock))
        if due <= clock { wake(publication.value.connection) }
    }

    /// Packets that a receiver misses.
    private mutating func noteLosses(
        _ packet: RTCPPacket, _ connection: Place<Connection<Ciphers>>, at now: Instant
    ) {
        guard let ssrc = packet.mediaSource else { return }
        for place in connection.value.slots.indices {
            let index = connection.value.slots[place]
            guard let slot = slots[index], slot.value.ssrc == ssrc else { continue }
            for pair in 0..<packet.nackCount {
                guard let lost = packet.nack(pair) else { break }
                var cursor = NACKPair.Cursor()
                while let sequence = lost.next(&cursor) {
                    counters.repeatsWanted &+= 1
                    wantRepeat(sequence, slot, index, connection, at: now)
                }
            }
            break
        }
    }

    private mutating func wantRepeat(
        _ sequence: UInt16, _ slot: Place<Slot>, _ index: UInt32,
        _ connection: Place<Connection<Ciphers>>, at now: Instant
    ) {
        let next = slot.value.rewriting.next
        let number = next &- 1 &- Int64(UInt16(truncatingIfNeeded: next &- 1 &- Int64(sequence)))
        guard let sent = slot.value.sent(number) else { return counters.count(.notHeld) }
        let milliseconds = UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000)
        let patience = max(connection.value.roundTrip.milliseconds, 10)
        guard sent.value.repeats < Slot.mostRepeats,
            sent.value.repeats == 0 || Int64(milliseconds &- sent.value.sentAt) >= patience,
            connection.value.repeats.count < Self.mostWaitingRepeats
        else { return counters.count(.throttled) }
        sent.value.repeats &+= 1
        sent.value.sentAt = milliseconds
        connection.value.repeats.append(RepeatRequest(slot: index, sequence: number))
        wake(connection.value.id.index)
    }

    /// Packets that are sent again to one connection in one turn at most.
    static var mostWaitingRepeats: Int { 256 }
}
