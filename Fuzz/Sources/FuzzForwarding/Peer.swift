// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Forwarding
import FuzzKit
import ICE
import MediaPlans
import NetworkAddresses
import RTP
import SRTP
import STUN

/// Somebody who has the right keys and means no good.
final class Peer {
    let number: Int
    let room: Int
    var id: ConnectionID!
    var slotCount = 0
    var isSecured = false
    private let credentials: ICECredentials
    private let exported: [UInt8]
    private var sealer: SRTPSealer<PlainCiphers>
    private var opener: SRTPOpener<PlainCiphers>
    private var lastCheck: UInt64 = 0
    private var late: [[UInt8]] = []
    private var numbers: [UInt32: Int64] = [:]

    init(_ number: Int, room: Int, _ ciphers: PlainCiphers) {
        self.number = number
        self.room = room
        var random = SeededRandomSource(seed: UInt64(number))
        credentials = ICECredentials(using: &random)
        exported = random.nextBytes(SRTPProfile.aes128GCM.keyingMaterialCount)
        let keys = SRTPKeys(.aes128GCM, exported: exported, isClient: true)!
        sealer = try! SRTPSealer(keys.sending, ciphers: ciphers)
        opener = try! SRTPOpener(keys.receiving, ciphers: ciphers, sources: 1_000)
    }

    static func path(_ number: Int) -> MediaPath {
        MediaPath(local: 0, remote: SocketAddress(ip: IPAddress(v4: 0x0A00_0000 + UInt32(number)), port: 9))
    }

    var path: MediaPath { Peer.path(number) }
    var serverKeys: SRTPKeys { SRTPKeys(.aes128GCM, exported: exported, isClient: false)! }

    var plan: ConnectionPlan {
        ConnectionPlan(
            localUfrag: credentials.ufrag, localPassword: credentials.password, remoteUfrag: "peer",
            remotePassword: "0123456789012345678901",
            fingerprints: [CertificateFingerprint(.sha256, [UInt8](repeating: 1, count: 32))!], role: .passive
        )
    }

    func check(nominating: Bool) -> [UInt8] {
        lastCheck += 1
        var writer = STUNWriter(
            .binding, .request, id: STUNTransactionID(high: UInt32(number), low: lastCheck))
        writer.append(.username, credentials.ufrag + ":peer")
        writer.append(.priority, number: ICEPriority.candidate(.host))
        writer.append(.iceControlling, longNumber: 1)
        if nominating { writer.append(.useCandidate) }
        writer.append(.sha1, key: Array(credentials.password.utf8), PlainDigests())
        writer.appendFingerprint()
        return writer.finish()
    }

    /// A genuine packet of any stream, in nearly any order, with any extensions and any payload.
    func media(_ script: inout Script) -> [UInt8] {
        let ssrc = UInt32(script.number(40))
        let step = script.byte()
        // Some are lost; no number is given twice, as the cipher would see that.
        let next = (numbers[ssrc] ?? 100) + (step < 200 ? 1 : Int64(step) - 198)
        numbers[ssrc] = next
        let kind = script.number(6)
        let payloadType = kind == 5 ? UInt8(111) : UInt8(96 + script.number(8))
        var bytes = [UInt8](repeating: 0, count: 400)
        let mid = script.number(4)
        let header = unsafe bytes.withUnsafeMutableBytes { place in
            var writer = unsafe RTPHeaderWriter(
                into: place, marker: kind & 1 == 0, payloadType: payloadType,
                sequence: UInt16(truncatingIfNeeded: next),
                timestamp: UInt32(script.byte()) &* 3_000 &+ UInt32(next),
                ssrc: ssrc, form: .twoByte)!
            let name = Array("t\(mid)".utf8)
            _ = unsafe name.withUnsafeBytes { unsafe writer.append(ExtensionKind.mid.rawValue + 1, $0) }
            let rid = Array("r\(script.number(4))".utf8)
            _ = unsafe rid.withUnsafeBytes { unsafe writer.append(ExtensionKind.rid.rawValue + 1, $0) }
            writer.append(ExtensionKind.transportSequence.rawValue + 1, UInt16(truncatingIfNeeded: next))
            writer.append(ExtensionKind.audioLevel.rawValue + 1, script.byte())
            let rest = script.bytes(script.number(30))
            _ = unsafe rest.withUnsafeBytes {
                unsafe writer.append(ExtensionKind.dependencyDescriptor.rawValue + 1, $0)
            }
            return writer.finish()
        }
        if script.number(8) == 0 { bytes[0] |= 0x20 }
        let payload = kind == 0 ? Self.keyframe(script.byte()) : script.bytes(script.number(40))
        let packet = seal(Array(bytes[..<header]) + payload, header, UInt32(truncatingIfNeeded: next >> 16))
        // Some come late.
        guard script.number(8) == 0 else { return packet }
        late.append(packet)
        return late.count > 2 ? late.removeFirst() : packet
    }

    /// A keyframe of VP8, so that receivers begin.
    private static func keyframe(_ picture: UInt8) -> [UInt8] {
        [0x90, 0xE0, 0x80, picture, 3, 0, 0x10, 2, 0, 0x9D, 1, 0x2A, 0x40, picture, 0xF0, 0, 1, 2]
    }

    private func seal(_ packet: [UInt8], _ header: Int, _ rollover: UInt32) -> [UInt8] {
        var sealed = [UInt8](repeating: 0, count: packet.count + SRTPProfile.mostOverhead)
        let count = unsafe packet.withUnsafeBytes { source in
            unsafe sealed.withUnsafeMutableBytes { place in
                unsafe place.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<header]))
                return unsafe sealer.seal(
                    place.baseAddress!, headerCount: header,
                    payload: UnsafeRawBufferPointer(rebasing: source[header...]), rollover: rollover)
            }
        }
        return Array(sealed[..<count])
    }

    /// A genuine RTCP packet: a request about some stream, or anything.
    func control(_ script: inout Script) -> [UInt8] {
        var packet: [UInt8]
        let ssrc = UInt32(1_000 + script.number(20))
        let media = [UInt8](unsafe withUnsafeBytes(of: ssrc.bigEndian) { unsafe Array($0) })
        switch script.number(4) {
        case 0: packet = [0x81, 206, 0, 2, 0, 0, 0, 1] + media
        case 1: packet = [0x81, 205, 0, 3, 0, 0, 0, 1] + media + [script.byte(), script.byte(), 0xFF, 0xFF]
        case 2: packet = [0x8F, 205, 0, 6, 0, 0, 0, 1] + media + script.bytes(16)
        default:
            packet = [0x80 | script.byte() & 0x3F, 200 + script.byte() % 8] + script.bytes(script.number(60))
        }
        while packet.count < 8 || packet.count & 3 != 0 { packet.append(0) }
        var sealed = [UInt8](repeating: 0, count: packet.count + SRTPProfile.mostOverhead + 8)
        let count = unsafe packet.withUnsafeBytes { source in
            unsafe sealed.withUnsafeMutableBytes { unsafe sealer.sealControl(source, into: $0.baseAddress!) }
        }
        return Array(sealed[..<count])
    }

    /// What comes must be for this peer, under numbers of its own.
    func receive(_ bytes: [UInt8]) {
        guard let first = bytes.first, first & 0xC0 == 0x80 else { return }
        var plain = bytes
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe plain.withUnsafeMutableBytes { place in
                if unsafe RTPPacketKind(bytes) == .rtcp {
                    let count = unsafe try? opener.openControl(bytes, into: place.baseAddress!)
                    promise(count != nil, "RTCP is sealed with its receiver's keys")
                    return
                }
                guard let header = unsafe RTPHeader(bytes, ignoringPadding: true) else {
                    return promise(false, "a packet that leaves has a header")
                }
                promise(header.ssrc >= 1_000 && header.ssrc < 1_100, "nobody sees another's numbers")
                let opened = unsafe try? opener.open(
                    bytes, headerCount: header.headerCount, into: place.baseAddress! + header.headerCount)
                promise(opened != nil, "a packet is sealed with its receiver's keys, and once")
            }
        }
    }
}
