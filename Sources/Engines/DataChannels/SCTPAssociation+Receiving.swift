// SPDX-License-Identifier: Apache-2.0
public import EngineKit

// Data that come in: order, pieces, acknowledgements. RFC 9260 §6.2, §6.5, §6.6.

extension SCTPAssociation {
    /// How far ahead of what is missing anything is kept.
    private static let maxAhead: UInt32 = 8192
    /// What a piece costs besides its bytes.
    private static let pieceCost = 64

    mutating func takeData(_ chunk: SCTPChunk) {
        let value = chunk.value
        guard state == .established || state == .shuttingDown else { return }
        guard value.count > 12 else {
            // No piece of a message is empty. RFC 9260 §6.2.
            transmit { $0.append(SCTPChunkType.abort, []) }
            return end(.violation)
        }
        owesSack = true
        let tsn = value.u32(0)
        guard isAfter(tsn, receivedTSN), !gaps.contains(tsn) else {
            if duplicates.count < 16 { duplicates.append(tsn) }
            return
        }
        let isNext = tsn == receivedTSN &+ 1
        guard tsn &- receivedTSN <= Self.maxAhead, isNext || inboxBytes < settings.receiveBuffer else {
            return
        }
        note(tsn)
        guard value.u16(4) < settings.streams else { return }
        let fragment = SCTPFragment(
            tsn: tsn, flags: chunk.flags, stream: value.u16(4), sequence: value.u16(6), kind: value.u32(8),
            bytes: value.dropFirst(12))
        let place = inbox.lastIndex { isAfter(tsn, $0.tsn) }.map { $0 + 1 } ?? 0
        inbox.insert(fragment, at: place)
        inboxBytes += fragment.bytes.count + Self.pieceCost
        deliver()
        // What fills the buffer and still is no whole message never will be one.
        if inboxBytes > 2 * settings.receiveBuffer { refuse() }
    }

    private mutating func refuse() {
        transmit { $0.append(SCTPChunkType.abort, []) }
        end(.violation)
    }

    private mutating func note(_ tsn: UInt32) {
        guard tsn == receivedTSN &+ 1 else {
            let place = gaps.lastIndex { isAfter(tsn, $0) }.map { $0 + 1 } ?? 0
            gaps.insert(tsn, at: place)
            return
        }
        receivedTSN = tsn
        closeGaps()
    }

    private mutating func closeGaps() {
        var count = 0
        while count < gaps.count, !isAfter(gaps[count], receivedTSN &+ 1) {
            if gaps[count] == receivedTSN &+ 1 { receivedTSN = gaps[count] }
            count += 1
        }
        gaps.removeFirst(count)
    }

    /// Delivers every message that is whole and whose turn it is, oldest first.
    /// - Parameter skipped: The last sequence number of streams in which earlier ones will never come.
    private mutating func deliver(skipped: [UInt16: UInt16] = [:]) {
        var index = 0
        while index < inbox.count, state != .closed {
            guard inbox[index].begins, let end = endOfMessage(at: index) else {
                index += 1
                continue
            }
            let first = inbox[index]
            if !first.isUnordered {
                let next = expected[first.stream] ?? 0
                let isSkipped =
                    skipped[first.stream].map { Int16(bitPattern: first.sequence &- $0) <= 0 } ?? false
                guard first.sequence == next || isSkipped else {
                    index = end + 1
                    continue
                }
                expected[first.stream] = first.sequence &+ 1
            }
            let bytes = inbox[index...end].reduce(into: [UInt8]()) { $0 += $1.bytes }
            remove(index...end)
            guard bytes.count <= settings.maxMessage else { return refuse() }
            emit(.received(SCTPMessage(stream: first.stream, kind: first.kind, bytes: bytes)))
        }
    }

    private func endOfMessage(at start: Int) -> Int? {
        var index = start
        while !inbox[index].ends {
            guard index + 1 < inbox.count, inbox[index + 1].tsn == inbox[index].tsn &+ 1,
                inbox[index + 1].stream == inbox[start].stream, !inbox[index + 1].begins
            else { return nil }
            index += 1
        }
        return index
    }

    private mutating func remove(_ range: ClosedRange<Int>) {
        for fragment in inbox[range] { inboxBytes -= fragment.bytes.count + Self.pieceCost }
        inbox.removeSubrange(range)
    }

    /// RFC 9260 §3.3.4.
    mutating func sendSack() {
        owesSack = false
        var blocks: [(UInt16, UInt16)] = []
        for tsn in gaps {
            let offset = UInt16(truncatingIfNeeded: tsn &- receivedTSN)
            if let last = blocks.last, last.1 &+ 1 == offset {
                blocks[blocks.count - 1].1 = offset
            } else {
                guard blocks.count < 200 else { break }
                blocks.append((offset, offset))
            }
        }
        var value: [UInt8] = []
        value.append32(receivedTSN)
        value.append32(UInt32(clamping: max(settings.receiveBuffer - inboxBytes, 0)))
        value.append16(UInt16(truncatingIfNeeded: blocks.count))
        value.append16(UInt16(truncatingIfNeeded: duplicates.count))
        for (first, last) in blocks {
            value.append16(first)
            value.append16(last)
        }
        for duplicate in duplicates { value.append32(duplicate) }
        duplicates = []
        transmit { $0.append(SCTPChunkType.sack, value) }
    }

    /// The peer gives messages up. RFC 3758 §3.6.
    mutating func takeForward(_ chunk: SCTPChunk) {
        let value = chunk.value
        guard value.count >= 4, state == .established || state == .shuttingDown else { return }
        owesSack = true
        let point = value.u32(0)
        guard isAfter(point, receivedTSN), point &- receivedTSN <= Self.maxAhead else { return }
        var skipped: [UInt16: UInt16] = [:]
        for index in 0..<(value.count - 4) / 4 {
            let stream = value.u16(4 + 4 * index)
            if stream < settings.streams { skipped[stream] = value.u16(6 + 4 * index) }
        }
        deliver(skipped: skipped)
        receivedTSN = point
        closeGaps()
        for index in inbox.indices.reversed() where !isAfter(inbox[index].tsn, point) {
            // Whole messages of streams that still wait for an earlier one that will come.
            if inbox[index].begins && inbox[index].ends && !isSkipped(inbox[index], skipped) { continue }
            remove(index...index)
        }
        for (stream, sequence) in skipped {
            let next = expected[stream] ?? 0
            if Int16(bitPattern: sequence &+ 1 &- next) > 0 { expected[stream] = sequence &+ 1 }
        }
        deliver()
    }

    private func isSkipped(_ fragment: SCTPFragment, _ skipped: [UInt16: UInt16]) -> Bool {
        guard !fragment.isUnordered else { return true }
        return skipped[fragment.stream].map { Int16(bitPattern: fragment.sequence &- $0) <= 0 } ?? false
    }

    // MARK: Ending streams. RFC 6525

    private static let outgoingRequest: UInt16 = 13
    private static let response: UInt16 = 16

    mutating func takeReconfiguration(_ chunk: SCTPChunk, at now: Instant) {
        guard state == .established || state == .shuttingDown else { return }
        for (type, value) in SCTPParameters(chunk.value) {
            switch type {
            case Self.outgoingRequest where value.count >= 12: takeResetRequest(value)
            case Self.response where value.count >= 8:
                guard let way = resetUnderWay, value.u32(0) == way.request else { continue }
                // 6 says that it is still going on: asked again by the timer.
                guard value.u32(4) != 6 else { continue }
                for stream in way.streams { sequences[stream] = nil }
                resetUnderWay = nil
                resetAt = nil
            default: break
            }
        }
    }

    private mutating func takeResetRequest(_ value: ArraySlice<UInt8>) {
        let request = value.u32(0)
        guard request == peerRequest else {
            if request == peerRequest &- 1 { respond(request, result: 1) }
            return
        }
        guard !isAfter(value.u32(8), receivedTSN) else { return respond(request, result: 6) }
        peerRequest &+= 1
        var streams = (0..<(value.count - 12) / 2).map { value.u16(12 + 2 * $0) }
        if streams.isEmpty { streams = expected.keys.sorted() }
        for stream in streams { expected[stream] = nil }
        respond(request, result: 1)
        emit(.reset(streams.filter { $0 < settings.streams }))
    }

    private mutating func respond(_ request: UInt32, result: UInt32) {
        var content: [UInt8] = []
        content.append32(request)
        content.append32(result)
        var value: [UInt8] = []
        SCTPParameters.write(Self.response, content, to: &value)
        transmit { $0.append(SCTPChunkType.reconfiguration, value) }
    }

    /// Ends a stream of ours, once everything on it has arrived.
    public mutating func reset(_ stream: UInt16, at now: Instant) {
        guard state == .established, stream < peerStreams, !resetWaiting.contains(stream) else { return }
        resetWaiting.append(stream)
        proceed(at: now)
    }

    mutating func sendResetIfDue(at now: Instant) {
        guard resetUnderWay == nil, !resetWaiting.isEmpty, state == .established else { return }
        let busy = Set(outgoing.lazy.filter { !$0.isAcked && !$0.isAbandoned }.map(\.stream))
        let ready = resetWaiting.filter { !busy.contains($0) }
        guard !ready.isEmpty else { return }
        resetWaiting.removeAll { !busy.contains($0) }
        resetUnderWay = (nextRequest, nextTSN &- 1, ready)
        nextRequest &+= 1
        sendReset(at: now)
    }

    mutating func sendReset(at now: Instant) {
        guard let way = resetUnderWay else {
            resetAt = nil
            return
        }
        var content: [UInt8] = []
        content.append32(way.request)
        content.append32(peerRequest &- 1)
        content.append32(way.lastTSN)
        for stream in way.streams { content.append16(stream) }
        var value: [UInt8] = []
        SCTPParameters.write(Self.outgoingRequest, content, to: &value)
        transmit { $0.append(SCTPChunkType.reconfiguration, value) }
        resetAt = now.advanced(by: max(timeout, .seconds(1)))
    }
}
