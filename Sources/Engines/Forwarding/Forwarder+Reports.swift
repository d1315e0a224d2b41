// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import MediaPlans
internal import RTP
internal import SRTP

extension Forwarder {
    /// How often reports are sent. RFC 3550 §6.2 allows a fixed interval where there are two members.
    static var reportInterval: Duration { .seconds(1) }

    /// Writes what is due of RTCP behind the media that leave for the same connection.
    mutating func sendControl<Sink: MediaSink & ~Copyable>(
        _ connection: Place<Connection<Ciphers>>, _ turn: Turn<Ciphers>, _ run: inout RunBuilder,
        into sink: inout Sink
    ) {
        let isDue = connection.value.nextReport <= turn.now
        var writer = unsafe RTCPWriter(
            into: UnsafeMutableRawBufferPointer(start: scratch, count: Self.controlSize))
        if isDue {
            connection.value.nextReport = turn.now.advanced(by: Self.reportInterval)
            writeSenderReports(connection, turn, &writer, &run, into: &sink)
        }
        writeReceiverPart(connection, turn, isDue: isDue, &writer)
        sealControl(&writer, turn, &run, into: &sink)
        sendFeedback(connection, turn, &run, into: &sink)
    }

    /// Bytes of the longest compound packet: with keys and headers it has to fit into what networks carry.
    static var controlSize: Int { 1_100 }

    /// Seals what the writer has, if anything, and lets it begin anew.
    private mutating func sealControl<Sink: MediaSink & ~Copyable>(
        _ writer: inout RTCPWriter, _ turn: Turn<Ciphers>, _ run: inout RunBuilder, into sink: inout Sink
    ) {
        sealControl(writer.count, turn, &run, into: &sink)
        writer = unsafe RTCPWriter(
            into: UnsafeMutableRawBufferPointer(start: scratch, count: Self.controlSize))
    }

    /// Seals the first bytes of what was written, if any.
    mutating func sealControl<Sink: MediaSink & ~Copyable>(
        _ count: Int, _ turn: Turn<Ciphers>, _ run: inout RunBuilder, into sink: inout Sink
    ) {
        guard count > 0 else { return }
        let profile = turn.sealer.value.profile
        let target = unsafe run.next(count + profile.controlOverhead, &sink)
        let sealed = unsafe turn.sealer.value.sealControl(
            UnsafeRawBufferPointer(start: scratch, count: count), into: target)
        if sealed > 0 {
            run.append(sealed)
            counters.controlOut &+= 1
        } else {
            counters.count(.unsealed)
        }
    }

    /// A sender report and a name for every slot that is being sent.
    private mutating func writeSenderReports<Sink: MediaSink & ~Copyable>(
        _ connection: Place<Connection<Ciphers>>, _ turn: Turn<Ciphers>,
        _ writer: inout RTCPWriter, _ run: inout RunBuilder, into sink: inout Sink
    ) {
        for place in connection.value.slots.indices {
            guard let slot = slots[connection.value.slots[place]], slot.value.isRunning,
                let publication = publications[slot.value.publication]
            else { continue }
            if writer.count > Self.controlSize - 96 { sealControl(&writer, turn, &run, into: &sink) }
            let report = SenderReport(
                ssrc: slot.value.ssrc, ntp: NTPTime(nanoseconds: turn.now.nanoseconds),
                timestamp: slot.value.timestamp(at: turn.now, publication, clockOffset(publication)),
                packets: slot.value.packets, octets: slot.value.octets)
            writer.append(report)
            writer.appendDescription(of: slot.value.ssrc, cname: connection.value.cname)
        }
    }

    /// The difference between the clock of who publishes and ours.
    private func clockOffset(_ publication: Place<Publication>) -> Int64? {
        guard let sender = connections[publication.value.connection] else { return nil }
        return sender.value.clockOffset
    }

    /// What a sender has to know of how its packets come.
    private mutating func writeReceiverPart(
        _ connection: Place<Connection<Ciphers>>, _ turn: Turn<Ciphers>, isDue: Bool,
        _ writer: inout RTCPWriter
    ) {
        guard !connection.value.publications.isEmpty else { return }
        let own = connection.value.controlSSRC
        if isDue {
            writer.appendReceiverReport(sender: own)
            for place in connection.value.publications.indices {
                guard let publication = publications[connection.value.publications[place]] else { continue }
                for layer in 0..<(publication.value.layerCount) {
                    if let block = publication.value.layers[layer].report(at: turn.now) {
                        writer.append(block)
                    }
                }
            }
            writer.appendDescription(of: own, cname: connection.value.cname)
        }
        for place in connection.value.publications.indices {
            guard let publication = publications[connection.value.publications[place]] else { continue }
            for layer in 0..<(publication.value.layerCount) {
                writeRequests(
                    publication, layer, own, connection.value.roundTrip, turn, &writer)
            }
        }
    }

    /// Asks for what is missing, and for a keyframe if one is wanted and it is not too soon.
    private mutating func writeRequests(
        _ publication: Place<Publication>, _ layer: Int, _ own: UInt32, _ roundTrip: Duration,
        _ turn: Turn<Ciphers>, _ writer: inout RTCPWriter
    ) {
        let ssrc = publication.value.layers[layer].ssrc
        guard ssrc != 0 else { return }
        var cursor = 0
        while let number = publication.value.layers[layer].missing.next(
            &cursor, at: turn.now, roundTrip: roundTrip)
        {
            guard writer.appendNACK(UInt16(truncatingIfNeeded: number), sender: own, media: ssrc) else {
                break
            }
            counters.repeatsRequested &+= 1
        }
        if publication.value.kind == .video, publication.value.layers[layer].missing.isBroken {
            publication.value.layers[layer].keyframes.want()
        }
        let height = publication.value.layers[layer].height
        guard publication.value.layers[layer].keyframes.asks(at: turn.now, height: height) else { return }
        if writer.appendPictureLoss(sender: own, media: ssrc) { counters.keyframesRequested &+= 1 }
    }
}
