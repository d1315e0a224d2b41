// SPDX-License-Identifier: Apache-2.0
public import EngineKit

// Data on their way out: windows, acknowledgements, repetitions. RFC 9260 §6, §7.

extension SCTPAssociation {
    /// Small messages cost more than their bytes.
    private static let maxChunks = 4096
    private static let maxFailures = 8
    private static let longestTimeout = Duration.seconds(10)
    private static let shortestTimeout = Duration.milliseconds(200)

    /// Puts a message on its way.
    /// - Returns: Whether there was room, the association is open and the stream is one that both ends have.
    public mutating func send(
        _ message: SCTPMessage, _ reliability: SCTPReliability = .reliable, at now: Instant
    ) -> Bool {
        let most = settings.packetSize - SCTPPacket.headerSize - 16
        guard state == .established, !message.bytes.isEmpty, message.stream < peerStreams,
            bufferedBytes + message.bytes.count <= settings.sendBuffer,
            outgoing.count + message.bytes.count / most < Self.maxChunks
        else { return false }
        let sequence = sequences[message.stream] ?? 0
        if reliability.isOrdered { sequences[message.stream] = sequence &+ 1 }
        nextMessage += 1
        var start = 0
        while start < message.bytes.count {
            let end = min(start + most, message.bytes.count)
            let flags: UInt8 =
                (start == 0 ? 2 : 0) | (end == message.bytes.count ? 1 : 0) | (reliability.isOrdered ? 0 : 4)
            let chunk = SCTPOutgoing(
                tsn: nextTSN, message: nextMessage, stream: message.stream, sequence: sequence,
                kind: message.kind,
                flags: flags, bytes: message.bytes[start..<end], reliability: reliability, born: now)
            outgoing.append(chunk)
            bufferedBytes += chunk.size
            nextTSN &+= 1
            start = end
        }
        proceed(at: now)
        return true
    }

    private var inFlight: Int { outgoing.reduce(0) { $0 + ($1.isInFlight ? $1.size : 0) } }

    /// Fills packets with what was lost, and then with what is new, as far as the windows go.
    mutating func sendData(at now: Instant) {
        sendForward(at: now)
        var flight = inFlight
        // So many packets at once, so that a burst does not fill the queue on the way.
        var packets = 8
        var index = 0
        while packets > 0, index < outgoing.count {
            var writer = SCTPPacketWriter(
                source: settings.localPort, destination: settings.remotePort, tag: peerTag)
            while index < outgoing.count {
                let chunk = outgoing[index]
                guard !chunk.isAcked, !chunk.isAbandoned, chunk.sends == 0 || chunk.isLost else {
                    index += 1
                    continue
                }
                let fits = flight == 0 || (flight + chunk.size <= window && flight + chunk.size <= peerWindow)
                guard fits, writer.isEmpty || writer.count + chunk.size <= settings.packetSize else { break }
                append(chunk, to: &writer)
                outgoing[index].sends += 1
                outgoing[index].sentAt = now
                outgoing[index].isLost = false
                outgoing[index].missing = 0
                flight += chunk.size
                index += 1
            }
            guard !writer.isEmpty else { break }
            packets -= 1
            emit(.transmit(writer.finish()))
            if retransmitAt == nil { retransmitAt = now.advanced(by: timeout) }
        }
    }

    private func append(_ chunk: SCTPOutgoing, to writer: inout SCTPPacketWriter) {
        var value: [UInt8] = []
        value.reserveCapacity(12 + chunk.bytes.count)
        value.append32(chunk.tsn)
        value.append16(chunk.stream)
        value.append16(chunk.sequence)
        value.append32(chunk.kind)
        value += chunk.bytes
        writer.append(SCTPChunkType.data, flags: chunk.flags, value)
    }

    // MARK: Acknowledgements

    /// Everything up to `point` has arrived.
    mutating func takeAckPoint(_ point: UInt32, at now: Instant) {
        guard isAfter(point, ackPoint), !isAfter(point, nextTSN &- 1) else { return }
        ackPoint = point
        if isAfter(ackPoint, forwardPoint) { forwardPoint = ackPoint }
        var count = 0
        while count < outgoing.count, !isAfter(outgoing[count].tsn, point) {
            bufferedBytes -= outgoing[count].size
            count += 1
        }
        outgoing.removeFirst(count)
        failures = 0
    }

    /// RFC 9260 §6.2.1, §6.3, §7.2.
    mutating func takeSack(_ chunk: SCTPChunk, at now: Instant) {
        let value = chunk.value
        let point = value.u32(0)
        guard value.count >= 12, state == .established || state == .shuttingDown,
            !isAfter(ackPoint, point), !isAfter(point, nextTSN &- 1)
        else { return }
        var acked = 0
        var sample: Duration?
        for index in outgoing.indices {
            guard !isAfter(outgoing[index].tsn, point) else { break }
            note(index, &acked, &sample, at: now)
        }
        let isAdvanced = isAfter(point, ackPoint)
        takeAckPoint(point, at: now)
        let highest = takeGaps(value, point, &acked, &sample, at: now)
        if let sample { measure(sample) }
        // What arrives shows that the path is there: the doubling of the timer ends.
        if isAdvanced { settleTimeout() }
        if let end = recoveryEnd, !isAfter(end, ackPoint) { recoveryEnd = nil }
        if let highest { findLost(before: highest) }
        if isAdvanced, acked > 0, recoveryEnd == nil { grow(acked) }
        let flight = inFlight
        peerWindow = Int(value.u32(4))
        if outgoing.isEmpty || (flight == 0 && forwardPoint == ackPoint) {
            retransmitAt = nil
        } else if isAdvanced {
            retransmitAt = now.advanced(by: timeout)
        }
    }

    private mutating func note(_ index: Int, _ acked: inout Int, _ sample: inout Duration?, at now: Instant) {
        guard !outgoing[index].isAcked else { return }
        outgoing[index].isAcked = true
        acked += outgoing[index].size
        // What was sent twice may be the answer to either. RFC 9260 §6.3.1: Karn's rule.
        if outgoing[index].sends == 1 { sample = outgoing[index].sentAt.duration(to: now) }
    }

    /// - Returns: The highest number that is newly acknowledged.
    private mutating func takeGaps(
        _ value: ArraySlice<UInt8>, _ point: UInt32, _ acked: inout Int, _ sample: inout Duration?,
        at now: Instant
    ) -> UInt32? {
        let count = min(Int(value.u16(8)), (value.count - 12) / 4)
        var highest: UInt32?
        var index = 0
        for block in 0..<max(count, 0) {
            let (first, last) = (value.u16(12 + 4 * block), value.u16(14 + 4 * block))
            guard first > 0, first <= last else { continue }
            while index < outgoing.count, isAfter(point &+ UInt32(first), outgoing[index].tsn) { index += 1 }
            while index < outgoing.count, !isAfter(outgoing[index].tsn, point &+ UInt32(last)) {
                if !outgoing[index].isAcked, outgoing[index].sends > 0 { highest = outgoing[index].tsn }
                note(index, &acked, &sample, at: now)
                index += 1
            }
        }
        return highest
    }

    /// Counts who is missing, and takes for lost what was missed three times. RFC 9260 §7.2.4.
    private mutating func findLost(before highest: UInt32) {
        var hasLost = false
        for index in outgoing.indices where isAfter(highest, outgoing[index].tsn) {
            guard outgoing[index].isInFlight else { continue }
            outgoing[index].missing += 1
            guard outgoing[index].missing == 3 else { continue }
            outgoing[index].isLost = true
            hasLost = true
        }
        guard hasLost, recoveryEnd == nil else { return }
        threshold = max(window / 2, 4 * settings.packetSize)
        window = threshold
        partialAcked = 0
        recoveryEnd = nextTSN &- 1
    }

    private mutating func grow(_ acked: Int) {
        // Bounded by what can wait to be sent.
        guard window < settings.sendBuffer else { return }
        if window <= threshold {
            window += min(acked, settings.packetSize)
        } else {
            partialAcked += acked
            guard partialAcked >= window else { return }
            partialAcked -= window
            window += settings.packetSize
        }
    }

    /// RFC 9260 §6.3.1.
    private mutating func measure(_ sample: Duration) {
        if var (smoothed, variation) = roundTrip {
            let difference = smoothed > sample ? smoothed - sample : sample - smoothed
            variation = variation * 3 / 4 + difference / 4
            smoothed = smoothed * 7 / 8 + sample / 8
            roundTrip = (smoothed, variation)
        } else {
            roundTrip = (sample, sample / 2)
        }
        settleTimeout()
    }

    private mutating func settleTimeout() {
        guard let (smoothed, variation) = roundTrip else { return }
        timeout = min(max(smoothed + variation * 4, Self.shortestTimeout), Self.longestTimeout)
    }

    /// Nothing was acknowledged for too long. RFC 9260 §6.3.3.
    mutating func timedOut(at now: Instant) {
        retransmitAt = nil
        switch state {
        case .cookieWait, .cookieEchoed: return repeatSetup(at: now)
        case .waiting, .closed: return
        case .established, .shuttingDown: break
        }
        failures += 1
        guard failures <= Self.maxFailures else {
            transmit { $0.append(SCTPChunkType.abort, []) }
            return end(.unanswered)
        }
        timeout = min(timeout * 2, Self.longestTimeout)
        threshold = max(window / 2, 4 * settings.packetSize)
        window = settings.packetSize
        partialAcked = 0
        for index in outgoing.indices where outgoing[index].isInFlight { outgoing[index].isLost = true }
        if isAfter(forwardPoint, ackPoint) { wantsForward = true }
    }

    // MARK: Giving up

    /// Gives up messages that have been lost too often, or are too old. RFC 3758 §3.5.
    mutating func abandonLate(at now: Instant) {
        guard peerForwards else { return }
        var given: UInt64?
        for index in outgoing.indices {
            let chunk = outgoing[index]
            guard !chunk.isAcked, !chunk.isAbandoned else { continue }
            let isOver =
                chunk.isLost && chunk.reliability.maxRetransmits.map { chunk.sends > Int($0) } ?? false
            let isLate =
                !chunk.isInFlight
                && chunk.reliability.lifetime.map { chunk.born.duration(to: now) > $0 } ?? false
            if isOver || isLate { given = chunk.message }
            guard given == chunk.message else { continue }
            for other in outgoing.indices where outgoing[other].message == chunk.message {
                outgoing[other].isAbandoned = true
            }
        }
        guard given != nil else { return }
        advanceForwardPoint()
    }

    private mutating func advanceForwardPoint() {
        var point = ackPoint
        for chunk in outgoing {
            guard chunk.isAbandoned || chunk.isAcked else { break }
            point = chunk.tsn
        }
        guard isAfter(point, forwardPoint) else { return }
        forwardPoint = point
        wantsForward = true
    }

    /// RFC 3758 §3.2.
    private mutating func sendForward(at now: Instant) {
        guard wantsForward, isAfter(forwardPoint, ackPoint) else { return }
        wantsForward = false
        var last: [UInt16: UInt16] = [:]
        for chunk in outgoing where chunk.isAbandoned && chunk.reliability.isOrdered {
            guard !isAfter(chunk.tsn, forwardPoint) else { break }
            last[chunk.stream] = chunk.sequence
        }
        var value: [UInt8] = []
        value.append32(forwardPoint)
        for (stream, sequence) in last.sorted(by: { $0.key < $1.key }).prefix(256) {
            value.append16(stream)
            value.append16(sequence)
        }
        transmit { $0.append(SCTPChunkType.forwardTSN, value) }
        if retransmitAt == nil { retransmitAt = now.advanced(by: timeout) }
    }
}
