// SPDX-License-Identifier: Apache-2.0

import FuzzKit
import SRTP

/// One direction of a connection over a network that repeats, reorders and damages, with strangers in it.
struct Network: ~Copyable {
    /// A packet under way: what it was before it was sealed.
    struct Sent {
        var bytes: [UInt8]
        var clear: [UInt8]
        var source: UInt8
        var index: Int
        var isReport: Bool
        var wasOpened = false
    }

    private var sealer: SRTPSealer<ToyCiphers>
    private var opener: SRTPOpener<ToyCiphers>
    private var sent: [Sent] = []
    private var next = [Int](repeating: 0, count: 8)
    /// Where packets are opened from and into, each with a guard behind it that the sanitizer watches.
    private let profile: SRTPProfile

    init(_ profile: SRTPProfile) throws {
        let exported = (0..<profile.keyingMaterialCount).map { UInt8($0) }
        guard let keys = SRTPKeys(profile, exported: exported, isClient: true) else { fatalError("sizes") }
        let sealer = try SRTPSealer(keys.sending, ciphers: ToyCiphers())
        let opener = try SRTPOpener(keys.sending, ciphers: ToyCiphers(), sources: 5)
        self.sealer = sealer
        self.opener = opener
        self.profile = profile
    }

    /// Seals the packet that many numbers after the last one of its source, and lets it arrive.
    mutating func send(source: UInt8, ahead: Int) {
        let index = next[Int(source)] + ahead
        next[Int(source)] = index + 1
        var clear: [UInt8] = [
            0x80, 96, UInt8(index >> 8 & 0xFF), UInt8(index & 0xFF), 1, 2, 3, 4, 9, 9, 9, source,
        ]
        clear += (0..<index % 40).map { UInt8($0) }
        var bytes = clear + [UInt8](repeating: 0, count: profile.tagCount)
        let payload = Array(clear.dropFirst(12))
        let count = unsafe bytes.withUnsafeMutableBytes { place in
            unsafe payload.withUnsafeBytes {
                unsafe sealer.seal(
                    place.baseAddress!, headerCount: 12, payload: $0, rollover: UInt32(index >> 16))
            }
        }
        promise(count == bytes.count, "a sealed packet has its size")
        sent.append(Sent(bytes: bytes, clear: clear, source: source, index: index, isReport: false))
        deliver(sent.count - 1)
    }

    mutating func report(source: UInt8, count: Int) {
        let clear: [UInt8] = [0x80, 201, 0, 1, 9, 9, 9, source] + (8..<count).map { UInt8($0 & 0xFF) }
        var bytes = [UInt8](repeating: 0, count: clear.count + profile.controlOverhead)
        let size = unsafe bytes.withUnsafeMutableBytes { place in
            unsafe clear.withUnsafeBytes { unsafe sealer.sealControl($0, into: place.baseAddress!) }
        }
        promise(size == bytes.count, "a sealed report has its size")
        sent.append(Sent(bytes: bytes, clear: clear, source: source, index: -1, isReport: true))
        deliver(sent.count - 1)
    }

    /// Lets one that was sent arrive, perhaps again.
    mutating func deliver(_ number: Int) {
        guard !sent.isEmpty else { return }
        let place = number % sent.count
        let packet = sent[place]
        let opened = packet.isReport ? openReport(packet.bytes) : open(packet.bytes, headerCount: 12)
        guard let opened else { return }
        promise(!packet.wasOpened, "nothing is opened twice")
        promise(opened.bytes == packet.clear, "what comes out is what went in")
        if !packet.isReport { promise(opened.index == packet.index, "with the number that it was sent with") }
        sent[place].wasOpened = true
    }

    /// Changes one bit of a packet that was sent, and lets it arrive.
    mutating func damage(_ number: Int, bit: Int) {
        guard !sent.isEmpty else { return }
        var packet = sent[number % sent.count]
        let sources = opener.sourceCount
        packet.bytes[(bit / 8) % packet.bytes.count] ^= 1 << UInt8(bit % 8)
        // The toys' tags are 8 bytes long: behind them nothing is looked at.
        guard (bit / 8) % packet.bytes.count < packet.bytes.count - profile.controlOverhead else { return }
        let opened = packet.isReport ? openReport(packet.bytes) : open(packet.bytes, headerCount: 12)
        promise(opened == nil, "nothing damaged is opened")
        promise(opener.sourceCount == sources, "and nothing learned from it")
    }

    /// Lets bytes of a stranger arrive.
    mutating func deliver(_ bytes: [UInt8], headerCount: Int) {
        _ = open(bytes, headerCount: headerCount)
        _ = openReport(bytes)
        promise(opener.sourceCount <= 5, "no more sources than allowed")
    }

    private mutating func open(_ bytes: [UInt8], headerCount: Int) -> (bytes: [UInt8], index: Int)? {
        var room = [UInt8](repeating: 0, count: max(bytes.count - headerCount, 0) + 1)
        let opened = unsafe bytes.withUnsafeBytes { bytes in
            unsafe room.withUnsafeMutableBytes { room in
                unsafe try? opener.open(bytes, headerCount: headerCount, into: room.baseAddress!)
            }
        }
        guard let opened else { return nil }
        return (Array(bytes.prefix(headerCount)) + room.prefix(opened.payloadCount), Int(opened.index))
    }

    private mutating func openReport(_ bytes: [UInt8]) -> (bytes: [UInt8], index: Int)? {
        var room = [UInt8](repeating: 0, count: bytes.count + 1)
        let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe room.withUnsafeMutableBytes { room in
                unsafe try? opener.openControl(bytes, into: room.baseAddress!)
            }
        }
        return count.map { (Array(room.prefix($0)), -1) }
    }
}
