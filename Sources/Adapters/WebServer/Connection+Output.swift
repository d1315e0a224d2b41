// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import TLS
internal import WebSocket

extension Connection {
    /// Bytes on the heap that the peer has not taken.
    var backlog: Int { output?.ownedBytes ?? 0 }
    /// Whether the peer has taken everything written.
    var isDrained: Bool { output == nil }

    /// Whether so much waits for the peer that it should read before it asks for more.
    var isCongested: Bool { backlog > 256_000 }

    // MARK: For the stage

    /// Queues bytes; they leave at the end of the loop's turn.
    func write(_ bytes: [UInt8]) {
        guard let output = outputForWriting(), !bytes.isEmpty else { return }
        output.append(bytes)
    }

    func write(_ bytes: StaticBytes) {
        guard let output = outputForWriting() else { return }
        output.append(bytes)
    }

    /// Queues a copy of bytes and `padding` zeros.
    func write(_ bytes: UnsafeRawBufferPointer, padding: Int) {
        guard let output = outputForWriting() else { return }
        output.appendJoined { joined in
            unsafe joined.append(contentsOf: bytes)
            for _ in 0..<padding { joined.append(0) }
        }
    }

    /// Queues a frame. Short payloads are copied behind their header, long ones shared. A close frame is
    /// queued however much waits already.
    func writeFrame(_ opcode: WebSocketFrame.Opcode, _ payload: [UInt8], rsv1: Bool = false) {
        guard let output = outputForWriting(isBounded: opcode != .close) else { return }
        let isShort = payload.count < OutputQueue.sharedThreshold
        output.appendJoined { bytes in
            WebSocketFrame.encodeHeader(opcode, length: payload.count, rsv1: rsv1, into: &bytes)
            if isShort { bytes.append(contentsOf: payload) }
        }
        if !isShort { output.append(payload) }
    }

    /// The queue, if anything may still be written. More is dropped once the connection is sure to be
    /// cut off for its backlog at the end of the turn.
    private func outputForWriting(isBounded: Bool = true) -> OutputQueue? {
        guard phase == .open, !isFinishing, !hasOverflowed else { return nil }
        if !isFlushWanted { scheduleFlush() }
        guard let output else {
            let output = web.lendOutput()
            self.output = output
            return output
        }
        if isBounded, output.ownedBytes > 2 * web.settings.maxBacklog {
            // Written in this turn, so the kernel may not have been asked yet. Errors show in the flush.
            _ = send(output)
            hasOverflowed = output.ownedBytes > 2 * web.settings.maxBacklog
        }
        return hasOverflowed ? nil : output
    }

    /// Drops what was written since a message boundary that the peer will still get to.
    func cutOutput() { output?.cutToMark() }

    func dropOutput() {
        guard let output else { return }
        self.output = nil
        web.takeBack(output)
    }

    // MARK: Flushing

    func flush() {
        guard phase == .open else { return }
        guard let output else {
            if isFinishing { linger() }
            return
        }
        guard let progressed = send(output) else { return abort() }
        if !output.isEmpty { noteStall(output, progressed) }
        if !isFinishing, hasOverflowed || output.ownedBytes > web.settings.maxBacklog {
            refuseOverflow()
        } else if output.isEmpty {
            outputLeft()
        }
        if phase == .open { updateInterest() }
    }

    /// Gives the kernel what was written in this turn, before anybody calls it a backlog. Errors show in the flush at
    /// the turn's end.
    func offerOutput() {
        guard phase == .open, let output, let progressed = send(output), !output.isEmpty else { return }
        noteStall(output, progressed)
    }

    private func noteStall(_ output: OutputQueue, _ progressed: Bool) {
        isBlocked = true
        output.mark()
        guard progressed || stallDeadline == .distantFuture else { return }
        stallDeadline = web.loop.now.advanced(by: web.settings.stallTimeout)
        armTimer()
    }

    /// - Returns: whether the kernel took anything; `nil` when the connection is broken.
    private func send(_ output: OutputQueue) -> Bool? {
        var progressed = false
        while !output.isEmpty {
            switch socket.send(output) {
            case .done(let count):
                guard count > 0 else { return progressed }
                progressed = true
                web.counters.bytesSent += UInt64(count)
                output.consume(count)
            case .wantsRead, .wantsWrite: return progressed
            case .closed, .failed: return nil
            }
        }
        return progressed
    }

    private func outputLeft() {
        dropOutput()
        if stallDeadline != .distantFuture {
            stallDeadline = .distantFuture
            armTimer()
        }
        if isFinishing { return linger() }
        stage?.outputDrained()
        isBlocked = false
    }

    private func refuseOverflow() {
        web.counters.slowClients += 1
        hasOverflowed = false
        guard stage?.overflowed() ?? false else { return abort() }
    }

    private func linger() {
        socket.endOutput()
        guard !hasInputEnded else { return abort() }
        phase = .lingering
        stage?.closed()
        stage = nil
        unread = []
        setInterest(.readable)
        setDeadline(after: web.settings.closeTimeout)
    }
}
