// SPDX-License-Identifier: Apache-2.0

import FuzzKit
import RTP

/// Reads everything there is, and writes again what we write.
@unsafe func examineControl(_ bytes: UnsafeRawBufferPointer) {
    var cursor = RTCPCursor()
    while let packet = unsafe cursor.next(in: bytes) {
        examineReports(packet)
        examineFeedback(packet)
        var items = RTCPPacket.ItemCursor()
        while let item = packet.next(&items) {
            promise(packet.text(of: item).count == item.count, "an item is in its packet")
        }
        for index in 0..<packet.goodbyeCount {
            promise(packet.goodbye(index) != nil, "a goodbye that is counted is there")
        }
        var blocks = RTCPPacket.BlockCursor()
        while packet.next(&blocks) != nil {}
    }
}

func examineReports(_ packet: RTCPPacket) {
    let again = written { writer in
        if let report = packet.senderReport {
            writer.append(report)
        } else {
            writer.appendReceiverReport(sender: packet.sender ?? 0)
        }
        for index in 0..<packet.reportBlockCount {
            guard let block = packet.reportBlock(index) else {
                return promise(false, "a block that is counted is there")
            }
            promise(writer.append(block), "and there is room for as many")
        }
    }
    walk(again) { other in
        promise(other.senderReport == packet.senderReport, "a report is read as it was written")
        for index in 0..<packet.reportBlockCount {
            promise(other.reportBlock(index) == packet.reportBlock(index), "and so are its blocks")
        }
    }
}

func examineFeedback(_ packet: RTCPPacket) {
    for index in 0..<packet.nackCount {
        guard let pair = packet.nack(index) else { return promise(false, "a pair that is counted is there") }
        var cursor = NACKPair.Cursor()
        var count = 0
        while pair.next(&cursor) != nil { count += 1 }
        promise(count == pair.count, "a pair has as many packets as bits")
    }
    for index in 0..<packet.fullIntraCount {
        promise(packet.fullIntra(index) != nil, "as many entries as counted")
    }
    if let estimate = packet.bandwidthEstimate {
        promise(estimate.sourceCount <= 255, "a byte counts the streams")
        for index in 0..<estimate.sourceCount {
            promise(packet.estimatedSource(index) != nil, "all are there")
        }
    }
    guard let feedback = packet.transportFeedback, var cursor = packet.statuses() else { return }
    var arrivals: [Int64] = []
    while let status = packet.next(&cursor) {
        promise(
            status.sequence == feedback.baseSequence &+ UInt16(arrivals.count), "statuses follow each other")
        arrivals.append(status.arrival.map { $0 * TransportFeedback.tick } ?? -1)
    }
    promise(arrivals.count == feedback.statusCount, "all of the statuses are there")
    guard let first = arrivals.first, first >= 0 else { return }
    var count = 0
    let again = written { writer in
        count = unsafe arrivals.withUnsafeBufferPointer {
            unsafe writer.appendTransportFeedback(
                sender: 1, media: 2, base: feedback.baseSequence, feedbackCount: feedback.feedbackCount,
                arrivals: $0)
        }
    }
    walk(again) { other in
        guard var cursor = other.statuses() else { return promise(false, "what is written is read") }
        for arrival in arrivals.prefix(count) {
            let got = other.next(&cursor)?.arrival
            // The reference time turns.
            let isSame =
                arrival < 0
                ? got == nil : got.map { ($0 - arrival / TransportFeedback.tick) & 0xFFFF_FFFF } == 0
            promise(isSame, "every arrival is read as it was written")
        }
    }
}

func written(_ write: (inout RTCPWriter) -> Void) -> [UInt8] {
    var memory = [UInt8](repeating: 0, count: 1500)
    let count = unsafe memory.withUnsafeMutableBytes { bytes in
        var writer = unsafe RTCPWriter(into: bytes)
        write(&writer)
        return writer.count
    }
    return Array(memory[..<count])
}

func walk(_ bytes: [UInt8], _ body: (RTCPPacket) -> Void) {
    unsafe bytes.withUnsafeBytes { bytes in
        var cursor = RTCPCursor()
        while let packet = unsafe cursor.next(in: bytes) { body(packet) }
        promise(!cursor.isBroken, "what is written is whole")
    }
}
