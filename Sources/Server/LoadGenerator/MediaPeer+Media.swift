// SPDX-License-Identifier: Apache-2.0
internal import Congestion
internal import Datagrams
internal import EngineKit
internal import RTP
internal import SRTP

// MARK: What comes

extension MediaPeer {
    func receiveMedia(_ datagram: UnsafeRawBufferPointer, at now: Instant) {
        guard let protection, let kind = unsafe RTPPacketKind(datagram) else { return }
        guard kind == .rtp else { return unsafe receiveControl(datagram, protection, at: now) }
        guard let header = unsafe RTPHeader(datagram, ignoringPadding: true),
            let room = unsafe site.scratch.baseAddress,
            let opened = unsafe try? protection.opener.open(
                datagram, headerCount: header.headerCount, into: room)
        else {
            failedPackets += 1
            return
        }
        var count = opened.payloadCount
        if unsafe datagram[0] & 0x20 != 0, count > 0 {
            count -= unsafe min(Int(site.scratch[count - 1]), count)
        }
        let heard = unsafe HeaderExtensions(datagram, header, extensions)
        if let sequence = heard.transportSequence { recorder.received(sequence, at: now) }
        let payload = unsafe UnsafeRawBufferPointer(start: room, count: count)
        if header.payloadType == rtxType, rtxType != 0 {
            unsafe receiveRepeat(payload, header, at: now)
        } else {
            unsafe take(
                payload, header, ssrc: header.ssrc, sequence: header.sequence, isRepair: false, at: now)
        }
    }

    private func receiveRepeat(_ payload: UnsafeRawBufferPointer, _ header: RTPHeader, at now: Instant) {
        guard let ssrc = repeats[header.ssrc], payload.count > RTXPacket.size else { return }
        let sequence = unsafe UInt16(bigEndian: payload.loadUnaligned(as: UInt16.self))
        let rest = unsafe UnsafeRawBufferPointer(rebasing: payload[RTXPacket.size...])
        unsafe take(rest, header, ssrc: ssrc, sequence: sequence, isRepair: true, at: now)
    }

    private func take(
        _ payload: UnsafeRawBufferPointer, _ header: RTPHeader, ssrc: UInt32, sequence: UInt16,
        isRepair: Bool,
        at now: Instant
    ) {
        let isVideo = header.payloadType != audioType
        let index = incomingBySSRC[ssrc] ?? add(ssrc, isVideo: isVideo)
        var facts = FrameFacts()
        if isVideo {
            facts = unsafe VP8Payload(payload)?.facts(marker: header.marker) ?? facts
        } else {
            (facts.startsFrame, facts.endsFrame) = (true, true)
        }
        let isNew = incoming[index].receive(
            sequence, timestamp: header.timestamp, bytes: payload.count, facts: facts, repaired: isRepair,
            at: now)
        guard isNew, !isRepair, site.isMeasuring, let stamp = unsafe PayloadStamp(payload) else { return }
        let delay = stamp.sentAt.duration(to: now)
        if isVideo { site.videoDelay.add(delay) } else { site.audioDelay.add(delay) }
    }

    private func add(_ ssrc: UInt32, isVideo: Bool) -> Int {
        incoming.append(IncomingStream(ssrc: ssrc, isVideo: isVideo))
        incomingBySSRC[ssrc] = incoming.count - 1
        return incoming.count - 1
    }

    private func receiveControl(_ datagram: UnsafeRawBufferPointer, _ protection: Protection, at now: Instant)
    {
        guard let room = unsafe site.scratch.baseAddress,
            let count = unsafe try? protection.opener.openControl(datagram, into: room)
        else {
            failedPackets += 1
            return
        }
        let packet = unsafe UnsafeRawBufferPointer(start: room, count: count)
        var cursor = RTCPCursor()
        while let part = unsafe cursor.next(in: packet) {
            switch part.kind {
            case .pictureLoss: requestKeyframe(part.mediaSource, at: now)
            case .fullIntraRequest:
                for index in 0..<part.fullIntraCount { requestKeyframe(part.fullIntra(index)?.ssrc, at: now) }
            case .genericNACK:
                for index in 0..<part.nackCount {
                    guard let pair = part.nack(index), let ssrc = part.mediaSource else { continue }
                    var cursor = NACKPair.Cursor()
                    while let sequence = pair.next(&cursor) { sendAgain(sequence, of: ssrc, at: now) }
                }
            default: break
            }
        }
    }

    private func requestKeyframe(_ ssrc: UInt32?, at now: Instant) {
        for index in outgoing.indices where outgoing[index].ssrc == ssrc {
            outgoing[index].video?.requestKeyframe(at: now)
        }
    }
}

// MARK: What goes

extension MediaPeer {
    /// Sends what is due. The batch is flushed by whoever calls.
    func sendDue(at now: Instant) {
        guard state == .connected else { return }
        for index in outgoing.indices where outgoing[index].due <= now {
            for var packet in outgoing[index].next(at: now) {
                let number = outgoing[index].number(&packet)
                send(
                    packet, of: outgoing[index], ssrc: outgoing[index].ssrc,
                    type: outgoing[index].payloadType, number)
            }
        }
    }

    private func sendAgain(_ sequence: UInt16, of ssrc: UInt32, at now: Instant) {
        for index in outgoing.indices where outgoing[index].ssrc == ssrc {
            guard let (packet, number) = outgoing[index].again(sequence) else { continue }
            let stream = outgoing[index]
            send(packet, of: stream, ssrc: stream.rtxSSRC, type: stream.rtxType, number, repeating: true)
        }
    }

    private func send(
        _ packet: SyntheticPacket, of stream: OutgoingStream, ssrc: UInt32, type: UInt8, _ number: UInt64,
        repeating isRepeat: Bool = false
    ) {
        guard let protection, let remote, let start = unsafe site.output.baseAddress else { return }
        let writer = unsafe RTPHeaderWriter(
            into: site.output, marker: packet.marker, payloadType: type,
            sequence: UInt16(truncatingIfNeeded: number),
            timestamp: packet.timestamp, ssrc: ssrc)
        guard var writer else { return }
        append(stream, packet, repeating: isRepeat, to: &writer)
        let headerCount = writer.finish()
        let extra = isRepeat ? RTXPacket.size : 0
        let count = extra + Int(packet.count)
        let payload = unsafe UnsafeMutableRawBufferPointer(start: start + headerCount, count: count)
        if isRepeat { unsafe RTXPacket.write(packet.sequence, into: payload) }
        let body = unsafe UnsafeMutableRawBufferPointer(rebasing: payload[extra...])
        unsafe stream.write(packet, into: body)
        if packet.isStamped {
            unsafe PayloadStamp(sentAt: packet.sentAt, publisher: self.number).write(into: body)
        }
        let sealed = unsafe protection.sealer.seal(
            start, headerCount: headerCount, payload: UnsafeRawBufferPointer(payload),
            rollover: UInt32(truncatingIfNeeded: number >> 16))
        guard sealed > 0 else { return }
        unsafe site.batch.send(
            copying: UnsafeRawBufferPointer(start: start, count: sealed), from: socket, to: remote)
    }

    private func append(
        _ stream: OutgoingStream, _ packet: SyntheticPacket, repeating isRepeat: Bool,
        to writer: inout RTPHeaderWriter
    ) {
        let map = stream.extensions
        unsafe stream.mid.withUnsafeBytes { _ = unsafe writer.append(map[.mid], $0) }
        if !stream.rid.isEmpty {
            let id = isRepeat ? map[.repairedRID] : map[.rid]
            unsafe stream.rid.withUnsafeBytes { _ = unsafe writer.append(id, $0) }
        }
        if let audio = stream.audio { writer.append(map[.audioLevel], audio.level) }
        let time = packet.sentAt.nanoseconds / 1000 &<< 18 / 1_000_000
        writer.append24(map[.absoluteSendTime], UInt32(truncatingIfNeeded: time) & 0xFF_FFFF)
        if map[.transportSequence] != 0 {
            transportSequence &+= 1
            writer.append(map[.transportSequence], transportSequence)
        }
    }

    // MARK: Reports

    /// Tells the server what has come, and asks for what has not.
    func sendFeedback(at now: Instant) {
        guard state == .connected else { return }
        if recorder.deadline.map({ $0 <= now }) ?? false { sendArrivals() }
        if nextRepair <= now {
            nextRepair = now.advanced(by: .milliseconds(100))
            askForRepairs(at: now)
        }
        guard nextReport <= now else { return }
        nextReport = now.advanced(by: .seconds(1))
        sendReports(at: now)
    }

    private func sendControl(_ write: (inout RTCPWriter) -> Void) {
        var writer = unsafe RTCPWriter(into: UnsafeMutableRawBufferPointer(rebasing: site.output[..<1_400]))
        write(&writer)
        sendControl(count: writer.count)
    }

    /// Seals and sends what stands in the output.
    private func sendControl(count: Int) {
        guard count > 0, let protection, let remote, let start = unsafe site.output.baseAddress else {
            return
        }
        let packet = unsafe UnsafeRawBufferPointer(start: start, count: count)
        let sealed = unsafe protection.sealer.sealControl(packet, into: start)
        guard sealed > 0 else { return }
        unsafe site.batch.send(
            copying: UnsafeRawBufferPointer(start: start, count: sealed), from: socket, to: remote)
    }

    private func sendArrivals() {
        guard let media = incoming.first?.ssrc else { return }
        while true {
            let count = unsafe recorder.write(into: site.output, sender: ownSSRC, media: media)
            guard count > 0 else { return }
            sendControl(count: count)
        }
    }

    private func askForRepairs(at now: Instant) {
        let wantsKeyframe = nextKeyframe <= now
        if wantsKeyframe { nextKeyframe = now.advanced(by: .milliseconds(500)) }
        sendControl { writer in
            for stream in incoming {
                guard stream.isVideo else { continue }
                for sequence in stream.missing(limit: 16) {
                    writer.appendNACK(sequence, sender: ownSSRC, media: stream.ssrc)
                }
                if wantsKeyframe, stream.wantsKeyframe {
                    writer.appendPictureLoss(sender: ownSSRC, media: stream.ssrc)
                }
            }
        }
    }

    private func sendReports(at now: Instant) {
        let name = Array("load-\(number)".utf8)
        sendControl { writer in
            for stream in outgoing where stream.packets > 0 {
                let clock: Int64 = stream.isVideo ? 90_000 : 48_000
                let since = stream.lastSentAt.duration(to: now).nanoseconds / 1000 * clock / 1_000_000
                writer.append(
                    SenderReport(
                        ssrc: stream.ssrc, ntp: NTPTime(nanoseconds: now.nanoseconds),
                        timestamp: stream.lastTimestamp &+ UInt32(truncatingIfNeeded: since),
                        packets: UInt32(truncatingIfNeeded: stream.packets),
                        octets: UInt32(truncatingIfNeeded: stream.octets)))
                writer.appendDescription(of: stream.ssrc, cname: name)
            }
            guard !incoming.isEmpty else { return }
            writer.appendReceiverReport(sender: ownSSRC)
            for index in incoming.indices.prefix(31) { writer.append(incoming[index].report()) }
            writer.appendDescription(of: ownSSRC, cname: name)
        }
    }
}
