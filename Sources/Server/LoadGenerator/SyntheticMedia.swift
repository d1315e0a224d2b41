// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// What is needed to make a packet's payload, again if somebody lost it.
struct SyntheticPacket: BitwiseCopyable {
    var timestamp: UInt32 = 0
    var sentAt = Instant.origin
    /// Bytes of payload.
    var count: UInt16 = 0
    var pictureID: UInt16 = 0
    var tl0: UInt8 = 0
    var isVideo = false
    var isKeyframe = false
    var startsFrame = false
    var marker = false
    /// Whether a ``PayloadStamp`` ends it.
    var isStamped = true
    /// Of a file: which of its frames, and from where.
    var frame: UInt32 = 0
    var offset: UInt32 = 0
    /// The sequence number that it was sent with; packets of a ring are told apart by it.
    var sequence: UInt16 = 0
}

/// VP8 with right headers around bytes that mean nothing, or the pictures of a file. RFC 7741, RFC 6386 §9.1.
struct SyntheticVideo {
    /// Descriptor with picture id of 15 bits, TL0PICIDX and temporal layer.
    static let descriptorCount = 6
    static let largestPayload = 1100
    private static let keyframeInterval = Duration.seconds(20)

    let width: UInt16
    let height: UInt16
    private let frameBytes: Int
    private let frameInterval: Duration
    private var pictureID: UInt16
    private var tl0: UInt8 = 0
    private var timestamp: UInt32
    private var keyframeDue: Instant?
    private var lastKeyframe: Instant?
    private let file: PictureFile?
    /// The frame of the file that comes next.
    private var position = 0

    /// The pictures of a file at its own rate; each stream begins elsewhere in it.
    init(_ file: PictureFile, seed: UInt32) {
        self.init(
            width: file.width, height: file.height, bitrate: 0, frameRate: file.frameRate, seed: seed,
            file: file)
        position = Int(seed % UInt32(clamping: file.count))
    }

    init(
        width: UInt16, height: UInt16, bitrate: Int, frameRate: Int, seed: UInt32, file: PictureFile? = nil
    ) {
        self.file = file
        self.width = width
        self.height = height
        let rate = max(frameRate, 1)
        frameBytes = max(bitrate / 8 / rate, 64)
        frameInterval = .nanoseconds(1_000_000_000 / Int64(rate))
        pictureID = UInt16(truncatingIfNeeded: seed) & 0x7FFF
        timestamp = seed &* 7919
    }

    var interval: Duration { frameInterval }

    /// A keyframe is wanted; not more often than three times a second.
    mutating func requestKeyframe(at now: Instant) {
        guard keyframeDue == nil else { return }
        let soonest = lastKeyframe?.advanced(by: .milliseconds(300)) ?? now
        keyframeDue = max(now, soonest)
    }

    /// The packets of the next frame, of equal size but for the last.
    mutating func nextFrame(at now: Instant, _ take: (SyntheticPacket) -> Void) {
        timestamp &+= UInt32(truncatingIfNeeded: frameInterval.nanoseconds * 9 / 100_000)
        let isDue = keyframeDue.map { $0 <= now } ?? false
        let isOld = lastKeyframe.map { $0.advanced(by: Self.keyframeInterval) <= now } ?? true
        // A file has keyframes of its own.
        let isJump = isDue || lastKeyframe == nil
        if let file, isJump { position = file.keyframe(from: position) }
        let isKeyframe = file?.isKeyframe(position) ?? (isDue || isOld)
        if isKeyframe { (lastKeyframe, keyframeDue) = (now, nil) }
        pictureID = (pictureID + 1) & 0x7FFF
        tl0 &+= 1
        let room = Self.largestPayload - Self.descriptorCount
        if let file { return takePictures(of: file, isKeyframe: isKeyframe, room: room, at: now, take) }
        // A keyframe is some three times as large.
        let bytes = isKeyframe ? frameBytes * 3 : frameBytes
        let parts = (bytes + room - 1) / room
        let size = max((bytes + parts - 1) / parts, PayloadStamp.size + 10)
        for part in 0..<parts {
            take(
                SyntheticPacket(
                    timestamp: timestamp, sentAt: now, count: UInt16(size + Self.descriptorCount),
                    pictureID: pictureID, tl0: tl0, isVideo: true, isKeyframe: isKeyframe,
                    startsFrame: part == 0, marker: part == parts - 1))
        }
    }

    /// Decoders ignore what follows a frame, so a stamp may: but only there.
    private mutating func takePictures(
        of file: PictureFile, isKeyframe: Bool, room: Int, at now: Instant, _ take: (SyntheticPacket) -> Void
    ) {
        let bytes = file.size(of: position)
        let parts = (bytes + PayloadStamp.size + room - 1) / room
        let size = (bytes + parts - 1) / parts
        for part in 0..<parts {
            let count = min(size, bytes - part * size)
            let isLast = part == parts - 1
            take(
                SyntheticPacket(
                    timestamp: timestamp, sentAt: now,
                    count: UInt16(Self.descriptorCount + max(count, 0) + (isLast ? PayloadStamp.size : 0)),
                    pictureID: pictureID, tl0: tl0, isVideo: true, isKeyframe: isKeyframe,
                    startsFrame: part == 0, marker: isLast, isStamped: isLast,
                    frame: UInt32(clamping: position), offset: UInt32(clamping: part * size)))
        }
        position = (position + 1) % file.count
    }

    /// Writes a packet's payload; `bytes` are as many as it has.
    @unsafe func write(_ packet: SyntheticPacket, into bytes: UnsafeMutableRawBufferPointer) {
        let after = Self.descriptorCount
        guard bytes.count >= after + 10 else { return }
        unsafe bytes[0] = 0x80 | (packet.startsFrame ? 0x10 : 0)
        unsafe bytes[1] = 0xE0
        unsafe bytes[2] = 0x80 | UInt8(packet.pictureID >> 8)
        unsafe bytes[3] = UInt8(truncatingIfNeeded: packet.pictureID)
        unsafe bytes[4] = packet.tl0
        unsafe bytes[5] = 0
        if let file {
            let stamp = packet.isStamped ? PayloadStamp.size : 0
            let body = unsafe UnsafeMutableRawBufferPointer(
                rebasing: bytes[after..<max(bytes.count - stamp, after)])
            return unsafe file.copy(Int(packet.frame), from: Int(packet.offset), into: body)
        }
        guard packet.startsFrame else { return }
        // Shown, and 200 bytes of first partition.
        let tag = UInt32(packet.isKeyframe ? 0 : 1) | 1 << 4 | 200 << 5
        for index in 0..<3 {
            unsafe bytes[after + index] = UInt8(truncatingIfNeeded: tag >> UInt32(8 * index))
        }
        guard packet.isKeyframe else { return }
        unsafe bytes[after + 3] = 0x9D
        unsafe bytes[after + 4] = 0x01
        unsafe bytes[after + 5] = 0x2A
        unsafe bytes.storeBytes(of: width.littleEndian, toByteOffset: after + 6, as: UInt16.self)
        unsafe bytes.storeBytes(of: height.littleEndian, toByteOffset: after + 8, as: UInt16.self)
    }
}

/// 50 packets a second of what looks like Opus. Publishers speak one after the other, for two seconds each.
struct SyntheticAudio {
    static let interval = Duration.milliseconds(20)
    private static let payloadCount = 100
    private static let turn = 100

    private let place: Int
    private let of: Int
    private var timestamp: UInt32
    private var packets = 0

    /// - Parameters:
    ///   - place: Which of the speakers of its room it is.
    init(place: Int, of count: Int, seed: UInt32) {
        self.place = place
        of = max(count, 1)
        timestamp = seed &* 104_729
    }

    /// Whether it is this one's turn.
    var isSpeaking: Bool { packets / Self.turn % of == place }

    /// Voice and level of the last packet, as RFC 6464 §3 has them.
    var level: UInt8 { isSpeaking ? 0x80 | 20 : 90 }

    mutating func nextPacket(at now: Instant) -> SyntheticPacket {
        timestamp &+= 960
        packets += 1
        return SyntheticPacket(
            timestamp: timestamp, sentAt: now, count: UInt16(Self.payloadCount), startsFrame: true,
            marker: packets == 1)
    }

    /// 20 ms of CELT, full band, mono, one frame. RFC 6716 §3.1.
    static func write(into bytes: UnsafeMutableRawBufferPointer) {
        if bytes.count > 0 { unsafe bytes[0] = 31 << 3 }
    }
}
