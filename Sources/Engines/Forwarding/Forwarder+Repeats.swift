// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import RTP
internal import SRTP

extension Forwarder {
    /// Sends again what a receiver has asked for: as RTX, or where that was not agreed on as the packet it was.
    mutating func sendRepeats<Sink: MediaSink & ~Copyable>(
        _ connection: Place<Connection<Ciphers>>, _ turn: Turn<Ciphers>, _ run: inout RunBuilder,
        into sink: inout Sink
    ) {
        for place in connection.value.repeats.indices {
            let request = connection.value.repeats[place]
            guard let slot = slots[request.slot], let sent = slot.value.sent(request.sequence),
                let publication = publications[slot.value.publication]
            else {
                counters.count(.notHeld)
                continue
            }
            let end = publication.value.log.end
            let behind = UInt32(truncatingIfNeeded: end) &- sent.value.position
            let position = end &- UInt64(behind)
            guard publication.value.log.holds(position) else {
                counters.count(.notHeld)
                continue
            }
            let record = publication.value.log[position]
            sendRepeat(
                request.sequence, sent.value, record, slot, publication, connection, turn, &run, into: &sink)
        }
        connection.value.repeats.removeAll(keepingCapacity: true)
    }

    mutating func sendRepeat<Sink: MediaSink & ~Copyable>(
        _ sequence: Int64, _ sent: SentPacket, _ record: Place<PacketRecord>,
        _ slot: Place<Slot>, _ publication: Place<Publication>,
        _ connection: Place<Connection<Ciphers>>, _ turn: Turn<Ciphers>, _ run: inout RunBuilder,
        into sink: inout Sink
    ) {
        let codec = Int(record.value.codec & 7)
        let repeatType = slot.value.rtxPayloadTypes[codec]
        let usesRTX = repeatType < 128 && slot.value.rtxSSRC != 0
        guard usesRTX || (slot.value.extensions.repeatsInPlace) else { return counters.count(.notHeld) }
        var number = sequence
        if usesRTX {
            number = slot.value.rtxSequence
            slot.value.rtxSequence = number &+ 1
        }
        var packet = OutgoingPacket(
            payloadType: usesRTX ? repeatType : slot.value.payloadTypes[codec],
            ssrc: usesRTX ? slot.value.rtxSSRC : slot.value.ssrc, number: number,
            timestamp: sent.timestamp)
        packet.isRepeat = usesRTX
        packet.original = UInt16(truncatingIfNeeded: sequence)
        packet.pictureID = sent.pictureID
        packet.tl0 = sent.tl0
        packet.marker = sent.marker
        packet.rewritesPicture =
            sent.pictureID != record.value.facts.pictureID
            || sent.tl0 != record.value.facts.tl0
        counters.packetsRepeated &+= 1
        write(packet, record, slot, publication, connection, turn, &run, into: &sink)
    }
}
