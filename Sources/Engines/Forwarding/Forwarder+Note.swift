// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import MediaPlans
internal import RTP

extension Forwarder {
    /// Reads a genuine packet whose payload lies in its publication's log already, and makes it a part of that.
    @inline(__always)
    mutating func note(
        _ bytes: UnsafeRawBufferPointer, _ header: RTPHeader, _ payload: UnsafeMutableRawBufferPointer,
        number: Int64, _ publication: Place<Publication>, _ layer: Int,
        _ connection: Place<Connection<Ciphers>>, at now: Instant
    ) {
        guard let codec = publication.value.codec(header.payloadType), !codec.isRepeat else {
            return counters.count(.unknownPayloadType)
        }
        let extensions = unsafe HeaderExtensions(bytes, header, publication.value.map)
        if let sequence = extensions.transportSequence { heard(sequence, connection, at: now) }
        var record = PacketRecord()
        record.number = number
        record.arrival = now
        record.timestamp = header.timestamp
        record.layer = UInt8(truncatingIfNeeded: layer)
        record.codec = UInt8(truncatingIfNeeded: codec.index)
        record.marker = header.marker
        guard let count = unsafe payloadCount(payload, hasPadding: bytes[0] & 0x20 != 0) else {
            return counters.count(.badPayload)
        }
        record.count = UInt16(truncatingIfNeeded: count)
        guard publication.value.layers[layer].seen.insert(number) else {
            return counters.count(.lateRepair)
        }
        counters.bytesIn &+= UInt64(count)
        record.isLate = number < publication.value.layers[layer].highest
        received(number, count, header, publication, layer, at: now)
        if publication.value.codecs[codec.index].feedback.contains(.nack) {
            noteGaps(number, publication, layer, at: now)
        }
        guard !publication.value.isMuted else { return counters.count(.muted) }
        let filled = unsafe UnsafeRawBufferPointer(start: payload.baseAddress, count: count)
        if let video = publication.value.codecs[codec.index].format.codec.video, count > 0 {
            if let facts = unsafe FrameFacts(video, filled, marker: header.marker) {
                record.facts = facts
            } else {
                // Nobody can do anything with it, and nobody shall miss it.
                counters.count(.badPayload)
                record.isVoid = true
            }
        }
        if let level = extensions.audioLevel {
            record.audioLevel = level | (extensions.isVoice ? 0x80 : 0)
            record.hasAudioLevel = true
        }
        if let orientation = extensions.videoOrientation { record.orientation = orientation }
        if let delay = extensions.playoutDelay { record.playoutDelay = delay }
        if publication.value.kind == .audio {
            hear(record, publication, at: now)
            record.isVoid = !publication.value.silence.passes(
                level: record.audioLevel, hasLevel: record.hasAudioLevel)
            if record.isVoid { counters.count(.silent) }
        }
        let descriptor = extensions.dependencyDescriptor
        if !descriptor.isEmpty, descriptor.range.upperBound <= bytes.count, let start = payload.baseAddress {
            record.descriptorCount = descriptor.count
            let target = unsafe UnsafeMutableRawBufferPointer(
                start: start + count + PacketRecord.back, count: Int(descriptor.count))
            unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[descriptor.range]))
            if publication.value.kind == .video, count > 0, !record.isVoid {
                let value = UnsafeRawBufferPointer(target)
                record.frameNumber = unsafe DependencyDescriptor.frameNumber(of: value)
                // Of VP8 libwebrtc says that everybody may switch at every frame. The payload knows better.
                if publication.value.codecs[codec.index].format.codec != .vp8 {
                    unsafe publication.value.layers[layer].readDescriptor(value, &record.facts)
                }
            }
        }
        append(record, to: publication, at: now)
    }

    /// Bytes of a payload without padding; `nil` when it says that it has more of that than there is.
    @inline(__always)
    private func payloadCount(_ payload: UnsafeMutableRawBufferPointer, hasPadding: Bool) -> Int? {
        guard hasPadding else { return payload.count }
        guard payload.count > 0 else { return nil }
        let padding = unsafe Int(payload[payload.count - 1])
        guard padding > 0, padding <= payload.count else { return nil }
        return payload.count - padding
    }

    /// What reports and requests to the sender need to know.
    @inline(__always)
    private mutating func received(
        _ number: Int64, _ count: Int, _ header: RTPHeader, _ publication: Place<Publication>,
        _ layer: Int, at now: Instant
    ) {
        publication.value.layers[layer].packets &+= 1
        publication.value.layers[layer].octets &+= UInt64(count)
        if publication.value.layers[layer].firstNumber < 0 {
            publication.value.layers[layer].firstNumber = number
        }
        if number > publication.value.layers[layer].highest {
            publication.value.layers[layer].noteTransit(
                header.timestamp, at: now, clockRate: publication.value.kind == .audio ? 48_000 : 90_000)
            publication.value.layers[layer].highest = number
            publication.value.layers[layer].lastTimestamp = header.timestamp
            publication.value.layers[layer].lastArrival = now
        }
    }

    /// Finds out what is missing now, or not any more.
    @inline(__always)
    private mutating func noteGaps(
        _ number: Int64, _ publication: Place<Publication>, _ layer: Int, at now: Instant
    ) {
        guard publication.value.layers[layer].missing.receive(number, at: now),
            let due = publication.value.layers[layer].missing.deadline
        else { return }
        schedule(publication.value.connection, at: max(due, now))
    }

    @inline(__always)
    private mutating func append(
        _ record: PacketRecord, to publication: Place<Publication>, at now: Instant
    ) {
        let position = publication.value.log.append(record, now: now)
        publication.value.layers[Int(record.layer)].meter.add(
            Int(record.count), spatial: record.facts.spatial, temporal: record.facts.temporal)
        if record.facts.isKeyframe, record.facts.startsFrame {
            let layer = Int(record.layer)
            publication.value.layers[layer].noteKeyframe(record, at: position)
            publication.value.layers[layer].keyframes.arrived()
            publication.value.layers[layer].missing.keyframe(at: record.number)
            if record.facts.width > 0 {
                publication.value.layers[layer].width = record.facts.width
                publication.value.layers[layer].height = record.facts.height
            }
        }
        if !publication.value.hasStarted {
            publication.value.hasStarted = true
            outputs.append(.started(publication.value.id))
        }
        guard !publication.value.isFresh else { return }
        publication.value.isFresh = true
        publication.value.freshStart = position
        fresh.append(publication.value.id.index)
    }
}

extension MediaCodec {
    /// As payloads are read; `nil` for audio.
    @inline(__always)
    var video: VideoCodec? {
        switch self {
        case .opus, .red: nil
        case .vp8: .vp8
        case .vp9: .vp9
        case .av1: .av1
        case .h264: .h264
        }
    }
}
