// SPDX-License-Identifier: Apache-2.0
import RTP
import TestKit
import Testing

/// Packets off the wire: aiortc's tests/*.bin (BSD-3-Clause) and one of Chrome's in pion/rtcp (MIT).
private enum Wire {
    static let senderReport = [UInt8](
        hex: """
            81c8000c6d2453eade46475b151a005c66a8dd3e0000010d000034f58ef891ed
            00000000000000f60000007f0000000000000000
            """)
    static let receiverReport = [UInt8](
        hex: "81c9000730b68407479437af0000000000000276000007720000000000000000")
    static let nack = [UInt8](
        hex: """
            81cd000c8b4477bbf71deee4000c00000020004000360000004c0000006e1000
            008e000000b7000800df1000010f000001240000
            """)
    static let pictureLoss = [UInt8](hex: "81ce00025450626523013fb9")
    static let description = [UInt8](
        hex: """
            81ca000c6d2453ea01267b36336634353965612d343166652d343437342d3964
            33332d3937303763396565373964317d00000000
            """)
    static let goodbye = [UInt8](hex: "81cb0001ae528b43")
    static let estimate: [UInt8] = [
        143, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 82, 69, 77, 66, 1, 26, 32, 223, 72, 116, 237, 22,
    ]
    static let all = [senderReport, receiverReport, nack, pictureLoss, description, goodbye, estimate]
}

private func lost(_ packet: RTCPPacket) -> [UInt16] {
    (0..<packet.nackCount).flatMap { index -> [UInt16] in
        guard let pair = packet.nack(index) else { return [] }
        var cursor = NACKPair.Cursor()
        var lost: [UInt16] = []
        while let sequence = pair.next(&cursor) { lost.append(sequence) }
        return lost
    }
}

@Suite("RTCP")
struct RTCPTests {
    @Test("reports of a sender and a receiver")
    func reports() {
        walk(Wire.senderReport) { packet in
            #expect(packet.kind == .senderReport && packet.sender == 1_831_097_322)
            let report = packet.senderReport
            #expect(report?.ntp.rawValue == 16_016_567_581_311_369_308)
            #expect(report?.timestamp == 1_722_342_718 && report?.packets == 269 && report?.octets == 13_557)
            #expect(packet.reportBlockCount == 1)
            #expect(
                packet.reportBlock(0) == ReportBlock(ssrc: 2_398_654_957, highestSequence: 246, jitter: 127))
            #expect(packet.reportBlock(1) == nil)
        }
        walk(Wire.receiverReport) { packet in
            #expect(packet.sender == 817_267_719 && packet.senderReport == nil)
            #expect(
                packet.reportBlock(0) == ReportBlock(ssrc: 1_200_895_919, highestSequence: 630, jitter: 1906))
        }
    }

    @Test("feedback of all kinds")
    func feedback() {
        walk(Wire.nack) { packet in
            #expect(packet.kind == .genericNACK && packet.mediaSource == 4_145_934_052)
            #expect(lost(packet) == [12, 32, 39, 54, 76, 110, 123, 142, 183, 187, 223, 236, 271, 292])
        }
        walk(Wire.pictureLoss) { packet in
            #expect(packet.kind == .pictureLoss && packet.mediaSource == 587_284_409)
        }
        walk(Wire.estimate) { packet in
            #expect(packet.bandwidthEstimate == BandwidthEstimate(bitsPerSecond: 8_927_168, sourceCount: 1))
            #expect(packet.estimatedSource(0) == 1_215_622_422)
            #expect(packet.estimatedSource(1) == nil)
        }
    }

    @Test("names and goodbyes")
    func descriptions() {
        walk(Wire.description) { packet in
            var cursor = RTCPPacket.ItemCursor()
            let item = packet.next(&cursor)
            #expect(item?.ssrc == 1_831_097_322 && item?.type == SourceItem.cname)
            #expect(item.map { packet.text(of: $0) } == Array("{63f459ea-41fe-4474-9d33-9707c9ee79d1}".utf8))
            let after = packet.next(&cursor)
            #expect(after == nil)
        }
        walk(Wire.goodbye) { packet in
            #expect(packet.goodbye(0) == 2_924_645_187 && packet.goodbye(1) == nil)
        }
    }

    @Test("a compound packet is walked through, and what follows broken parts does not count")
    func compound() {
        var kinds: [RTCPKind] = []
        let isWhole = walk(Wire.all.flatMap(\.self)) { kinds.append($0.kind) }
        #expect(isWhole)
        #expect(
            kinds == [
                .senderReport, .receiverReport, .genericNACK, .pictureLoss, .sourceDescription, .goodbye,
                .bandwidthEstimate,
            ])
        var count = 0
        let isBroken = !walk(Wire.goodbye + [0x40, 200, 0, 1, 0, 0, 0, 0]) { _ in count += 1 }
        #expect(isBroken)
        #expect(count == 1)
    }

    @Test("no prefix is whole, and none is read behind its end", arguments: Wire.all)
    func prefixes(_ bytes: [UInt8]) {
        for prefix in bytes.prefixes where !prefix.isEmpty { #expect(!walk(prefix) { _ in }) }
        // Cut, with a length that says so.
        for count in 1..<bytes.count / 4 {
            var cut = Array(bytes[..<(count * 4)])
            cut[3] = UInt8(count - 1)
            walk(cut, examine)
        }
    }

    @Test(
        "padding is taken off, and wrong padding refused",
        arguments: [("a0cb000104040404", true), ("a0cb000100000000", false), ("a0cb000104040405", false)])
    func padding(_ hex: String, _ isRight: Bool) {
        let isWhole = walk([UInt8](hex: hex)) { #expect($0.goodbyeCount == 0) }
        #expect(isWhole == isRight)
    }

    @Test("counts that promise more than there is are not believed")
    func liars() {
        walk([UInt8](hex: "9FC90001 00000001")) { #expect($0.reportBlockCount == 0) }
        walk([UInt8](hex: "9FCB0001 00000001")) { #expect($0.goodbyeCount == 1) }
        walk([UInt8](hex: "8FCE0004 00000001 00000000 52454D42 FF FFFFFF")) {
            #expect($0.bandwidthEstimate == BandwidthEstimate(bitsPerSecond: .max, sourceCount: 0))
        }
        walk([UInt8](hex: "9FCA0002 00000001 01FF6161")) {
            var cursor = RTCPPacket.ItemCursor()
            let item = $0.next(&cursor)
            #expect(item == nil)
        }
    }

    @Test("what is written is what others write")
    func writing() {
        let sender = written {
            $0.append(
                SenderReport(
                    ssrc: 1_831_097_322, ntp: NTPTime(rawValue: 16_016_567_581_311_369_308),
                    timestamp: 1_722_342_718, packets: 269, octets: 13_557))
            $0.append(ReportBlock(ssrc: 2_398_654_957, highestSequence: 246, jitter: 127))
        }
        #expect(sender == Wire.senderReport)
        let receiver = written {
            $0.appendReceiverReport(sender: 817_267_719)
            $0.append(ReportBlock(ssrc: 1_200_895_919, highestSequence: 630, jitter: 1906))
        }
        #expect(receiver == Wire.receiverReport)
        let nack = written { writer in
            for sequence in [12, 32, 39, 54, 76, 110, 123, 142, 183, 187, 223, 236, 271, 292] as [UInt16] {
                writer.appendNACK(sequence, sender: 2_336_520_123, media: 4_145_934_052)
            }
        }
        #expect(nack == Wire.nack)
        let loss = written { $0.appendPictureLoss(sender: 1_414_554_213, media: 587_284_409) }
        #expect(loss == Wire.pictureLoss)
        let name = Array("{63f459ea-41fe-4474-9d33-9707c9ee79d1}".utf8)
        let description = written { $0.appendDescription(of: 1_831_097_322, cname: name) }
        #expect(description == Wire.description)
        let goodbye = written { $0.appendGoodbye(2_924_645_187) }
        #expect(goodbye == Wire.goodbye)
        let estimate = written {
            $0.appendBandwidthEstimate(sender: 1, bitsPerSecond: 8_927_168, media: 1_215_622_422)
        }
        #expect(estimate == Wire.estimate)
    }

    @Test("packets that are lost together share a pair")
    func pairs() {
        let bytes = written { writer in
            for sequence in [65530, 65535, 0, 10, 11, 27, 28] as [UInt16] {
                writer.appendNACK(sequence, sender: 1, media: 2)
            }
        }
        walk(bytes) { packet in
            #expect(packet.nackCount == 3)
            #expect(lost(packet) == [65530, 65535, 0, 10, 11, 27, 28])
        }
    }

    @Test("all of the writers share one datagram, and stop where it is full")
    func full() {
        for room in 0...400 {
            let bytes = written(room: room) { writer in
                writer.append(
                    SenderReport(ssrc: 1, ntp: NTPTime(rawValue: 2), timestamp: 3, packets: 4, octets: 5))
                for ssrc in 0..<40 as Range<UInt32> {
                    writer.append(ReportBlock(ssrc: ssrc, cumulativeLost: -1))
                }
                writer.appendDescription(of: 1, cname: Array("abc".utf8))
                for sequence in stride(from: 0, to: 400 as UInt16, by: 9) {
                    writer.appendNACK(sequence, sender: 1, media: 2)
                }
                writer.appendNACK(1, sender: 1, media: 3)
                writer.appendFullIntra(sender: 1, FullIntraEntry(ssrc: 9, sequence: 8))
                writer.append(ReceiverDelay(ssrc: 1, lastReport: 2, delay: 3), sender: 4)
                writer.appendReferenceTime(NTPTime(rawValue: 5), sender: 6)
            }
            #expect(bytes.count <= room)
            #expect(walk(bytes, examine))
        }
        let alone = written { $0.append(ReportBlock(ssrc: 1)) }
        #expect(alone.isEmpty)
    }

    @Test("lost packets' counts have a sign")
    func signs() {
        let bytes = written { writer in
            writer.appendReceiverReport(sender: 1)
            writer.append(ReportBlock(ssrc: 1, cumulativeLost: -3))
            writer.append(ReportBlock(ssrc: 1, cumulativeLost: .max))
            writer.append(ReportBlock(ssrc: 1, cumulativeLost: .min))
        }
        walk(bytes) { packet in
            #expect((0..<3).map { packet.reportBlock($0)?.cumulativeLost } == [-3, 0x7F_FFFF, -0x80_0000])
        }
    }

    @Test("extended reports are walked through, unknown blocks passed over")
    func extended() {
        let times = written {
            $0.appendReferenceTime(NTPTime(rawValue: 0x0123_4567_89AB_CDEF), sender: 7)
            $0.append(ReceiverDelay(ssrc: 1, lastReport: 2, delay: 3), sender: 7)
        }
        var blocks: [ExtendedBlock] = []
        let unknown = [UInt8](hex: "80CF0005 00000007 01000001 00000000 05000000 0500FFFF")
        walk(times + unknown) { packet in
            var cursor = RTCPPacket.BlockCursor()
            while let block = packet.next(&cursor) { blocks.append(block) }
        }
        #expect(
            blocks == [
                .referenceTime(NTPTime(rawValue: 0x0123_4567_89AB_CDEF)),
                .delay(ReceiverDelay(ssrc: 1, lastReport: 2, delay: 3)),
            ])
    }

    @Test("estimates of any size are written to within a part in 131,072", arguments: 0...63)
    func estimates(_ bits: Int) {
        let rate = UInt64.max >> UInt64(63 - bits)
        walk(written { $0.appendBandwidthEstimate(sender: 1, bitsPerSecond: rate, media: 2) }) { packet in
            let read = packet.bandwidthEstimate?.bitsPerSecond ?? 0
            #expect(read <= rate && rate - read <= rate >> 17)
        }
    }
}

/// Asks a packet everything.
func examine(_ packet: RTCPPacket) {
    _ = (packet.sender, packet.mediaSource, packet.senderReport, packet.bandwidthEstimate)
    for index in -1...32 {
        _ = (packet.reportBlock(index), packet.goodbye(index), packet.nack(index), packet.fullIntra(index))
        _ = packet.estimatedSource(index)
    }
    var items = RTCPPacket.ItemCursor()
    while let item = packet.next(&items) { _ = packet.text(of: item) }
    var blocks = RTCPPacket.BlockCursor()
    while packet.next(&blocks) != nil {}
    if var statuses = packet.statuses() { while packet.next(&statuses) != nil {} }
}
