// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

// The handshake of four packets. RFC 9260 §5.

extension SCTPAssociation {
    private static let maxTries = 8
    private static let cookieParameter: UInt16 = 7
    private static let extensionsParameter: UInt16 = 0x8008
    private static let forwardParameter: UInt16 = 0xC000

    mutating func sendInit(at now: Instant) {
        let value = initiation()
        transmit(tag: 0) { $0.append(SCTPChunkType.initiation, value) }
        retransmitAt = now.advanced(by: timeout)
    }

    /// The value of INIT, and with a cookie of INIT ACK. RFC 9260 §3.3.2.
    private func initiation(cookie: [UInt8]? = nil) -> [UInt8] {
        var value: [UInt8] = []
        value.append32(ownTag)
        value.append32(UInt32(clamping: settings.receiveBuffer))
        value.append16(settings.streams)
        value.append16(settings.streams)
        value.append32(ackPoint &+ 1)
        SCTPParameters.write(Self.forwardParameter, [], to: &value)
        SCTPParameters.write(
            Self.extensionsParameter, [SCTPChunkType.reconfiguration, SCTPChunkType.forwardTSN], to: &value)
        if let cookie { SCTPParameters.write(Self.cookieParameter, cookie, to: &value) }
        return value
    }

    /// Nothing changes before the cookie comes back, in whatever state we are. RFC 9260 §5.2.1, §5.2.2.
    mutating func takeInit(_ chunk: SCTPChunk, at now: Instant) {
        let value = chunk.value
        let tag = value.u32(0)
        guard value.count >= 16, tag != 0, value.u16(8) > 0, value.u16(10) > 0 else { return }
        // DTLS knows its peer; one that begins anew in the middle has lost everything that we would repeat.
        guard state == .waiting || state == .cookieWait || state == .cookieEchoed || tag == peerTag else {
            return
        }
        let cookie = offered.flatMap { $0.tag == tag ? $0.cookie : nil } ?? random.nextBytes(16)
        offered = (
            cookie, tag, value.u32(12), Int(value.u32(4)), min(value.u16(10), settings.streams),
            Self.forwards(value.dropFirst(16))
        )
        let answer = initiation(cookie: cookie)
        transmit(tag: tag) { $0.append(SCTPChunkType.initiationAck, answer) }
    }

    private static func forwards(_ parameters: ArraySlice<UInt8>) -> Bool {
        SCTPParameters(parameters).contains { $0.type == forwardParameter }
    }

    mutating func takeInitAck(_ chunk: SCTPChunk, at now: Instant) {
        let value = chunk.value
        guard state == .cookieWait, value.count >= 16, value.u32(0) != 0 else { return }
        guard
            let cookie = SCTPParameters(value.dropFirst(16)).first(where: { $0.type == Self.cookieParameter })
        else { return end(.violation) }
        self.cookie = Array(cookie.value)
        begin(
            tag: value.u32(0), tsn: value.u32(12), window: Int(value.u32(4)),
            streams: min(value.u16(10), settings.streams), forwards: Self.forwards(value.dropFirst(16)))
        state = .cookieEchoed
        setupTries = 0
        sendCookie(at: now)
    }

    private mutating func begin(tag: UInt32, tsn: UInt32, window: Int, streams: UInt16, forwards: Bool) {
        peerTag = tag
        receivedTSN = tsn &- 1
        peerRequest = tsn
        peerWindow = window
        threshold = max(window, 4 * settings.packetSize)
        peerStreams = streams
        peerForwards = forwards
    }

    private mutating func sendCookie(at now: Instant) {
        let cookie = cookie
        transmit { $0.append(SCTPChunkType.cookieEcho, cookie) }
        retransmitAt = now.advanced(by: timeout)
    }

    mutating func takeCookieEcho(_ chunk: SCTPChunk, at now: Instant) {
        guard let offered, chunk.value.elementsEqual(offered.cookie) else { return }
        switch state {
        case .waiting, .cookieWait, .cookieEchoed:
            begin(
                tag: offered.tag, tsn: offered.tsn, window: offered.window, streams: offered.streams,
                forwards: offered.forwards)
            establish()
        // Our COOKIE ACK was lost.
        case .established, .shuttingDown: break
        case .closed: return
        }
        transmit { $0.append(SCTPChunkType.cookieAck, []) }
    }

    mutating func takeCookieAck(at now: Instant) {
        guard state == .cookieEchoed else { return }
        establish()
    }

    private mutating func establish() {
        state = .established
        retransmitAt = nil
        setupTries = 0
        emit(.opened)
    }

    /// Nobody has answered the handshake, or the goodbye.
    mutating func repeatSetup(at now: Instant) {
        setupTries += 1
        guard setupTries <= Self.maxTries else { return end(.unanswered) }
        timeout = min(timeout * 2, .seconds(8))
        if state == .cookieWait { sendInit(at: now) } else { sendCookie(at: now) }
    }
}
