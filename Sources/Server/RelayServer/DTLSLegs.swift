// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import NetworkAddresses
internal import TLS
internal import TURNRelay

/// The DTLS associations of one loop's clients, for its worker.
///
/// An association that is of no use for ten seconds ends: one whose handshake does not come to an end, or without an
/// allocation.
@safe final class DTLSLegs: RelayDatagramLeg {
    private struct Name: Hashable {
        var remote: SocketAddress
        var local: UInt16
    }

    fileprivate unowned let worker: RelayWorker
    private let listener: DTLSListener
    private let buffer: UnsafeMutableRawBufferPointer
    private var legs: [Name: DTLSLeg] = [:]
    /// Those that have a deadline, in no order, and how many of them each network has.
    private var young: [DTLSLeg] = []
    private var youngOf: [UInt64: Int] = [:]
    private var timer: LoopTimer?
    var count: Int { legs.count }
    /// Only ever grow.
    private(set) var handshakes: UInt64 = 0
    private(set) var failures: UInt64 = 0

    /// Most associations that have a deadline; more clients have to wait, like on a lossy network.
    private static let mostYoung = 1000
    /// The same for one network, so that nobody takes the places of all others. Handshakes take a round trip or two,
    /// and whoever has allocated is not counted: a whole school gets in.
    static let mostYoungOfNetwork = 50
    private static let patience = Duration.seconds(10)
    /// How exact deadlines are.
    private static let step = Duration.milliseconds(50)

    init(_ worker: RelayWorker, _ context: DTLSContext, cookieKey: [UInt8]) throws(TLSError) {
        self.worker = worker
        listener = try DTLSListener(context, cookieKey: cookieKey)
        unsafe buffer = .allocate(byteCount: 16_384, alignment: 16)
        super.init()
        timer = LoopTimer(on: worker.loop) { [unowned self] in sweep() }
    }

    deinit {
        timer?.cancel()
        unsafe buffer.deallocate()
    }

    /// New associations have this certificate from now on.
    func use(_ context: DTLSContext) { listener.context = context }

    override func receive(_ bytes: UnsafeRawBufferPointer, from remote: SocketAddress, local: UInt16) {
        let name = Name(remote: remote, local: local)
        if let leg = legs[name] {
            // A client that begins again at the same port shows first that it is there. RFC 6347 §4.2.8.
            if leg.association.state == .open, unsafe DTLSListener.isHello(bytes) {
                unsafe greet(bytes, name)
            } else {
                unsafe receive(bytes, leg)
            }
        } else {
            unsafe greet(bytes, name)
        }
    }

    /// What one subscriber has: an IPv4 address, or the first half of an IPv6 one.
    private static func network(of ip: IPAddress) -> UInt64 { ip.isIPv4 ? ip.low : ip.high }

    private func hasRoom(for ip: IPAddress) -> Bool {
        young.count < Self.mostYoung && youngOf[Self.network(of: ip), default: 0] < Self.mostYoungOfNetwork
    }

    private func greet(_ bytes: UnsafeRawBufferPointer, _ name: Name) {
        guard hasRoom(for: name.remote.ip) else { return }
        let now = worker.loop.now
        switch unsafe listener.receive(bytes, from: Self.cookieAddress(name), at: now) {
        case .ignored: break
        case .challenged:
            unsafe listener.drain { unsafe worker.send($0, to: name.remote, local: name.local) }
        case .accepted(let association):
            if let former = legs[name] { end(former) }
            let leg = DTLSLeg(association, self, remote: name.remote, local: name.local)
            legs[name] = leg
            leg.client = worker.attach(leg, .dtls, remote: name.remote, local: name.local)
            watch(leg)
            leg.flush()
        }
    }

    private static func cookieAddress(_ name: Name) -> [UInt8] {
        var bytes: [UInt8] = []
        for word in [name.remote.ip.high, name.remote.ip.low, UInt64(name.remote.port), UInt64(name.local)] {
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return bytes
    }

    private func receive(_ bytes: UnsafeRawBufferPointer, _ leg: DTLSLeg) {
        let now = worker.loop.now
        let before = leg.association.state
        unsafe leg.association.receive(bytes, using: buffer, at: now) { message in
            guard let client = leg.client else { return }
            unsafe worker.receive(message, from: client)
        }
        leg.flush()
        if before == .handshaking, leg.association.state == .open {
            handshakes += 1
            leg.useful = now
        }
        if leg.association.state == .closed { return end(leg) }
        note(leg, at: now)
    }

    /// Sees to it that an association without an allocation has a deadline, and one with an allocation has none.
    private func note(_ leg: DTLSLeg, at now: Instant) {
        guard leg.association.state == .open, let client = leg.client else { return }
        let isKept = worker.hasAllocation(client)
        if leg.isKept, !isKept {
            leg.useful = now
            watch(leg)
        }
        leg.isKept = isKept
    }

    private func watch(_ leg: DTLSLeg) {
        guard !leg.isWatched else { return }
        leg.isWatched = true
        young.append(leg)
        youngOf[Self.network(of: leg.remote.ip), default: 0] += 1
        if young.count == 1 { timer?.arm(after: Self.step) }
    }

    private func unwatch(_ leg: DTLSLeg) {
        leg.isWatched = false
        let network = Self.network(of: leg.remote.ip)
        let left = youngOf[network, default: 0] - 1
        youngOf[network] = left > 0 ? left : nil
    }

    private func sweep() {
        let now = worker.loop.now
        for leg in young {
            if let deadline = leg.association.deadline, deadline <= now {
                leg.association.tick(at: now)
                leg.flush()
            }
            let isLate = !leg.isKept && leg.useful.duration(to: now) >= Self.patience
            if leg.association.state == .closed || isLate { end(leg) }
        }
        young.removeAll { leg in
            let isDone = leg.isEnded || leg.association.state == .open && leg.isKept
            if isDone { unwatch(leg) }
            return isDone
        }
        if !young.isEmpty { timer?.arm(after: Self.step) }
    }

    fileprivate func end(_ leg: DTLSLeg) {
        guard !leg.isEnded else { return }
        leg.isEnded = true
        if leg.association.state == .handshaking || !leg.wasOpen { failures += 1 }
        leg.association.close()
        leg.flush()
        let name = Name(remote: leg.remote, local: leg.local)
        if legs[name] === leg { legs[name] = nil }
        if let client = leg.client { worker.detach(client) }
        leg.client = nil
    }

    /// Ends every association.
    func closeAll() {
        for leg in Array(legs.values) { end(leg) }
        timer?.cancel()
    }
}

/// One association, to send on.
private final class DTLSLeg: RelayLeg {
    let association: DTLSAssociation
    private unowned let owner: DTLSLegs
    let remote: SocketAddress
    let local: UInt16
    var client: ClientAddress?
    /// Since when it has been without an allocation.
    var useful: Instant
    var isKept = false
    var isWatched = false
    var isEnded = false
    private(set) var wasOpen = false

    init(_ association: DTLSAssociation, _ owner: DTLSLegs, remote: SocketAddress, local: UInt16) {
        self.association = association
        self.owner = owner
        self.remote = remote
        self.local = local
        useful = owner.worker.loop.now
        super.init()
    }

    override func send(_ frame: UnsafeRawBufferPointer) {
        unsafe association.send(frame)
        flush()
    }

    override func answer(_ message: [UInt8]) { unsafe message.withUnsafeBytes { unsafe send($0) } }

    override func close() { owner.end(self) }

    func flush() {
        if association.state == .open { wasOpen = true }
        unsafe association.drain { unsafe owner.worker.send($0, to: remote, local: local) }
    }
}
