// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import MediaPlans
internal import RTP
internal import SRTP

extension Forwarder {
    /// Sends one packet in one slot, or not.
    @inline(__always)
    mutating func forward<Sink: MediaSink & ~Copyable>(
        _ record: Place<PacketRecord>, _ position: UInt64, _ slot: Place<Slot>,
        _ publication: Place<Publication>, _ connection: Place<Connection<Ciphers>>,
        _ turn: Turn<Ciphers>, _ run: inout RunBuilder, into sink: inout Sink
    ) {
        let payloadType = slot.value.payloadTypes[Int(record.value.codec & 7)]
        guard payloadType < 128 else { return }
        let isVideo = slot.value.kind == .video
        guard choose(record, slot, publication, isVideo: isVideo, turn) else {
            return leaveOut(
                record, slot, publication, payloadType, connection, turn, &run, into: &sink)
        }
        guard let number = slot.value.rewriting.take(record.value.number) else {
            return counters.count(.outOfWindow)
        }
        var packet = OutgoingPacket(
            payloadType: payloadType, ssrc: slot.value.ssrc, number: number,
            timestamp: slot.value.rewriting.timestamp(record.value, now: turn.now))
        packet.marker = record.value.marker
        if isVideo {
            packet.marker = slot.value.layers.endsPicture(record.value.facts, marker: record.value.marker)
            slot.value.rewriting.noteFrame(record.value)
            (packet.pictureID, packet.tl0, packet.rewritesPicture) = slot.value.rewriting.picture(
                record.value.facts, of: record.value.number)
            slot.value.remember(packet, position, at: turn.milliseconds)
        }
        write(packet, record, slot, publication, connection, turn, &run, into: &sink)
    }

    /// Whether a packet is sent in a slot; one that the slot begins with begins its numbers.
    @inline(__always)
    private mutating func choose(
        _ record: Place<PacketRecord>, _ slot: Place<Slot>, _ publication: Place<Publication>, isVideo: Bool,
        _ turn: Turn<Ciphers>
    ) -> Bool {
        guard !record.value.isVoid else { return false }
        guard isVideo else {
            if !slot.value.isRunning { begin(slot, record, publication, turn) }
            return true
        }
        let layer = record.value.layer
        let verdict = slot.value.layers.decide(
            publication.value.rank(of: layer), record.value.facts, isLate: record.value.isLate)
        if verdict == .ignore { return false }
        if verdict == .begin {
            begin(slot, record, publication, turn)
            return true
        }
        guard slot.value.sending == layer else {
            // The order of the encodings is another one by now: their numbers must not be mixed.
            slot.value.layers.restart()
            return false
        }
        return verdict == .send
    }

    /// Lets a slot go on with another encoding, or begin.
    private mutating func begin(
        _ slot: Place<Slot>, _ record: Place<PacketRecord>, _ publication: Place<Publication>,
        _ turn: Turn<Ciphers>
    ) {
        let (old, new) = (slot.value.sending, record.value.layer)
        var timestamp: UInt32?
        if old != Slot.nothing, let from = publication.value.layers[Int(new)].clock,
            let to = publication.value.layers[Int(old & 3)].clock,
            let same = from.convert(record.value.timestamp, to: to, clockRate: slot.value.clockRate)
        {
            timestamp = slot.value.rewriting.timestamp(of: same)
        }
        slot.value.sending = new
        let frameOffset = slot.value.rewriting.frameOffset
        slot.value.rewriting.begin(
            record.value, clockRate: slot.value.clockRate, timestamp: timestamp, now: turn.now)
        // Packets from before would be sent again with another frame number under the same one of their own.
        if slot.value.rewriting.frameOffset != frameOffset { slot.value.filling &+= 1 }
        counters.switches &+= 1
    }

    /// Closes a receiver's numbers up behind a packet that it is not sent.
    private mutating func leaveOut<Sink: MediaSink & ~Copyable>(
        _ record: Place<PacketRecord>, _ slot: Place<Slot>, _ publication: Place<Publication>,
        _ payloadType: UInt8, _ connection: Place<Connection<Ciphers>>, _ turn: Turn<Ciphers>,
        _ run: inout RunBuilder, into sink: inout Sink
    ) {
        guard slot.value.sending == record.value.layer,
            slot.value.kind == .audio || slot.value.layers.isRunning
        else { return }
        let facts = record.value.facts
        let isVP8 = publication.value.codecs[Int(record.value.codec)].format.codec == .vp8
        guard
            let hole = slot.value.rewriting.skip(
                record.value.number, facts.pictureID, closesPictures: isVP8 && facts.pictureIDBits > 0)
        else { return }
        // It comes late, and those behind it have left it a number: an empty packet fills that.
        var filler = OutgoingPacket(
            payloadType: payloadType, ssrc: slot.value.ssrc, number: hole,
            timestamp: slot.value.rewriting.timestamp(record.value, now: turn.now))
        filler.isEmpty = true
        write(filler, record, slot, publication, connection, turn, &run, into: &sink)
    }

    /// Writes and seals a packet behind those that wait for the same path.
    @inline(__always)
    mutating func write<Sink: MediaSink & ~Copyable>(
        _ packet: OutgoingPacket, _ record: Place<PacketRecord>,
        _ slot: Place<Slot>, _ publication: Place<Publication>,
        _ connection: Place<Connection<Ciphers>>, _ turn: Turn<Ciphers>, _ run: inout RunBuilder,
        into sink: inout Sink
    ) {
        let bytes = unsafe publication.value.log.bytes(of: record.value)
        var payload = unsafe bytes + PacketRecord.front
        var count = packet.isEmpty ? 0 : Int(record.value.count)
        let padding = packet.isEmpty ? 1 : packet.isRepeat ? 0 : Int(record.value.padding)
        if packet.isEmpty { unsafe payload = scratch }
        if padding > 0 {
            for index in 0..<padding - 1 {
                unsafe payload.storeBytes(of: 0, toByteOffset: count + index, as: UInt8.self)
            }
            unsafe payload.storeBytes(
                of: UInt8(truncatingIfNeeded: padding), toByteOffset: count + padding - 1, as: UInt8.self)
            count += padding
        }
        let facts = record.value.facts
        if packet.rewritesPicture { unsafe packet.writePicture(facts, to: payload) }
        if packet.isRepeat {
            unsafe payload -= RTXPacket.size
            unsafe payload.storeBytes(of: packet.original.bigEndian, as: UInt16.self)
            count += RTXPacket.size
        }
        // The longest header there can be, so that the run is cut before and not while it is written.
        let headerCount = slot.value.headerCount(record.value)
        let size = headerCount + count + turn.sealer.value.profile.tagCount
        let target = unsafe run.next(size, &sink)
        let isNumbered = slot.value.extensions.transportSequence != 0
        let wideNumber = connection.value.leaves(size, isNumbered: isNumbered, at: turn.now)
        unsafe writeHeader(
            packet, record, descriptor: bytes + record.value.descriptorStart, slot, wideNumber, turn,
            hasPadding: padding > 0, to: target)
        let sealed = unsafe turn.sealer.value.seal(
            target, headerCount: headerCount,
            payload: UnsafeRawBufferPointer(start: payload, count: count),
            rollover: UInt32(truncatingIfNeeded: packet.number >> 16))
        if packet.rewritesPicture { unsafe packet.restorePicture(facts, in: bytes + PacketRecord.front) }
        guard sealed > 0 else { return counters.count(.unsealed) }
        run.append(sealed)
        counters.packetsOut &+= 1
        counters.bytesOut &+= UInt64(count)
        guard packet.ssrc == slot.value.ssrc else { return }
        slot.value.packets &+= 1
        slot.value.octets &+= UInt32(truncatingIfNeeded: count)
    }

    /// Writes the header, whose size ``Slot/headerCount(_:)`` has told.
    @inline(__always)
    private mutating func writeHeader(
        _ packet: OutgoingPacket, _ record: Place<PacketRecord>, descriptor: UnsafeRawPointer,
        _ slot: Place<Slot>, _ wideNumber: UInt16, _ turn: Turn<Ciphers>, hasPadding: Bool,
        to target: UnsafeMutableRawPointer
    ) {
        let headerCount = slot.value.headerCount(record.value)
        let flags: UInt8 = 0x80 | (hasPadding ? 0x20 : 0) | (headerCount > RTPHeader.size ? 0x10 : 0)
        unsafe target.storeBytes(of: flags, as: UInt8.self)
        let marker: UInt8 = packet.marker ? 0x80 : 0
        unsafe target.storeBytes(of: marker | packet.payloadType, toByteOffset: 1, as: UInt8.self)
        let sequence = UInt16(truncatingIfNeeded: packet.number)
        unsafe target.storeBytes(of: sequence.bigEndian, toByteOffset: 2, as: UInt16.self)
        unsafe target.storeBytes(of: packet.timestamp.bigEndian, toByteOffset: 4, as: UInt32.self)
        unsafe target.storeBytes(of: packet.ssrc.bigEndian, toByteOffset: 8, as: UInt32.self)
        guard headerCount > RTPHeader.size else { return }
        var writer = unsafe ExtensionWriter(target + RTPHeader.size, slot.value.extensions, record.value)
        writer.add16(slot.value.extensions.transportSequence, wideNumber)
        writer.add24(slot.value.extensions.absoluteSendTime, turn.sendTime)
        unsafe writer.addFacts(
            record.value, slot.value.extensions, descriptor, frameOffset: slot.value.rewriting.frameOffset)
        unsafe writer.finish(at: target + headerCount)
    }
}

/// The numbers of a packet on its way out.
struct OutgoingPacket {
    var payloadType: UInt8
    let ssrc: UInt32
    let number: Int64
    let timestamp: UInt32
    var pictureID: UInt16 = 0
    var tl0: UInt8 = 0
    var rewritesPicture = false
    var marker = false
    /// Padding only.
    var isEmpty = false
    /// RFC 4588: the number that it was sent under at first.
    var isRepeat = false
    var original: UInt16 = 0

    init(payloadType: UInt8, ssrc: UInt32, number: Int64, timestamp: UInt32) {
        self.payloadType = payloadType
        self.ssrc = ssrc
        self.number = number
        self.timestamp = timestamp
    }

    /// Writes this receiver's picture id and TL0PICIDX over the sender's, for as long as it takes to encrypt them.
    @inline(__always)
    func writePicture(_ facts: FrameFacts, to payload: UnsafeMutableRawPointer) {
        unsafe Self.store(facts, pictureID, tl0, payload)
    }

    @inline(__always)
    func restorePicture(_ facts: FrameFacts, in payload: UnsafeMutableRawPointer) {
        unsafe Self.store(facts, facts.pictureID, facts.tl0, payload)
    }

    @inline(__always)
    private static func store(
        _ facts: FrameFacts, _ id: UInt16, _ tl0: UInt8, _ payload: UnsafeMutableRawPointer
    ) {
        if facts.pictureIDBits == 15 {
            unsafe payload.storeBytes(
                of: (id | 0x8000).bigEndian, toByteOffset: Int(facts.pictureIDOffset), as: UInt16.self)
        } else if facts.pictureIDBits == 7 {
            unsafe payload.storeBytes(
                of: UInt8(truncatingIfNeeded: id & 0x7F), toByteOffset: Int(facts.pictureIDOffset),
                as: UInt8.self)
        }
        if facts.tl0Offset > 0 {
            unsafe payload.storeBytes(of: tl0, toByteOffset: Int(facts.tl0Offset), as: UInt8.self)
        }
    }
}
