// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Forwarding
import ICE
import MediaPlans
import NetworkAddresses
import SRTP
import TestKit
import Testing

/// What a network does to datagrams, with the same luck each time.
struct Weather {
    /// Of a thousand datagrams.
    var lost = 0
    var repeated = 0
    var late = 0
    var delay = Duration.milliseconds(10)
    /// By how much late ones come later.
    var lateness = Duration.milliseconds(40)
}

/// A forwarder, peers, and a network between them in which time passes as it is told.
final class World {
    var forwarder: Forwarder<PlainCiphers, PlainDigests>
    let ciphers: PlainCiphers
    let room: RoomID
    var now = Instant(nanoseconds: 1_000_000_000_000)
    var peers: [Peer] = []
    var outputs: [ForwardingOutput] = []
    var toServer = Weather()
    var toPeers = Weather()
    /// Runs that left, by how many datagrams they had.
    var runs: [Int] = []
    private var luck = SeededRandomSource(seed: 42)
    private var journeys: [Journey] = []
    private var lastJourney: UInt64 = 0

    private struct Journey {
        var at: Instant
        var number: UInt64
        var path: MediaPath
        var isToServer: Bool
        var bytes: [UInt8]
    }

    /// Collects what the forwarder sends.
    @safe struct Wire: MediaSink {
        var sent: [(path: MediaPath, bytes: [UInt8])] = []
        var runs: [Int] = []
        private let space: UnsafeMutableRawPointer = .allocate(byteCount: MediaRun.capacity, alignment: 16)

        func free() { unsafe space.deallocate() }

        mutating func space(_ count: Int) -> UnsafeMutableRawPointer {
            #expect(count <= MediaRun.capacity)
            return unsafe space
        }

        mutating func send(count: Int, segment: Int, to path: MediaPath) {
            #expect(count > 0 && segment > 0 && count <= MediaRun.capacity)
            let bytes = unsafe Array(UnsafeRawBufferPointer(start: space, count: count))
            var start = 0
            var segments = 0
            while start < count {
                let end = min(start + segment, count)
                sent.append((path, Array(bytes[start..<end])))
                start = end
                segments += 1
            }
            #expect(segments <= MediaRun.segments)
            runs.append(segments)
        }
    }

    init(_ settings: ForwardingSettings = ForwardingSettings()) {
        let ciphers = PlainCiphers()
        self.ciphers = ciphers
        forwarder = Forwarder(settings, seed: [1, 2, 3, 4], ciphers: ciphers, digests: PlainDigests())
        room = forwarder.openRoom()
    }

    /// Connects a peer: credentials, a check, and keys unless those are to come later.
    func join(
        _ participant: UInt64? = nil, room: RoomID? = nil, choosesAudio: Bool = false, secures: Bool = true
    ) throws -> Peer {
        let number = peers.count + 1
        let peer = Peer(self, number: number)
        let options = ConnectionOptions(
            room: room ?? self.room, participant: participant ?? UInt64(number), choosesAudio: choosesAudio)
        peer.id = try forwarder.open(peer.plan, options, at: now)
        peers.append(peer)
        peer.check()
        run(for: .milliseconds(50))
        #expect(forwarder.path(of: peer.id) == peer.path)
        if secures { try forwarder.secured(peer.id, peer.serverKeys, at: now) }
        return peer
    }

    /// Puts a datagram on its way, which the weather may make longer or end.
    func send(_ bytes: [UInt8], on path: MediaPath, isToServer: Bool) {
        if !isToServer, let peer = peers.first(where: { $0.path == path && $0.line != nil }) {
            peer.line?.send(bytes, size: bytes.count, at: now)
            return
        }
        let weather = isToServer ? toServer : toPeers
        if chance(weather.lost) { return }
        let copies = chance(weather.repeated) ? 2 : 1
        for _ in 0..<copies {
            lastJourney += 1
            let delay = chance(weather.late) ? weather.delay + weather.lateness : weather.delay
            journeys.append(
                Journey(
                    at: now.advanced(by: delay), number: lastJourney, path: path, isToServer: isToServer,
                    bytes: bytes))
        }
    }

    private func chance(_ thousandths: Int) -> Bool {
        guard thousandths > 0 else { return false }
        let bytes = luck.nextBytes(2)
        return (Int(bytes[0]) << 8 | Int(bytes[1])) * 1_000 < thousandths * 65_536
    }

    /// Gives a datagram to the forwarder at once.
    @discardableResult
    func deliver(_ bytes: [UInt8], on path: MediaPath) -> ForwardingVerdict {
        unsafe bytes.withUnsafeBytes { unsafe forwarder.receive($0, from: path, at: now) }
    }

    /// Lets time pass, in steps of a millisecond.
    func run(for duration: Duration) {
        let end = now.advanced(by: duration)
        while now < end {
            now = now.advanced(by: .milliseconds(1))
            turn()
        }
    }

    /// One turn of the loop.
    func turn() {
        let due = journeys.filter { $0.at <= now }.sorted { ($0.at, $0.number) < ($1.at, $1.number) }
        journeys.removeAll { $0.at <= now }
        for journey in due {
            if journey.isToServer {
                deliver(journey.bytes, on: journey.path)
            } else {
                peers.first { $0.path == journey.path }?.receive(journey.bytes)
            }
        }
        for peer in peers {
            while let (bytes, _) = peer.line?.receive(at: now) { peer.receive(bytes) }
            peer.tick()
        }
        var wire = Wire()
        defer { wire.free() }
        forwarder.flush(into: &wire, at: now)
        runs += wire.runs
        while let output = forwarder.poll() { outputs.append(output) }
        for datagram in wire.sent { send(datagram.bytes, on: datagram.path, isToServer: false) }
    }
}
