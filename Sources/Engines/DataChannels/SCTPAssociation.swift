// SPDX-License-Identifier: Apache-2.0
public import EngineKit

/// One SCTP association inside DTLS: streams of messages, ordered or not, reliable or not. RFC 9260 as RFC 8831
/// wants it, with partial reliability (RFC 3758) and streams that can be ended (RFC 6525).
///
/// One path, one peer that DTLS has authenticated: cookies are random numbers, and there are no heartbeats of ours,
/// since ICE knows whether the peer lives. Everything that a peer can fill is bounded by ``SCTPSettings``.
public struct SCTPAssociation: Sendable {
    enum State: Hashable, Sendable {
        case waiting, cookieWait, cookieEchoed, established, shuttingDown, closed
    }

    let settings: SCTPSettings
    var state = State.waiting
    var random: any RandomSource
    private var events = Queue<SCTPEvent>()

    // What the handshake settles.
    let ownTag: UInt32
    var peerTag: UInt32 = 0
    var peerStreams: UInt16 = 0
    var peerForwards = false
    /// What our last INIT ACK was about.
    var offered: (cookie: [UInt8], tag: UInt32, tsn: UInt32, window: Int, streams: UInt16, forwards: Bool)?
    /// What the peer wants to see again.
    var cookie: [UInt8] = []
    var setupTries = 0

    // Sending.
    var nextTSN: UInt32
    /// Everything up to this has arrived there or was given up.
    var ackPoint: UInt32
    var forwardPoint: UInt32
    var outgoing: [SCTPOutgoing] = []
    /// Chunks at the front of `outgoing` that have been sent at least once.
    var bufferedBytes = 0
    var nextMessage: UInt64 = 0
    var sequences: [UInt16: UInt16] = [:]
    var peerWindow = 0
    var window: Int
    var threshold = Int.max
    var partialAcked = 0
    /// While losses before this number are repaired, the window shrinks no further.
    var recoveryEnd: UInt32?
    var roundTrip: (smoothed: Duration, variation: Duration)?
    var timeout = Duration.seconds(1)
    var retransmitAt: Instant?
    var failures = 0
    var wantsForward = false

    // Receiving.
    var receivedTSN: UInt32 = 0
    /// Beyond ``receivedTSN``, in order.
    var gaps: [UInt32] = []
    var duplicates: [UInt32] = []
    /// In order of TSN.
    var inbox: [SCTPFragment] = []
    var inboxBytes = 0
    var expected: [UInt16: UInt16] = [:]
    var owesSack = false

    // Ending streams.
    var nextRequest: UInt32
    var peerRequest: UInt32 = 0
    var resetWaiting: [UInt16] = []
    var resetUnderWay: (request: UInt32, lastTSN: UInt32, streams: [UInt16])?
    var resetAt: Instant?

    public init(_ settings: SCTPSettings, random: any RandomSource) {
        self.settings = settings
        var source = random
        let numbers = source.nextBytes(8)[...]
        self.random = source
        ownTag = max(numbers.u32(0), 1)
        nextTSN = numbers.u32(4)
        ackPoint = nextTSN &- 1
        forwardPoint = nextTSN &- 1
        nextRequest = nextTSN
        window = min(4 * settings.packetSize, max(2 * settings.packetSize, 4380))
    }

    public var isEstablished: Bool { state == .established }
    public var isClosed: Bool { state == .closed }

    public mutating func poll() -> SCTPEvent? { events.popFirst() }

    mutating func emit(_ event: SCTPEvent) { events.append(event) }

    /// When ``tick(at:)`` is due.
    public var deadline: Instant? {
        guard state != .closed else { return nil }
        switch (retransmitAt, resetAt) {
        case (let one?, let other?): return min(one, other)
        case (let one, nil): return one
        case (nil, let other): return other
        }
    }

    // MARK: Beginning and end

    /// Begins; the other end may do so at the same time. RFC 8831 §6.2.
    public mutating func connect(at now: Instant) {
        guard state == .waiting else { return }
        state = .cookieWait
        sendInit(at: now)
    }

    /// Ends the association at once, and says so.
    public mutating func abort() {
        guard state != .closed else { return }
        if peerTag != 0 { transmit { $0.append(SCTPChunkType.abort, []) } }
        end(.aborted)
    }

    /// Ends it once all that was sent has arrived. RFC 9260 §9.2.
    public mutating func shutdown(at now: Instant) {
        guard state == .established else { return abort() }
        state = .shuttingDown
        proceed(at: now)
    }

    mutating func end(_ reason: SCTPEnd) {
        guard state != .closed else { return }
        state = .closed
        outgoing = []
        inbox = []
        (retransmitAt, resetAt) = (nil, nil)
        emit(.closed(reason))
    }

    mutating func transmit(tag: UInt32? = nil, _ build: (inout SCTPPacketWriter) -> Void) {
        var writer = SCTPPacketWriter(
            source: settings.localPort, destination: settings.remotePort, tag: tag ?? peerTag)
        build(&writer)
        if !writer.isEmpty { emit(.transmit(writer.finish())) }
    }

    // MARK: Input

    /// Takes one packet, which DTLS has authenticated.
    public mutating func receive(_ bytes: [UInt8], at now: Instant) {
        guard state != .closed, let packet = SCTPPacket(bytes),
            packet.destinationPort == settings.localPort, packet.sourcePort == settings.remotePort
        else { return }
        for chunk in packet.chunks {
            // An INIT stands alone, and nobody can know the tag before it. RFC 9260 §8.5.1.
            if chunk.type == SCTPChunkType.initiation {
                guard packet.tag == 0, packet.chunks.count == 1 else { return }
                takeInit(chunk, at: now)
                continue
            }
            // These may carry the other tag, to say that they answer to nobody here.
            let isReflected = chunk.flags & 1 == 1 && packet.tag == peerTag && peerTag != 0
            let mayReflect =
                chunk.type == SCTPChunkType.abort || chunk.type == SCTPChunkType.shutdownComplete
            guard packet.tag == ownTag || (mayReflect && isReflected) else { return }
            take(chunk, at: now)
            if state == .closed { return }
        }
        if owesSack { sendSack() }
        proceed(at: now)
    }

    private mutating func take(_ chunk: SCTPChunk, at now: Instant) {
        switch chunk.type {
        case SCTPChunkType.initiationAck: takeInitAck(chunk, at: now)
        case SCTPChunkType.cookieEcho: takeCookieEcho(chunk, at: now)
        case SCTPChunkType.cookieAck: takeCookieAck(at: now)
        case SCTPChunkType.data: takeData(chunk)
        case SCTPChunkType.sack: takeSack(chunk, at: now)
        case SCTPChunkType.heartbeat:
            let value = chunk.value
            transmit { $0.append(SCTPChunkType.heartbeatAck, value) }
        case SCTPChunkType.abort: end(.aborted)
        case SCTPChunkType.shutdown:
            takeAckPoint(chunk.value.u32(0), at: now)
            transmit { $0.append(SCTPChunkType.shutdownAck, []) }
            if state == .established { state = .shuttingDown }
        case SCTPChunkType.shutdownAck:
            transmit { $0.append(SCTPChunkType.shutdownComplete, []) }
            end(.shutdown)
        case SCTPChunkType.shutdownComplete: if state == .shuttingDown { end(.shutdown) }
        case SCTPChunkType.reconfiguration: takeReconfiguration(chunk, at: now)
        case SCTPChunkType.forwardTSN: takeForward(chunk)
        default: break
        }
    }

    public mutating func tick(at now: Instant) {
        guard state != .closed else { return }
        if let resetAt, now >= resetAt { sendReset(at: now) }
        if let retransmitAt, now >= retransmitAt { timedOut(at: now) }
        proceed(at: now)
    }

    /// Sends whatever may be sent now.
    mutating func proceed(at now: Instant) {
        guard state == .established || state == .shuttingDown else { return }
        abandonLate(at: now)
        sendData(at: now)
        sendResetIfDue(at: now)
        if state == .shuttingDown, outgoing.isEmpty, retransmitAt == nil {
            sendShutdown(at: now)
        }
    }

    mutating func sendShutdown(at now: Instant) {
        var value: [UInt8] = []
        value.append32(receivedTSN)
        transmit { $0.append(SCTPChunkType.shutdown, value) }
        retransmitAt = now.advanced(by: timeout)
    }
}
