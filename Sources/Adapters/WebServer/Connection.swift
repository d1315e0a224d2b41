// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import TLS

/// One TCP connection: bytes in, bytes out, TLS in between, and the timers that keep slow peers from
/// holding it for ever.
///
/// ```
///   sniffing ──0x16──▶ handshaking ──▶ open ──finish()──▶ lingering ──▶ closed
///      └──────── anything else ─────────▲
/// ```
final class Connection: EventHandler, TurnEndHandler {
    enum Phase {
        /// TLS is expected; the first byte tells whether the peer knows.
        case sniffing
        case handshaking
        case open
        /// All is sent, and the peer is given a moment to read it: closing with unread input would
        /// make the kernel throw the answer away.
        case lingering
        case closed
    }

    // Thousands of these wait most of the time, so what only a busy one needs is made when it is.
    private(set) var web: WebLoop
    let peer: PeerAddress
    /// Whose share of connections it counts towards.
    let network: UInt64?
    /// Its place among the loop's connections.
    var index = 0
    var socket: SocketStream
    var phase: Phase
    var stage: (any ConnectionStage)?
    private var registration: EventLoop.Registration?
    private var timer: LoopTimer?
    private var stageDeadline = Instant.distantFuture
    var stallDeadline = Instant.distantFuture
    /// What the stage left of earlier reads.
    var unread: [UInt8] = []
    /// What waits to be sent; `nil` for nothing.
    var output: OutputQueue?
    private var interest: Readiness = .readable
    var isFlushWanted = false
    private var isResumeWanted = false
    private var isTurnEndQueued = false
    private var isOffering = false
    var isFinishing = false
    var hasInputEnded = false
    /// Whether the kernel has taken less than it was offered, until it has taken all.
    var isBlocked = false
    var hasOverflowed = false
    private var destination: LoopBound<WebLoop>?

    /// Least bytes kept for a stage that does not take them now.
    private static let minUnread = 65_536

    init(_ descriptor: Int32, peer: PeerAddress, network: UInt64?, web: WebLoop) {
        socket = SocketStream(descriptor)
        self.web = web
        self.peer = peer
        self.network = network
        phase = web.tls == nil ? .open : .sniffing
    }

    var isSecure: Bool { socket.isSecure }

    func start() {
        web.opened(self)
        guard watch() else { return abort() }
        if phase == .open { chooseStage() }
        // Last: a connection that says nothing at all is given less time than the head of a request.
        setDeadline(after: web.settings.handshakeTimeout)
    }

    private func watch() -> Bool {
        registration = try? web.loop.register(socket.descriptor, for: interest, self)
        return registration != nil
    }

    // MARK: For the stage

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
        if let registration { web.loop.forget(registration) }
        registration = nil
        socket.close()
        dropTimer()
        dropOutput()
        unread = []
        web.closed(self)
        stage?.closed()
        stage = nil
    }

    /// Calls the stage's `timedOut` after `delay` unless it is moved before; `nil` never.
    func setDeadline(after delay: Duration?) {
        stageDeadline = delay.map { web.loop.now.advanced(by: $0) } ?? .distantFuture
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

    /// As ``resume()``, at the end of the turn: who answers a request is often in the middle of another
    /// connection's, and answers that lead to requests that lead to answers would need a stack without end.
    func resumeSoon() {
        guard !isOffering, !unread.isEmpty || hasInputEnded else { return }
        isResumeWanted = true
        queueTurnEnd()
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
        switch socket.peekOpening() {
        case .none: break
        case .closed: abort()
        case .tls:
            guard let context = web.tls, (try? socket.beginTLS(context)) != nil else { return abort() }
            phase = .handshaking
        case .other:
            phase = .open
            chooseStage()
        }
    }

    /// Begins with what the handshake of TLS agreed on, or else with what the first bytes say.
    private func chooseStage() {
        switch socket.applicationProtocol {
        case .http: speakHTTP()
        case .turn, .stun: speakFrames()
        case nil where web.frames == nil && web.packets == nil: speakHTTP()
        case nil: stage = OpeningStage(self)
        }
    }

    func speakHTTP() {
        // A browser that was given the address without "https" is sent there.
        let isServed = isSecure || web.tls == nil || web.settings.servesPlainHTTP
        stage = HTTPStage(self, handler: isServed ? web.handler : SecureRedirect())
    }

    func speakFrames() {
        guard let receiver = web.frames, !web.isStopping else { return abort() }
        let stream = FrameStream(self, receiver: receiver)
        // Whoever was told of it may have refused it already.
        if phase == .open { stage = stream } else { stream.closed() }
    }

    func speakPackets() {
        guard let receiver = web.packets, !web.isStopping else {
            web.counters.iceTCP += 1
            return abort()
        }
        let stream = PacketStream(self, receiver: receiver)
        if phase == .open { stage = stream } else { stream.closed() }
    }

    private func shakeHands() {
        switch socket.handshake() {
        case .done:
            web.counters.tlsHandshakes += 1
            if socket.isResumed { web.counters.tlsResumptions += 1 }
            phase = .open
            chooseStage()
            updateInterest()
        // A socket still watched for room to write would be reported ready again and again.
        case .wantsRead: setInterest(.readable)
        case .wantsWrite: setInterest([.readable, .writable])
        case .closed, .failed:
            web.counters.tlsFailures += 1
            abort()
        }
    }

    // MARK: Reading

    private func read() {
        // Bounded, so that one busy peer does not hold up the others of the loop.
        for _ in 0..<4 {
            guard phase == .lingering || phase == .open && !isHeld, destination == nil else { return }
            switch unsafe socket.receive(into: web.readBuffer) {
            case .done(let count):
                if phase == .open {
                    web.counters.bytesReceived += UInt64(count)
                    unsafe take(UnsafeRawBufferPointer(rebasing: web.readBuffer[..<count]))
                }
                // Asking again only to hear that there is no more would be a system call for every
                // message; if more has come meanwhile, epoll says so.
                guard socket.mayHoldMore(afterReading: count, of: unsafe web.readBuffer.count) else { return }
            case .wantsRead: return
            case .wantsWrite: return setInterest([.readable, .writable])
            case .closed: return inputEnded()
            case .failed: return abort()
            }
        }
        // TLS may hold decrypted bytes that epoll knows nothing of.
        if destination == nil { queueTurnEnd() }
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

    // MARK: Turn ends

    func scheduleFlush() {
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
        if socket.pendingCount > 0 { read() }
    }

    // MARK: Interest and time

    func updateInterest() {
        guard phase == .open, destination == nil else { return }
        var wanted: Readiness = []
        if !isHeld, !hasInputEnded { wanted.insert(.readable) }
        if output != nil, !isFlushWanted { wanted.insert(.writable) }
        setInterest(wanted)
    }

    /// Whether nothing is read for now. A peer that does not read its answers is not read from either.
    private var isHeld: Bool {
        // A head is taken whole, so there must be room for one; everything else is taken as it comes.
        unread.count >= max(Self.minUnread, web.settings.limits.maxHeadBytes + 4) || isCongested
    }

    func setInterest(_ wanted: Readiness) {
        guard wanted != interest, let registration else { return }
        interest = wanted
        web.loop.update(registration, for: wanted)
    }

    func armTimer() {
        let deadline = min(stageDeadline, stallDeadline)
        guard deadline < .distantFuture else {
            // Most WebSockets never need one again.
            return dropTimer()
        }
        if timer == nil { timer = LoopTimer(on: web.loop) { [unowned self] in deadlinePassed() } }
        timer?.arm(at: deadline)
    }

    private func dropTimer() {
        timer?.cancel()
        timer = nil
    }

    private func deadlinePassed() {
        let now = web.loop.now
        if stallDeadline <= now {
            web.counters.slowClients += 1
            return abort()
        }
        guard stageDeadline <= now else { return armTimer() }
        stageDeadline = .distantFuture
        guard phase == .open, let stage else { return abort() }
        stage.timedOut()
        if phase == .open { armTimer() }
    }

    // MARK: Moving

    private func transfer(to target: LoopBound<WebLoop>) {
        if let registration { web.loop.remove(registration) }
        registration = nil
        dropTimer()
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
        if output != nil { scheduleFlush() }
        resume()
        updateInterest()
        armTimer()
        if socket.pendingCount > 0 { queueTurnEnd() }
    }
}
