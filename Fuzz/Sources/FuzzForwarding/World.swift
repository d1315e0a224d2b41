// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Forwarding
import FuzzKit
import ICE
import MediaPlans
import NetworkAddresses
import RTP
import SRTP
import STUN

/// A forwarder with two rooms, and peers who may do anything.
final class World {
    private var forwarder: Forwarder<PlainCiphers, PlainDigests>
    private let ciphers = PlainCiphers()
    private let rooms: [RoomID]
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var peers: [Peer] = []
    private var publications: [PublicationID] = []
    private var lastPeer = 0

    /// Checks what leaves.
    @safe struct Wire: MediaSink, ~Copyable {
        private let memory: UnsafeMutableRawPointer = .allocate(byteCount: MediaRun.capacity, alignment: 16)
        var sent: [(MediaPath, [UInt8])] = []

        deinit { unsafe memory.deallocate() }

        mutating func space(_ count: Int) -> UnsafeMutableRawPointer {
            promise(count <= MediaRun.capacity, "space is for one run")
            return unsafe memory
        }

        mutating func send(count: Int, segment: Int, to path: MediaPath) {
            promise(count > 0 && segment > 0 && segment <= count, "a run has datagrams")
            promise(
                (count + segment - 1) / segment <= MediaRun.segments,
                "a run is no longer than the system takes")
            let bytes = unsafe Array(UnsafeRawBufferPointer(start: memory, count: count))
            for start in stride(from: 0, to: count, by: segment) {
                sent.append((path, Array(bytes[start..<min(start + segment, count)])))
            }
        }
    }

    init() {
        forwarder = Forwarder(ForwardingSettings(), seed: [7], ciphers: ciphers, digests: PlainDigests())
        rooms = [forwarder.openRoom(), forwarder.openRoom()]
    }

    func perform(_ step: UInt8, _ script: inout Script) {
        switch step % 20 {
        case 0: join(&script)
        case 1: check(&script)
        case 2:
            with(&script) { peer in
                // Each handshake gives other keys.
                guard !peer.isSecured else { return }
                peer.isSecured = (try? forwarder.secured(peer.id, peer.serverKeys, at: now)) != nil
            }
        case 3: publish(&script)
        case 4: setSlots(&script)
        case 5: view(&script)
        case 6, 7, 8, 9, 10: sendMedia(&script)
        case 11, 12: sendControl(&script)
        case 13: sendJunk(&script)
        case 14:
            if let id = pick(publications, &script) { forwarder.mute(id, script.number(2) == 0, at: now) }
        case 15: with(&script) { forwarder.close($0.id) }
        case 16: pass(.milliseconds(Int64(script.byte())))
        case 17: pass(.seconds(Int64(script.byte()) * 3))
        case 18: forwarder.shed(Shedding(rawValue: script.byte() % 4) ?? .nothing, at: now)
        default: flush()
        }
    }

    private func pass(_ duration: Duration) {
        now = now.advanced(by: duration)
        flush()
    }

    private func pick<Value>(_ values: [Value], _ script: inout Script) -> Value? {
        values.isEmpty ? nil : values[script.number(values.count)]
    }

    private func with(_ script: inout Script, _ body: (Peer) -> Void) {
        if let peer = pick(peers, &script) { body(peer) }
    }

    private func join(_ script: inout Script) {
        guard peers.count < 6 else { return }
        lastPeer += 1
        let peer = Peer(lastPeer, room: script.number(2), ciphers)
        let options = ConnectionOptions(
            room: rooms[peer.room], participant: UInt64(script.number(4)), choosesAudio: script.number(2) == 0
        )
        guard let id = try? forwarder.open(peer.plan, options, at: now) else { return }
        peer.id = id
        peers.append(peer)
    }

    private func check(_ script: inout Script) {
        guard let peer = pick(peers, &script) else { return }
        let path = script.number(4) == 0 ? Peer.path(script.number(8)) : peer.path
        deliver(peer.check(nominating: script.number(2) == 0), on: path)
    }

    private func publish(_ script: inout Script) {
        guard let peer = pick(peers, &script) else { return }
        let plans = (0..<script.number(4)).map { Plans.track($0, &script) }
        let ids = forwarder.publish(peer.id, plans, at: now)
        promise(ids.count == plans.count, "every section has its answer")
        publications += ids.compactMap { $0 }
        if publications.count > 40 { publications.removeFirst(20) }
    }

    private func setSlots(_ script: inout Script) {
        guard let peer = pick(peers, &script) else { return }
        // Slots are never taken away but made inactive: their numbers go on.
        let count = max(peer.slotCount, script.number(4))
        peer.slotCount = count
        forwarder.setSlots(peer.id, (0..<count).map { Plans.slot($0, &script) }, at: now)
    }

    private func view(_ script: inout Script) {
        guard let peer = pick(peers, &script) else { return }
        let wishes = (0..<4).map { place in
            SlotWish(
                mid: ShortName("s\(place)")!, publication: pick(publications, &script),
                height: UInt16(script.byte()) * 4, priority: script.byte(), isPaused: script.number(6) == 0)
        }
        forwarder.view(peer.id, wishes, at: now)
    }

    private func sendMedia(_ script: inout Script) {
        guard let peer = pick(peers, &script) else { return }
        for _ in 0...script.number(4) {
            deliver(peer.media(&script), on: peer.path)
        }
    }

    private func sendControl(_ script: inout Script) {
        guard let peer = pick(peers, &script) else { return }
        deliver(peer.control(&script), on: peer.path)
    }

    private func sendJunk(_ script: inout Script) {
        deliver(script.bytes(script.number(64)), on: Peer.path(script.number(8)))
    }

    private func deliver(_ bytes: [UInt8], on path: MediaPath) {
        unsafe bytes.withUnsafeBytes { _ = unsafe forwarder.receive($0, from: path, at: now) }
    }

    private func flush() {
        var wire = Wire()
        forwarder.flush(into: &wire, at: now)
        while let output = forwarder.poll() {
            guard case .lost(let id, _) = output else { continue }
            forwarder.close(id)
            peers.removeAll { $0.id == id }
        }
        for (path, bytes) in wire.sent {
            guard let peer = peers.first(where: { forwarder.path(of: $0.id) == path }) else { continue }
            peer.receive(bytes)
        }
        promise(ciphers.reusedNonces == 0, "no number is encrypted with two contents")
        if let deadline = forwarder.deadline { promise(deadline.nanoseconds >= 0, "deadlines can be told") }
    }

    func finish() {
        for room in rooms { forwarder.closeRoom(room) }
        flush()
        promise(
            forwarder.connectionCount == 0 && forwarder.publicationCount == 0, "a closed room leaves nothing")
    }
}
