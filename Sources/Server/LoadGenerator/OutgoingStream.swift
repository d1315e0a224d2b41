// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import RTP

/// One stream that is sent: its numbers, and what is needed to send a packet again.
struct OutgoingStream {
    /// Packets that can be asked for again; a power of two.
    private static let span = 512

    let ssrc: UInt32
    let rtxSSRC: UInt32
    let payloadType: UInt8
    let rtxType: UInt8
    let mid: [UInt8]
    let rid: [UInt8]
    let extensions: ExtensionMap
    var video: SyntheticVideo?
    var audio: SyntheticAudio?
    var due: Instant

    /// Numbers with their rollover count: the lower 16 bits are sent.
    private var index: UInt64
    private var rtxIndex: UInt64
    private var sent: [SyntheticPacket]
    private(set) var packets = 0
    private(set) var octets = 0
    private(set) var repeated = 0
    private(set) var lastTimestamp: UInt32 = 0
    private(set) var lastSentAt = Instant.origin

    init(
        ssrc: UInt32, rtxSSRC: UInt32, section: ServerAnswer.Section, rid: String, due: Instant,
        video: SyntheticVideo?, audio: SyntheticAudio?
    ) {
        self.ssrc = ssrc
        self.rtxSSRC = rtxSSRC
        payloadType = section.mediaType
        rtxType = section.rtxType
        mid = Array(section.mid.utf8)
        self.rid = Array(rid.utf8)
        extensions = section.extensions
        self.video = video
        self.audio = audio
        self.due = due
        // Low enough that a lost first packet cannot hide a rollover from the receiver.
        index = UInt64(ssrc & 0x3FFF)
        rtxIndex = UInt64(rtxSSRC & 0x3FFF)
        sent = Array(repeating: SyntheticPacket(), count: Self.span)
    }

    var isVideo: Bool { video != nil }

    private var isPaused = false

    /// Stops sending for a while, or goes on with a keyframe.
    mutating func setPaused(_ paused: Bool, at now: Instant) {
        guard paused != isPaused else { return }
        isPaused = paused
        guard !paused else { return }
        due = now
        video?.requestKeyframe(at: now)
    }

    /// What is due at `now`: the packets of one frame.
    mutating func next(at now: Instant) -> [SyntheticPacket] {
        guard due <= now else { return [] }
        guard !isPaused else {
            due = now.advanced(by: .seconds(1))
            return []
        }
        var packets: [SyntheticPacket] = []
        if video != nil {
            due = max(due.advanced(by: video?.interval ?? .seconds(1)), now.advanced(by: .milliseconds(-200)))
            video?.nextFrame(at: now) { packets.append($0) }
        } else if audio != nil {
            due = max(due.advanced(by: SyntheticAudio.interval), now.advanced(by: .milliseconds(-200)))
            if let packet = audio?.nextPacket(at: now) { packets.append(packet) }
        }
        return packets
    }

    /// Gives a packet its number.
    mutating func number(_ packet: inout SyntheticPacket) -> UInt64 {
        index += 1
        packet.sequence = UInt16(truncatingIfNeeded: index)
        sent[Int(packet.sequence) & (Self.span - 1)] = packet
        packets += 1
        octets += Int(packet.count)
        (lastTimestamp, lastSentAt) = (packet.timestamp, packet.sentAt)
        return index
    }

    /// A packet to send again.
    /// - Returns: `nil` when it is forgotten, or nothing may be repeated; else also the number in the stream of repeats.
    mutating func again(_ sequence: UInt16) -> (packet: SyntheticPacket, index: UInt64)? {
        let packet = sent[Int(sequence) & (Self.span - 1)]
        guard rtxType != 0, packet.count > 0, packet.sequence == sequence else { return nil }
        rtxIndex += 1
        repeated += 1
        return (packet, rtxIndex)
    }

    /// Writes a packet's payload but for its stamp.
    @unsafe func write(_ packet: SyntheticPacket, into payload: UnsafeMutableRawBufferPointer) {
        if let video {
            unsafe video.write(packet, into: payload)
        } else {
            unsafe SyntheticAudio.write(into: payload)
        }
    }
}
