// SPDX-License-Identifier: Apache-2.0
internal import Congestion
internal import Datagrams
internal import EngineKit
internal import EventLoops
internal import ICE
internal import NetworkAddresses
internal import PacketCiphers
internal import RTP
internal import SRTP
internal import STUN
internal import SystemCalls
internal import TLS

/// One connection of a participant to the server, with a socket of its own: it checks the path, shakes hands, sends
/// its streams and watches those that come. On the loop's thread.
final class MediaPeer: EventHandler {
    enum State: Equatable {
        case idle, checking, handshaking, connected, closed
        case failed(String)
    }

    let site: LoadSite
    let socket: UDPSocket
    let credentials: ICECredentials
    /// Stands in the stamps of what it sends.
    let number: UInt32
    let startedAt: Instant
    private(set) var state = State.idle
    private(set) var connectedAt: Instant?
    /// Tells of ``State/connected`` or a failure, once.
    var whenSettled: ((MediaPeer) -> Void)?

    private var registration: EventLoop.Registration?
    private var agent: ICEAgent<OpenSSLDigests>
    private var answer: ServerAnswer?
    private var association: DTLSAssociation?
    /// Set once the handshake is complete.
    private(set) var protection: Protection?
    private(set) var remote: SocketAddress?
    private var timer: LoopTimer?

    var outgoing: [OutgoingStream] = []
    var incoming: [IncomingStream] = []
    var incomingBySSRC: [UInt32: Int] = [:]
    /// Streams of repeats, and what they repeat.
    var repeats: [UInt32: UInt32] = [:]
    var recorder = TransportFeedbackRecorder(interval: .milliseconds(100))
    var extensions = ExtensionMap()
    var videoType: UInt8 = 0
    var audioType: UInt8 = 0
    var rtxType: UInt8 = 0
    var transportSequence: UInt16 = 0
    var nextReport = Instant.origin
    var nextRepair = Instant.origin
    var nextKeyframe = Instant.origin
    let ownSSRC: UInt32
    /// When other pictures were asked for, and how many the last time.
    var wishes: [Instant] = []
    var wantedPictures = 0
    var failedPackets = 0

    /// Both directions of SRTP.
    final class Protection {
        var sealer: SRTPSealer<FastestCiphers>
        var opener: SRTPOpener<FastestCiphers>

        init(_ keys: SRTPKeys, _ ciphers: FastestCiphers) throws(SRTPKeyFailure) {
            let sealer = try SRTPSealer(keys.sending, ciphers: ciphers)
            let opener = try SRTPOpener(keys.receiving, ciphers: ciphers, sources: 512)
            self.sealer = sealer
            self.opener = opener
        }
    }

    init(_ site: LoadSite, number: UInt32) throws(SystemCallError) {
        self.site = site
        self.number = number
        startedAt = site.loop.now
        socket = try UDPSocket(bind: SocketAddress(ip: site.ownIP, port: 0))
        socket.setBuffers(receive: 1 << 21, send: 1 << 20)
        credentials = site.withRandom { ICECredentials(using: &$0) }
        agent = ICEAgent(
            own: credentials, isControlling: true, digests: site.digests, random: SystemRandomSource())
        ownSSRC = site.nextSSRC()
        registration = try site.loop.register(socket.descriptor, for: .readable, self)
        timer = LoopTimer(on: site.loop) { [weak self] in self?.tick() }
    }

    /// Goes on with what the server answered.
    func begin(_ answer: ServerAnswer) {
        guard state == .idle else { return }
        self.answer = answer
        for section in answer.sections where section.isAccepted {
            if section.isVideo, videoType == 0 { (videoType, rtxType) = (section.mediaType, section.rtxType) }
            if !section.isVideo, audioType == 0 { audioType = section.mediaType }
            for kind in ExtensionKind.allCases where section.extensions[kind] != 0 {
                extensions.insert(section.extensions[kind], kind)
            }
            for source in section.sources { if let rtx = source.rtx { repeats[rtx] = source.ssrc } }
        }
        let isReachable = answer.candidates.contains { $0.address.ip.isIPv4 == site.ownIP.isIPv4 }
        guard isReachable else { return fail("the answer has no address that can be reached") }
        state = .checking
        let now = site.loop.now
        agent.handle(.local(ICECandidate(host: socket.local), socket: 0), at: now)
        agent.handle(.remote(answer.credentials), at: now)
        for candidate in answer.candidates where candidate.address.ip.isIPv4 == site.ownIP.isIPv4 {
            agent.handle(.candidate(candidate), at: now)
        }
        agent.handle(.endOfCandidates, at: now)
        drain(at: now)
        site.batch.flush()
        arm()
    }

    func fail(_ why: String) {
        guard state != .connected, state != .closed else { return close() }
        settle(.failed(why))
        close(keeping: state)
    }

    private func settle(_ state: State) {
        self.state = state
        let tell = whenSettled
        whenSettled = nil
        tell?(self)
    }

    func close() { close(keeping: .closed) }

    private func close(keeping final: State) {
        if let association, let remote {
            association.close()
            send(association, to: remote)
        }
        association = nil
        if let registration { site.loop.remove(registration) }
        registration = nil
        site.batch.flush()
        socket.close()
        timer?.cancel()
        timer = nil
        state = final
    }

    // MARK: Input

    func ready(_ events: Readiness) {
        let now = Instant.monotonic()
        while state != .closed {
            let slots = site.batch.receive(from: socket)
            for slot in slots {
                unsafe receive(site.batch.bytes(slot), from: site.batch.source(slot), at: now)
            }
            if slots.count < DatagramBatch.largestReceive { break }
        }
        site.batch.flush()
    }

    private func receive(_ datagram: UnsafeRawBufferPointer, from source: SocketAddress, at now: Instant) {
        guard datagram.count > 0 else { return }
        switch unsafe FirstByte(datagram[0]) {
        case .stun: unsafe receiveCheck(datagram, from: source, at: now)
        case .dtls: unsafe receiveHandshake(datagram, from: source, at: now)
        case .rtp: unsafe receiveMedia(datagram, at: now)
        default: break
        }
    }

    private func receiveCheck(_ datagram: UnsafeRawBufferPointer, from source: SocketAddress, at now: Instant)
    {
        agent.handle(.received(unsafe Array(datagram), from: MediaPath(local: 0, remote: source)), at: now)
        drain(at: now)
        arm()
    }

    /// Does what the agent wants done.
    private func drain(at now: Instant) {
        while let output = agent.poll() {
            switch output {
            case .transmit(let bytes, let path): send(bytes, to: path.remote)
            case .selected(let path): select(path.remote, at: now)
            case .state(.failed): fail("the server answers no checks")
            // Connections over TCP are not offered.
            case .state, .open, .close: break
            }
        }
    }

    private func select(_ address: SocketAddress, at now: Instant) {
        remote = address
        guard state == .checking, let answer else { return }
        state = .handshaking
        association = try? DTLSAssociation(
            media: site.context, answer.role, expecting: answer.fingerprints, at: now)
        guard let association else { return fail("no DTLS") }
        send(association, to: address)
    }

    private func receiveHandshake(
        _ datagram: UnsafeRawBufferPointer, from source: SocketAddress, at now: Instant
    ) {
        guard let association, source == remote else { return }
        unsafe association.receive(datagram, using: site.scratch, at: now) { _ in }
        send(association, to: source)
        switch association.state {
        case .open:
            guard protection == nil else { return }
            guard let keys = association.makeKeys(), let made = try? Protection(keys, site.ciphers) else {
                return fail("no keys for media")
            }
            protection = made
            connectedAt = now
            settle(.connected)
        case .closed: fail(state == .connected ? "ended by the server" : "the handshake failed")
        case .handshaking: break
        }
        arm()
    }

    // MARK: Time

    private func tick() {
        let now = site.loop.now
        agent.handle(.tick, at: now)
        drain(at: now)
        if let association, let remote, let deadline = association.deadline, deadline <= now {
            association.tick(at: now)
            send(association, to: remote)
            if association.state == .closed, protection == nil { return fail("the handshake took too long") }
        }
        site.batch.flush()
        arm()
    }

    private func arm() {
        let deadlines = [agent.deadline, association?.deadline].compactMap { $0 }
        timer?.arm(at: deadlines.min())
    }

    // MARK: Output

    func send(_ bytes: [UInt8], to address: SocketAddress) {
        unsafe bytes.withUnsafeBytes { unsafe site.batch.send(copying: $0, from: socket, to: address) }
    }

    private func send(_ association: DTLSAssociation, to address: SocketAddress) {
        unsafe association.drain { unsafe site.batch.send(copying: $0, from: socket, to: address) }
    }
}
