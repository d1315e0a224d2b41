// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Forwarding
import ICE
import MediaPlans
import NetworkAddresses
import RTP
import SRTP
import STUN

/// Takes what leaves and forgets it.
@safe struct Drain: MediaSink, ~Copyable {
    private let memory: UnsafeMutableRawPointer = .allocate(byteCount: MediaRun.capacity * 4, alignment: 64)
    private var used = 0
    var runs = 0
    var datagrams = 0

    deinit { unsafe memory.deallocate() }

    mutating func space(_ count: Int) -> UnsafeMutableRawPointer {
        if used + count > MediaRun.capacity * 4 { used = 0 }
        return unsafe memory + used
    }

    mutating func send(count: Int, segment: Int, to path: MediaPath) {
        used += (count + 63) & ~63
        runs += 1
        datagrams += (count + segment - 1) / segment
    }
}

/// One who publishes, and many who watch.
struct Fanout<Ciphers: SRTPCiphers>: ~Copyable {
    private var forwarder: Forwarder<Ciphers, NoDigests>
    private var sealer: SRTPSealer<Ciphers>
    private var now = Instant(nanoseconds: 1_000_000_000_000)
    private let publisher: MediaPath
    private var videoNumber: Int64 = 100
    private var audioNumber: Int64 = 100
    private var picture: UInt16 = 0
    private var drain = Drain()
    private var frames = 0
    private var packet = [UInt8](repeating: 0, count: 2_048)

    private static var exported: [UInt8] { (0..<56).map { UInt8($0) } }

    private init(
        _ forwarder: consuming Forwarder<Ciphers, NoDigests>, _ sealer: consuming SRTPSealer<Ciphers>
    ) {
        self.forwarder = forwarder
        self.sealer = sealer
        publisher = Self.path(0)
    }

    static func make(viewers: Int, ciphers: Ciphers, extensions: [ExtensionPlan]) throws -> Fanout {
        let now = Instant(nanoseconds: 1_000_000_000_000)
        var forwarder = Forwarder(ForwardingSettings(), seed: [1], ciphers: ciphers, digests: NoDigests())
        let keys = SRTPKeys(.aes128GCM, exported: Self.exported, isClient: true)!
        let sealer = try SRTPSealer(keys.sending, ciphers: ciphers)
        let room = forwarder.openRoom()
        let id = try Self.join(&forwarder, room, 0, now)
        let vp8 = CodecPlan(payloadType: 96, format: CodecFormat(.vp8), feedback: [.nack])
        let opus = CodecPlan(payloadType: 111, format: CodecFormat(.opus))
        let ids = forwarder.publish(
            id,
            [
                TrackPlan(
                    mid: ShortName("v")!, kind: .video, codecs: [vp8], encodings: [EncodingPlan(ssrc: 1)]),
                TrackPlan(
                    mid: ShortName("a")!, kind: .audio, codecs: [opus], encodings: [EncodingPlan(ssrc: 2)]),
            ], at: now)
        for viewer in 1...viewers {
            let id = try Self.join(&forwarder, room, viewer, now)
            forwarder.setSlots(
                id,
                [
                    SlotPlan(
                        mid: ShortName("v")!, kind: .video, ssrc: UInt32(viewer * 10), codecs: [vp8],
                        extensions: extensions, cname: "c"),
                    SlotPlan(
                        mid: ShortName("a")!, kind: .audio, ssrc: UInt32(viewer * 10 + 1), codecs: [opus],
                        extensions: extensions, cname: "c"),
                ], at: now)
            forwarder.view(
                id,
                [
                    SlotWish(mid: ShortName("v")!, publication: ids[0]),
                    SlotWish(mid: ShortName("a")!, publication: ids[1]),
                ], at: now)
        }
        while forwarder.poll() != nil {}
        return Fanout(forwarder, sealer)
    }

    private static func path(_ number: Int) -> MediaPath {
        MediaPath(
            local: 0, remote: SocketAddress(ip: IPAddress(v4: 0x0A00_0000 + UInt32(number)), port: 5_000))
    }

    private static func join(
        _ forwarder: inout Forwarder<Ciphers, NoDigests>, _ room: RoomID, _ number: Int, _ now: Instant
    ) throws -> ConnectionID {
        var random = SeededRandomSource(seed: UInt64(number))
        let own = ICECredentials(using: &random)
        let plan = ConnectionPlan(
            localUfrag: own.ufrag, localPassword: own.password, remoteUfrag: "peer",
            remotePassword: "0123456789012345678901",
            fingerprints: [CertificateFingerprint(.sha256, [UInt8](repeating: 1, count: 32))!], role: .passive
        )
        let id = try forwarder.open(
            plan, ConnectionOptions(room: room, participant: UInt64(number), choosesAudio: false), at: now)
        var writer = STUNWriter(.binding, .request, id: STUNTransactionID(high: 1, low: UInt64(number)))
        writer.append(.username, own.ufrag + ":peer")
        writer.append(.priority, number: 1)
        writer.append(.iceControlling, longNumber: 1)
        writer.append(.useCandidate)
        writer.append(.sha1, key: Array(own.password.utf8), NoDigests())
        writer.appendFingerprint()
        let check = writer.finish()
        unsafe check.withUnsafeBytes { _ = unsafe forwarder.receive($0, from: path(number), at: now) }
        try forwarder.secured(id, SRTPKeys(.aes128GCM, exported: Self.exported, isClient: false)!, at: now)
        return id
    }

    /// One packet of a stream, sealed.
    private mutating func seal(
        _ ssrc: UInt32, _ payloadType: UInt8, _ number: Int64, marker: Bool, _ payload: [UInt8]
    ) -> Int {
        let timestamp = UInt32(frames) &* 3_000
        let sealer = unsafe UnsafePointer(withUnsafePointer(to: &self.sealer) { unsafe $0 })
        return unsafe packet.withUnsafeMutableBytes { place in
            let writer = unsafe RTPHeaderWriter(
                into: place, marker: marker, payloadType: payloadType,
                sequence: UInt16(truncatingIfNeeded: number), timestamp: timestamp, ssrc: ssrc)!
            let header = writer.finish()
            for index in payload.indices { unsafe place[header + index] = payload[index] }
            return unsafe payload.withUnsafeBytes {
                unsafe sealer.pointee.seal(
                    place.baseAddress!, headerCount: header, payload: $0,
                    rollover: UInt32(truncatingIfNeeded: number >> 16))
            }
        }
    }

    /// What one frame of five packets and two packets of sound cost, in nanoseconds of processor time.
    mutating func frame() -> UInt64 {
        frames += 1
        picture = (picture &+ 1) & 0x7FFF
        var spent: UInt64 = 0
        for index in 0..<5 {
            var payload: [UInt8] = [
                index == 0 ? 0x90 : 0x80, 0xE0, UInt8(picture >> 8) | 0x80, UInt8(picture & 0xFF), 1, 0,
            ]
            payload += index == 0 && frames % 300 == 1 ? [0x10, 2, 0, 0x9D, 1, 0x2A, 0, 5, 0xD0, 2] : [0x11]
            payload += [UInt8](repeating: 7, count: 1_100 - payload.count)
            let count = seal(1, 96, videoNumber, marker: index == 4, payload)
            videoNumber += 1
            spent += receive(count)
        }
        spent += flush()
        for _ in 0..<(frames % 3 == 0 ? 1 : 2) {
            now = now.advanced(by: .milliseconds(10))
            let count = seal(2, 111, audioNumber, marker: false, [UInt8](repeating: 9, count: 80))
            audioNumber += 1
            spent += receive(count)
            spent += flush()
        }
        now = now.advanced(by: .milliseconds(frames % 3 == 0 ? 23 : 13))
        return spent
    }

    private mutating func receive(_ count: Int) -> UInt64 {
        let start = processorTime()
        unsafe packet.withUnsafeBytes {
            _ = unsafe forwarder.receive(
                UnsafeRawBufferPointer(rebasing: $0[..<count]), from: publisher, at: now)
        }
        return processorTime() - start
    }

    private mutating func flush() -> UInt64 {
        let start = processorTime()
        forwarder.flush(into: &drain, at: now)
        while forwarder.poll() != nil {}
        return processorTime() - start
    }

    var packetsOut: UInt64 { forwarder.counters.packetsOut }
    var runs: Int { drain.runs }
    var drops: UInt64 { forwarder.counters.drops.reduce(0, +) }
}
