// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit
internal import EventLoops
internal import Glibc
internal import HTTP
internal import TLS

/// What a connection's bytes mean at present: HTTP, or WebSocket after an upgrade.
protocol ConnectionStage: AnyObject {
    /// Takes what it can from `reader`; what it leaves is offered again with more bytes behind it.
    func received(_ reader: inout ByteReader)
    /// The peer will send nothing more.
    func inputEnded()
    /// Everything written has been taken by the kernel.
    func outputDrained()
    /// The deadline the stage set has passed.
    func timedOut()
    /// The connection moved to another loop and is about to go on there.
    func moved()
    /// The connection is gone. The last call.
    func closed()
    /// Closes gracefully when the server stops, if nothing is under way.
    func closeIfIdle()
}

/// One TCP connection: bytes in, bytes out, TLS in between, and the timers that keep slow peers from
/// holding it for ever.
///
/// ```
///   sniffing ──0x16──▶ handshaking ──▶ open ──finish()──▶ lingering ──▶ closed
///      └──────── anything else ─────────▲
/// ```
final class Connection: EventHandler, TurnEndHandler {
    private enum Phase {
        /// TLS is expected; the first byte tells whether the peer knows.
        case sniffing
        case handshaking
        case open
        /// All is sent, and the peer is given a moment to read it: closing with unread input would
        /// make the kernel throw the answer away.
        case lingering
        case closed
    }

    private(set) var web: WebLoop
    let peer: PeerAddress
    private let descriptor: Int32
    private var phase: Phase
    private var tls: TLSSession?
    private var stage: (any ConnectionStage)?
    private var registration: EventLoop.Registration?
    private var interest: Readiness = .readable
    private var timer: LoopTimer?
    private var stageDeadline: Instant?
    private var stallDeadline: Instant?
    /// What the stage left of earlier reads.
    private var unread: [UInt8] = []
    private var output = OutputQueue()
    private var isFlushWanted = false
    private var isResumeWanted = false
    private var isTurnEndQueued = false
    private var isOffering = false
    private var isFinishing = false
    private var hasInputEnded = false
    private var destination: LoopBound<WebLoop>?

    /// Least bytes kept for a stage that does not take them now.
    private static let minUnread = 65_536

    init(_ descriptor: Int32, web: WebLoop) {
        self.descriptor = descriptor
        self.web = web
        peer = PeerAddress.peer(of: descriptor) ?? PeerAddress(host: "unknown", port: 0)
        phase = web.tls == nil ? .open : .sniffing
    }

    var isSecure: Bool { tls != nil }
    /// Bytes on the heap that the peer has not taken.
    var backlog: Int { output.ownedBytes }
    /// Whether the peer has taken everything written.
    var isDrained: Bool { output.isEmpty }

    func start() {
        web.opened(self)
        if phase == .open { stage = HTTPStage(self, handler: web.handler) }
        guard watch() else { return abort() }
        setDeadline(after: web.settings.handshakeTimeout)
    }

    private func watch() -> Bool {
        timer = LoopTimer(on: web.loop) { [unowned self] in deadlinePassed() }
        registration = try? web.loop.register(descriptor, for: interest, self)
        return registration != nil
    }

    // MARK: For the stage

    /// Queues bytes; they leave at the end of the loop's turn.
    func write(_ bytes: [UInt8]) {
        guard phase == .open, !isFinishing else { return }
        output.append(bytes)
        scheduleFlush()
    }

    func write(_ bytes: StaticBytes) {
        guard phase == .open, !isFinishing else { return }
        output.append(bytes)
        scheduleFlush()
    }

    /// Closes once everything written has left.
    func finish() {
        guard phase == .open else { return abort() }
        isFinishing = true
        scheduleFlush()
    }

    /// Closes now.
    func abort() {
        guard phase != .closed else { return }
        phase = .closed
        tls?.shutdown()
        tls = nil
        if let registration { web.loop.remove(registration) }
        registration = nil
        timer?.cancel()
        close(descriptor)
        output.removeAll()
        unread = []
        web.closed(self)
        stage?.closed()
        stage = nil
    }

    /// Calls the stage's `timedOut` after `delay` unless it is moved before; `nil` never.
    func setDeadline(after delay: Duration?) {
        stageDeadline = delay.map { web.loop.now.advanced(by: $0) }
        armTimer()
    }

    /// Hands the bytes from here on to another stage.
    func become(_ stage: any ConnectionStage) {
        self.stage = stage
        // What arrived while the last stage waited; not now, while the new one is still being set up.
        isResumeWanted = true
        queueTurnEnd()
    }

    /// Offers what was left unread, after the stage had to wait.
    func resume() {
        guard !isOffering, phase == .open, !unread.isEmpty || hasInputEnded else { return }
        let bytes = unread
        unread = []
        bytes.withReader { reader in offer(&reader) }
        updateInterest()
    }

    /// Continues on another loop, where the stage is told. Nothing is read or written on the way: the
    /// move is the last thing this loop's turn does with the connection.
    func move(to web: LoopBound<WebLoop>) {
        destination = web
        queueTurnEnd()
    }

    func closeIfIdle() { stage?.closeIfIdle() }

    // MARK: Readiness

    func ready(_ events: Readiness) {
        if phase == .sniffing { sniff() }
        if phase == .handshaking { shakeHands() }
        if events.contains(.writable) { flush() }
        // Reading would show what is wrong; where nothing is read, epoll would say it again for ever.
        if events.contains(.broken), phase == .open, isHeld { return abort() }
        if !events.isDisjoint(with: [.readable, .broken]) { read() }
    }

    private func sniff() {
        var first: UInt8 = 0
        let count = unsafe recv(descriptor, &first, 1, Int32(MSG_PEEK))
        guard count > 0 else { return count == 0 || !isRetry(errno) ? abort() : () }
        if first == 0x16, let context = web.tls,
            let session = try? TLSSession(context, descriptor: descriptor)
        {
            tls = consume session
            phase = .handshaking
        } else {
            // A browser that was given the address without "https".
            phase = .open
            stage = HTTPStage(self, handler: SecureRedirect())
        }
    }

    private func shakeHands() {
        switch tls?.handshake() {
        case .done:
            phase = .open
            stage = HTTPStage(self, handler: web.handler)
            updateInterest()
        // A socket still watched for room to write would be reported ready again and again.
        case .wantsRead: setInterest(.readable)
        case .wantsWrite: setInterest([.readable, .writable])
        case .closed, .failed, nil: abort()
        }
    }

    // MARK: Reading

    private func read() {
        // Bounded, so that one busy peer does not hold up the others of the loop.
        for _ in 0..<4 {
            guard phase == .lingering || phase == .open && !isHeld, destination == nil else { return }
            switch unsafe receive(into: web.readBuffer) {
            case .done(let count):
                guard phase == .open else { continue }
                web.counters.bytesReceived += UInt64(count)
                unsafe take(UnsafeRawBufferPointer(rebasing: web.readBuffer[..<count]))
            case .wantsRead: return
            case .wantsWrite: return setInterest([.readable, .writable])
            case .closed: return inputEnded()
            case .failed: return abort()
            }
        }
        // TLS may hold decrypted bytes that epoll knows nothing of.
        if destination == nil, decryptedCount > 0 { queueTurnEnd() }
    }

    private func receive(into buffer: UnsafeMutableRawBufferPointer) -> TLSResult {
        if tls != nil { return unsafe tls?.read(into: buffer) ?? .failed }
        let count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if count > 0 { return .done(count) }
        return count == 0 ? .closed : isRetry(errno) ? .wantsRead : .failed
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        if unread.isEmpty {
            unsafe bytes.withReader { reader in offer(&reader) }
        } else {
            unsafe unread.append(contentsOf: bytes)
            let joined = unread
            unread = []
            joined.withReader { reader in offer(&reader) }
        }
        updateInterest()
    }

    private func offer(_ reader: inout ByteReader) {
        isOffering = true
        while phase == .open, destination == nil, let current = stage {
            current.received(&reader)
            // After an upgrade the rest belongs to the next stage.
            if stage === current { break }
        }
        isOffering = false
        guard phase == .open else { return }
        if reader.remaining > 0 {
            _ = try? reader.readBytes("unread", count: reader.remaining, into: &unread)
        }
        guard destination == nil else { return }
        if hasInputEnded { stage?.inputEnded() }
    }

    private func inputEnded() {
        if phase == .lingering { return abort() }
        hasInputEnded = true
        setInterest(interest.subtracting(.readable))
        stage?.inputEnded()
    }

    // MARK: Writing

    private func scheduleFlush() {
        isFlushWanted = true
        queueTurnEnd()
    }

    /// At most one a turn: after a move the next would come on the wrong loop.
    private func queueTurnEnd() {
        guard !isTurnEndQueued else { return }
        isTurnEndQueued = true
        web.loop.atTurnEnd(self)
    }

    func turnEnded() {
        isTurnEndQueued = false
        guard phase != .closed else { return }
        if let destination { return transfer(to: destination) }
        if isResumeWanted {
            isResumeWanted = false
            resume()
        }
        if isFlushWanted {
            isFlushWanted = false
            flush()
        }
        if decryptedCount > 0 { read() }
    }

    private func flush() {
        guard phase == .open else { return }
        let hadOutput = !output.isEmpty
        var failed = false
        var progressed = false
        while !failed, let taken = unsafe output.writeFirst({ unsafe send($0, failed: &failed) }), taken > 0 {
            progressed = true
            web.counters.bytesSent += UInt64(taken)
        }
        guard !failed else { return abort() }
        if output.isEmpty {
            stallDeadline = nil
            if isFinishing { return linger() }
            if hadOutput { stage?.outputDrained() }
        } else if progressed || stallDeadline == nil {
            stallDeadline = web.loop.now.advanced(by: web.settings.stallTimeout)
        }
        guard output.ownedBytes <= web.settings.maxBacklog else {
            web.counters.slowClients += 1
            return abort()
        }
        armTimer()
        updateInterest()
    }

    /// - Returns: bytes taken; 0 when the kernel takes none now.
    private func send(_ bytes: UnsafeRawBufferPointer, failed: inout Bool) -> Int {
        if tls != nil {
            switch unsafe tls?.write(bytes) {
            case .done(let count): return count
            case .wantsRead, .wantsWrite: return 0
            case .closed, .failed, nil:
                failed = true
                return 0
            }
        }
        let count = unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        if count >= 0 { return count }
        failed = !isRetry(errno)
        return 0
    }

    private func linger() {
        tls?.shutdown()
        shutdown(descriptor, Int32(SHUT_WR))
        guard !hasInputEnded else { return abort() }
        phase = .lingering
        stage?.closed()
        stage = nil
        unread = []
        setInterest(.readable)
        setDeadline(after: web.settings.closeTimeout)
    }

    // MARK: Interest and time

    private func updateInterest() {
        guard phase == .open, destination == nil else { return }
        var wanted: Readiness = []
        if !isHeld, !hasInputEnded { wanted.insert(.readable) }
        if !output.isEmpty, !isFlushWanted { wanted.insert(.writable) }
        setInterest(wanted)
    }

    /// Whether nothing is read for now. A peer that does not read its answers is not read from either.
    private var isHeld: Bool {
        // A head is taken whole, so there must be room for one; everything else is taken as it comes.
        unread.count >= max(Self.minUnread, web.settings.limits.maxHeadBytes + 4) || backlog > 256_000
    }

    private func setInterest(_ wanted: Readiness) {
        guard wanted != interest, let registration else { return }
        interest = wanted
        web.loop.update(registration, for: wanted)
    }

    private func armTimer() {
        timer?.arm(at: [stageDeadline, stallDeadline].compactMap(\.self).min())
    }

    private func deadlinePassed() {
        let now = web.loop.now
        if let stallDeadline, stallDeadline <= now {
            web.counters.slowClients += 1
            return abort()
        }
        guard let due = stageDeadline, due <= now else { return armTimer() }
        stageDeadline = nil
        guard phase == .open, let stage else { return abort() }
        stage.timedOut()
        if phase == .open { armTimer() }
    }

    private var decryptedCount: Int { tls?.pending ?? 0 }

    private func isRetry(_ code: Int32) -> Bool { code == EAGAIN || code == EINTR }

    // MARK: Moving

    private func transfer(to target: LoopBound<WebLoop>) {
        if let registration { web.loop.remove(registration) }
        registration = nil
        timer?.cancel()
        web.closed(self)
        let connection = LoopBound(self, on: target.loop)
        connection.execute { connection in target.use { connection.arrive(on: $0) } }
    }

    private func arrive(on web: WebLoop) {
        self.web = web
        destination = nil
        isFlushWanted = false
        interest = .readable
        web.opened(self)
        guard watch() else { return abort() }
        stage?.moved()
        if !output.isEmpty { scheduleFlush() }
        resume()
        updateInterest()
        armTimer()
    }
}
