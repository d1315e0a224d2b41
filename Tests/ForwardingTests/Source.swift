// SPDX-License-Identifier: Apache-2.0
import EngineKit
import MediaPlans
import RTP

/// A stream that a peer sends: frames of VP8 thirty times a second, or packets of Opus fifty times.
struct Source {
    var ssrc: UInt32
    var payloadType: UInt8
    var kind: MediaKind
    /// Bytes of a packet, and packets of a frame.
    var size: Int
    var packets: Int
    /// Packets of a keyframe, where those have more.
    var keyframePackets: Int?
    var width: UInt16 = 640
    var height: UInt16 = 360
    var temporalLayers = 1
    var mid: (id: UInt8, text: String)?
    var rid: (id: UInt8, text: String)?
    var transportID: UInt8 = 0
    var level: (id: UInt8, value: UInt8)?
    var isOn = true
    var wantsKeyframe = true
    var rtx: (ssrc: UInt32, payloadType: UInt8)?
    /// 64 bits, of which the wire shows 16.
    var sequence: Int64
    var timestamp: UInt32
    var pictureID: UInt16 = 100
    var tl0: UInt8 = 7
    /// Whether sender reports are sent, each second.
    var reports = false
    private var nextReport = Instant.origin
    private var frame = 0
    private var next: Instant?
    private var sent: [UInt16: [UInt8]] = [:]
    private var rtxSequence: Int64 = 1
    /// Payloads in the order in which they were sent; each is another.
    private(set) var payloads: [[UInt8]] = []
    private(set) var keyframes = 0

    init(
        _ kind: MediaKind, ssrc: UInt32, payloadType: UInt8, size: Int, packets: Int = 1,
        sequence: Int64 = 65_500
    ) {
        self.kind = kind
        self.ssrc = ssrc
        self.payloadType = payloadType
        self.size = size
        self.packets = packets
        self.sequence = sequence
        timestamp = ssrc &* 7_919
    }

    mutating func tick(_ peer: Peer) {
        guard isOn else { return }
        let due = next ?? peer.world.now
        guard peer.world.now >= due else { return }
        next = due.advanced(by: kind == .video ? .microseconds(33_333) : .milliseconds(20))
        sendFrame(peer)
        guard reports, nextReport <= peer.world.now else { return }
        nextReport = peer.world.now.advanced(by: .seconds(1))
        let report = SenderReport(
            ssrc: ssrc, ntp: NTPTime(nanoseconds: peer.world.now.nanoseconds), timestamp: timestamp,
            packets: UInt32(payloads.count), octets: 0)
        peer.sendControl { $0.append(report) }
    }

    mutating func sendFrame(_ peer: Peer) {
        let isKeyframe = kind == .video && wantsKeyframe
        if isKeyframe {
            wantsKeyframe = false
            keyframes += 1
            frame = 0
        }
        timestamp &+= kind == .video ? 3_000 : 960
        pictureID = (pictureID &+ 1) & 0x7FFF
        let temporal = temporalLayers == 1 ? 0 : [0, 2, 1, 2][frame % 4] % temporalLayers
        if temporal == 0 { tl0 &+= 1 }
        let packets = isKeyframe ? keyframePackets ?? self.packets : self.packets
        for index in 0..<packets {
            let payload =
                kind == .audio
                ? filled([]) : filled(descriptor(isKeyframe, index == 0, UInt8(temporal)))
            payloads.append(payload)
            send(payload, marker: kind == .audio || index == packets - 1, peer)
        }
        frame += 1
    }

    /// RFC 7741 §4.2, and on the first packet of a keyframe what RFC 6386 §9.1 begins with.
    private func descriptor(_ isKeyframe: Bool, _ isFirst: Bool, _ temporal: UInt8) -> [UInt8] {
        var bytes: [UInt8] = [
            isFirst ? 0x90 : 0x80, 0xE0, UInt8(pictureID >> 8) | 0x80, UInt8(pictureID & 0xFF), tl0,
            temporal << 6 | (temporal > 0 ? 0x20 : 0),
        ]
        guard isFirst else { return bytes }
        bytes += isKeyframe ? [0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A] : [0x11, 0x02, 0x00]
        if isKeyframe {
            bytes += [UInt8(width & 0xFF), UInt8(width >> 8), UInt8(height & 0xFF), UInt8(height >> 8)]
        }
        return bytes
    }

    private func filled(_ front: [UInt8]) -> [UInt8] {
        var payload = front
        let mark = UInt64(ssrc) << 32 | UInt64(UInt32(payloads.count))
        for shift in stride(from: 56, through: 0, by: -8) {
            payload.append(UInt8(truncatingIfNeeded: mark >> UInt64(shift)))
        }
        while payload.count < size { payload.append(UInt8(truncatingIfNeeded: payload.count)) }
        return payload
    }

    mutating func send(_ payload: [UInt8], marker: Bool, _ peer: Peer) {
        let packet = build(payload, marker: marker, peer, ssrc, payloadType, sequence)
        sent[UInt16(truncatingIfNeeded: sequence)] = packet.bytes
        peer.send(
            packet.bytes, headerCount: packet.headerCount,
            rollover: UInt32(truncatingIfNeeded: sequence >> 16))
        sequence += 1
    }

    private func build(
        _ payload: [UInt8], marker: Bool, _ peer: Peer, _ ssrc: UInt32, _ payloadType: UInt8,
        _ sequence: Int64
    ) -> (bytes: [UInt8], headerCount: Int) {
        var bytes = [UInt8](repeating: 0, count: 200)
        let timestamp = timestamp
        let count = unsafe bytes.withUnsafeMutableBytes { place in
            var writer = unsafe RTPHeaderWriter(
                into: place, marker: marker, payloadType: payloadType,
                sequence: UInt16(truncatingIfNeeded: sequence), timestamp: timestamp, ssrc: ssrc)!
            if let mid {
                _ = unsafe Array(mid.text.utf8).withUnsafeBytes { unsafe writer.append(mid.id, $0) }
            }
            if let rid {
                _ = unsafe Array(rid.text.utf8).withUnsafeBytes { unsafe writer.append(rid.id, $0) }
            }
            if transportID != 0 { writer.append(transportID, peer.nextTransportSequence()) }
            if let level { writer.append(level.id, level.value) }
            return writer.finish()
        }
        return (Array(bytes[..<count]) + payload, count)
    }

    /// Sends a packet once more: as RTX, or not at all.
    mutating func repeatPacket(_ number: UInt16, _ peer: Peer) {
        guard let rtx, let packet = sent[number] else { return }
        unsafe packet.withUnsafeBytes { bytes in
            let header = unsafe RTPHeader(bytes)!
            let payload =
                unsafe [UInt8(number >> 8), UInt8(number & 0xFF)] + Array(bytes[header.headerCount...])
            let repeated = build(payload, marker: header.marker, peer, rtx.ssrc, rtx.payloadType, rtxSequence)
            peer.send(
                repeated.bytes, headerCount: repeated.headerCount,
                rollover: UInt32(truncatingIfNeeded: rtxSequence >> 16))
        }
        rtxSequence += 1
    }
}
