// SPDX-License-Identifier: Apache-2.0
import Congestion
import EngineKit
import Forwarding
import ICE
import MediaPlans
import NetworkAddresses
import RTP
import SRTP
import STUN
import TestKit
import Testing

/// Somebody at the other end of a connection, who sends, receives and reports as browsers do.
final class Peer {
    /// A packet that came, as a decoder would see it.
    struct Received {
        var header: RTPHeader
        var extensions: HeaderExtensions
        var payload: [UInt8]
        /// Without wraps.
        var number: Int64
        var at: Instant
        var wasRepeated = false
        /// Of the dependency descriptor.
        var frameNumber: UInt16?
    }

    unowned let world: World
    let number: Int
    var id = ConnectionID.none
    var path: MediaPath
    let credentials: ICECredentials
    private var opener: SRTPOpener<PlainCiphers>
    private var sealer: SRTPSealer<PlainCiphers>
    private let exported: [UInt8]
    private var lastCheck: UInt64 = 0
    private var nextCheck = Instant.origin

    var sources: [Source] = []
    /// What came, by SSRC.
    var received: [UInt32: [Received]] = [:]
    /// SSRCs of repeats, and what they repeat.
    var repeatsOf: [UInt32: UInt32] = [:]
    var extensionMap = ExtensionMap()
    /// Reports and requests that came.
    var senderReports: [SenderReport] = []
    var reportBlocks: [ReportBlock] = []
    var pictureLosses: [UInt32] = []
    /// Whether requests for keyframes get lost.
    var deaf = false
    var losses: [(ssrc: UInt32, sequence: UInt16)] = []
    var feedbackCount = 0
    /// What could not be opened.
    var unopened = 0
    /// Whether lost packets are asked for again.
    var asksForRepeats = false
    private var asked: [UInt64: Int] = [:]
    var transportSequence: UInt16 = 0
    /// The way of what it is sent, if that is not the weather's.
    var line: VirtualLink<[UInt8]>?
    /// What it tells of what comes, if it does.
    var arrivals: TransportFeedbackRecorder?

    init(_ world: World, number: Int) {
        self.world = world
        self.number = number
        var random = SeededRandomSource(seed: UInt64(number))
        credentials = ICECredentials(using: &random)
        exported = random.nextBytes(SRTPProfile.aes128GCM.keyingMaterialCount)
        path = Peer.path(number, port: 5_000)
        let keys = SRTPKeys(.aes128GCM, exported: exported, isClient: true)!
        opener = try! SRTPOpener(keys.receiving, ciphers: world.ciphers)
        sealer = try! SRTPSealer(keys.sending, ciphers: world.ciphers)
    }

    static func path(_ number: Int, port: UInt16) -> MediaPath {
        MediaPath(
            local: 0, remote: SocketAddress(ip: IPAddress(v4: 0x0A00_0000 + UInt32(number)), port: port))
    }

    var serverKeys: SRTPKeys { SRTPKeys(.aes128GCM, exported: exported, isClient: false)! }

    var plan: ConnectionPlan {
        ConnectionPlan(
            localUfrag: credentials.ufrag, localPassword: credentials.password, remoteUfrag: "peer",
            remotePassword: "0123456789012345678901",
            fingerprints: [CertificateFingerprint(.sha256, [UInt8](repeating: 1, count: 32))!], role: .passive
        )
    }

    /// Sends a connectivity check.
    func check(nominating: Bool = true) {
        lastCheck += 1
        var writer = STUNWriter(
            .binding, .request, id: STUNTransactionID(high: UInt32(number), low: lastCheck))
        writer.append(.username, credentials.ufrag + ":peer")
        writer.append(.priority, number: ICEPriority.candidate(.host))
        writer.append(.iceControlling, longNumber: 1)
        if nominating { writer.append(.useCandidate) }
        writer.append(.sha1, key: Array(credentials.password.utf8), PlainDigests())
        writer.appendFingerprint()
        world.send(writer.finish(), on: path, isToServer: true)
        nextCheck = world.now.advanced(by: .seconds(2))
    }

    /// Called each millisecond.
    func tick() {
        if lastCheck > 0, world.now >= nextCheck { check() }
        for index in sources.indices { sources[index].tick(self) }
        if asksForRepeats { askForRepeats() }
        if let due = arrivals?.deadline, due <= world.now { tellArrivals() }
    }

    /// Seals an RTP packet and puts it on its way.
    func send(_ packet: [UInt8], headerCount: Int, rollover: UInt32) {
        world.send(seal(packet, headerCount: headerCount, rollover: rollover), on: path, isToServer: true)
    }

    func seal(_ packet: [UInt8], headerCount: Int, rollover: UInt32) -> [UInt8] {
        var sealed = [UInt8](repeating: 0, count: packet.count + SRTPProfile.mostOverhead)
        let count = unsafe packet.withUnsafeBytes { source in
            unsafe sealed.withUnsafeMutableBytes { place in
                unsafe place.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<headerCount]))
                return unsafe sealer.seal(
                    place.baseAddress!, headerCount: headerCount,
                    payload: UnsafeRawBufferPointer(rebasing: source[headerCount...]), rollover: rollover)
            }
        }
        return Array(sealed[..<count])
    }

    /// Seals an RTCP packet that `write` writes, and puts it on its way.
    func sendControl(_ write: (inout RTCPWriter) -> Void) {
        let bytes = sealControl(write)
        if !bytes.isEmpty { world.send(bytes, on: path, isToServer: true) }
    }

    func sealControl(_ write: (inout RTCPWriter) -> Void) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1_400)
        let count = unsafe bytes.withUnsafeMutableBytes { place in
            var writer = unsafe RTCPWriter(into: UnsafeMutableRawBufferPointer(rebasing: place[..<1_200]))
            write(&writer)
            guard writer.count > 0 else { return 0 }
            return unsafe sealer.sealControl(
                UnsafeRawBufferPointer(rebasing: place[..<writer.count]), into: place.baseAddress!)
        }
        return Array(bytes[..<count])
    }

    /// Sends transport-wide feedback.
    private func tellArrivals() {
        while true {
            var bytes = [UInt8](repeating: 0, count: 1_400)
            let count = unsafe bytes.withUnsafeMutableBytes { place in
                let room = unsafe UnsafeMutableRawBufferPointer(rebasing: place[..<1_100])
                guard let count = unsafe arrivals?.write(into: room, sender: 1, media: 1), count > 0 else {
                    return 0
                }
                return unsafe sealer.sealControl(
                    UnsafeRawBufferPointer(rebasing: place[..<count]), into: place.baseAddress!)
            }
            guard count > 0 else { return }
            world.send(Array(bytes[..<count]), on: path, isToServer: true)
        }
    }

    func receive(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { bytes in
            guard let first = unsafe bytes.first, first >= 128, first < 192 else { return }
            if unsafe RTPPacketKind(bytes) == .rtcp {
                unsafe receiveControl(bytes)
            } else {
                unsafe receiveMedia(bytes)
            }
        }
    }

    private func receiveMedia(_ bytes: UnsafeRawBufferPointer) {
        guard var header = unsafe RTPHeader(bytes, ignoringPadding: true) else { return }
        var plain = unsafe Array(bytes)
        let opened = unsafe plain.withUnsafeMutableBytes { place in
            unsafe try? opener.open(
                bytes, headerCount: header.headerCount, into: place.baseAddress! + header.headerCount)
        }
        guard let opened else {
            unopened += 1
            return
        }
        plain.removeLast(plain.count - header.headerCount - opened.payloadCount)
        unsafe plain.withUnsafeBytes { plain in
            guard unsafe header.readPadding(in: plain) else { return }
            let range = header.payload(of: plain.count)
            var packet = Received(
                header: header, extensions: unsafe HeaderExtensions(plain, header, extensionMap),
                payload: unsafe Array(plain[range]), number: Int64(opened.index), at: world.now)
            let descriptor = packet.extensions.dependencyDescriptor.range
            if !descriptor.isEmpty {
                packet.frameNumber = unsafe DependencyDescriptor.frameNumber(
                    of: UnsafeRawBufferPointer(rebasing: plain[descriptor]))
            }
            if let sequence = packet.extensions.transportSequence {
                arrivals?.received(sequence, at: world.now)
            }
            if let original = repeatsOf[header.ssrc] {
                guard packet.payload.count > 2 else { return }
                packet.wasRepeated = true
                packet.header.sequence = UInt16(packet.payload[0]) << 8 | UInt16(packet.payload[1])
                packet.payload.removeFirst(2)
                let highest = received[original]?.map(\.number).max() ?? 0
                let ahead = Int16(truncatingIfNeeded: Int64(packet.header.sequence) - highest)
                packet.number = highest + Int64(ahead)
                received[original, default: []].append(packet)
            } else {
                received[header.ssrc, default: []].append(packet)
            }
        }
    }

    private func receiveControl(_ bytes: UnsafeRawBufferPointer) {
        var plain = unsafe Array(bytes)
        let count = unsafe plain.withUnsafeMutableBytes {
            unsafe try? opener.openControl(bytes, into: $0.baseAddress!)
        }
        guard let count else {
            unopened += 1
            return
        }
        unsafe plain.withUnsafeBytes { plain in
            let datagram = unsafe UnsafeRawBufferPointer(rebasing: plain[..<count])
            var cursor = RTCPCursor()
            while let packet = unsafe cursor.next(in: datagram) { note(packet) }
            #expect(!cursor.isBroken)
        }
    }

    private func note(_ packet: RTCPPacket) {
        if let report = packet.senderReport { senderReports.append(report) }
        for index in 0..<packet.reportBlockCount { reportBlocks.append(packet.reportBlock(index)!) }
        if packet.kind == .pictureLoss, let ssrc = packet.mediaSource {
            pictureLosses.append(ssrc)
            for index in sources.indices where sources[index].ssrc == ssrc && !deaf {
                sources[index].wantsKeyframe = true
            }
        }
        if packet.kind == .transportFeedback { feedbackCount += 1 }
        for pair in 0..<packet.nackCount {
            var cursor = NACKPair.Cursor()
            while let sequence = packet.nack(pair)!.next(&cursor) {
                losses.append((packet.mediaSource!, sequence))
                for index in sources.indices where sources[index].ssrc == packet.mediaSource {
                    sources[index].repeatPacket(sequence, self)
                }
            }
        }
    }

    /// Asks for every gap of the last second, each 100 ms.
    private func askForRepeats() {
        guard world.now.nanoseconds / 1_000_000 % 20 == 0 else { return }
        for (ssrc, packets) in received {
            let numbers = Set(packets.suffix(300).map(\.number))
            guard let first = numbers.min(), let last = numbers.max() else { continue }
            var missing: [UInt16] = []
            for number in first...last where !numbers.contains(number) {
                let key = UInt64(ssrc) << 32 | UInt64(UInt32(truncatingIfNeeded: number))
                let count = asked[key, default: 0]
                asked[key] = count + 1
                if count % 5 == 1, count < 50 { missing.append(UInt16(truncatingIfNeeded: number)) }
            }
            guard !missing.isEmpty else { continue }
            sendControl { writer in
                for sequence in missing { writer.appendNACK(sequence, sender: 1, media: ssrc) }
            }
        }
    }
}

extension ConnectionID {
    /// Of nobody.
    static var none: ConnectionID { unsafe unsafeBitCast(UInt64.max, to: ConnectionID.self) }
}

extension Peer {
    /// The next number of draft-holmer-rmcat-transport-wide-cc-extensions-01.
    func nextTransportSequence() -> UInt16 {
        transportSequence &+= 1
        return transportSequence
    }
}
