// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Signalling
import TestKit
import Testing

/// One client, its broken network and the server's view of it.
///
/// The server sends into a pipe; the pipe delivers in order, as late as it likes, until it breaks and
/// loses the rest. The server notices a break late or when the client comes back.
private struct Traveller {
    enum Item: Hashable {
        case event(Int, RecoveryOffset)
        /// The answer to CONNECT, with the session's name.
        case connected(RecoveryID)
        case ping
    }

    let number: Int
    let rooms: Set<String>
    /// The client.
    var id: RecoveryID?
    var offset: RecoveryOffset?
    var received: [Int] = []
    /// The server: the session that it takes for live, and what this client should have seen.
    var liveID: RecoveryID?
    var expected: [Int] = []
    /// The network.
    var pipe: [Item] = []
    var isBroken = true
    /// When the server pinged, and whether it waits for the pong.
    var pinged = false

    var socket: String { "s\(number)" }
}

@Suite("Recovery log: random runs")
struct RecoverySimulationTests {
    private struct World {
        var random: SeededRandomSource
        var log: Log
        var now = Instant.origin
        var clients: [Traveller]
        var nextEvent = 0
        var nextID = 0
        var lostSessions = 0
        var recoveries = 0
        let rotates: Bool

        mutating func draw(_ bound: Int) -> Int {
            let bytes = random.nextBytes(2)
            return (Int(bytes[0]) << 8 | Int(bytes[1])) % bound
        }

        mutating func emit() {
            nextEvent += 1
            let event = nextEvent
            let rooms = [[], ["r0"], ["r1"], ["s0"], ["r0", "s1"], ["nobody"]][draw(6)]
            let except = draw(4) == 0 ? ["s\(draw(clients.count))"] : []
            let offset = log.makeOffset()
            log.append("\(event)", offset: offset, bytes: 10, rooms: rooms, except: except, at: now)
            for index in clients.indices {
                let own = clients[index].rooms.union([clients[index].socket])
                guard rooms.isEmpty || !own.isDisjoint(with: rooms), own.isDisjoint(with: except) else {
                    continue
                }
                clients[index].expected.append(event)
                if clients[index].liveID != nil { clients[index].pipe.append(.event(event, offset)) }
            }
        }

        /// The network delivers the oldest thing on its way.
        mutating func deliver(_ index: Int) {
            guard !clients[index].isBroken, !clients[index].pipe.isEmpty else { return }
            switch clients[index].pipe.removeFirst() {
            case .event(let event, let offset):
                clients[index].received.append(event)
                clients[index].offset = offset
            case .connected(let id): clients[index].id = id
            case .ping:
                // The pong: it is on time or the network broke.
                clients[index].pinged = false
                if let id = clients[index].liveID { log.confirm(id) }
            }
        }

        mutating func breakDown(_ index: Int) {
            clients[index].isBroken = true
            clients[index].pipe = []
        }

        /// The server gives the connection up.
        mutating func notice(_ index: Int) {
            guard let id = clients[index].liveID, clients[index].isBroken else { return }
            clients[index].liveID = nil
            log.suspend(id, rooms: clients[index].rooms, at: now)
        }

        mutating func connect(_ index: Int) {
            guard clients[index].isBroken else { return }
            nextID += 1
            let fresh = RecoveryID(rawValue: "p\(nextID)")
            clients[index].isBroken = false
            clients[index].pipe = []
            clients[index].pinged = false
            guard let id = clients[index].id else { return register(index, fresh) }
            let newID = rotates ? fresh : id
            switch log.restore(id, after: clients[index].offset, as: newID, at: now) {
            case .live:
                clients[index].isBroken = true
                notice(index)
                connect(index)
            case .unknown, .incomplete:
                lostSessions += 1
                if let old = clients[index].liveID { log.forget(old) }
                register(index, fresh)
            case .restored(let restored):
                recoveries += 1
                clients[index].liveID = newID
                for packet in restored.missed {
                    let event = Int(packet) ?? 0
                    clients[index].pipe.append(.event(event, offsets[event]))
                }
                clients[index].pipe.append(.connected(newID))
            }
        }

        /// Events are numbered as their offsets are.
        private var offsets: Offsets { Offsets() }
        private struct Offsets {
            subscript(_ event: Int) -> RecoveryOffset { .init(rawValue: "a" + String(event, radix: 36)) }
        }

        /// A new session: what came before is none of its business.
        private mutating func register(_ index: Int, _ id: RecoveryID) {
            log.register(id, socket: clients[index].socket)
            clients[index].liveID = id
            clients[index].expected = clients[index].received
            clients[index].pipe.append(.connected(id))
        }

        mutating func step() {
            now = now.advanced(by: .milliseconds(draw(10)))
            let index = draw(clients.count)
            switch draw(12) {
            case 0, 1, 2: emit()
            case 3, 4, 5, 6: deliver(index)
            case 7:
                guard !clients[index].pinged, clients[index].liveID != nil else { return }
                clients[index].pinged = true
                clients[index].pipe.append(.ping)
            case 8: if draw(3) == 0 { breakDown(index) }
            case 9: notice(index)
            case 10: connect(index)
            default: log.expire(at: now)
            }
        }
    }

    private static func world(
        _ seed: UInt64, rotates: Bool, _ change: (inout Log.Settings) -> Void
    ) -> World {
        let clients = (0..<3).map {
            Traveller(number: $0, rooms: [["r0"], ["r1"], ["r0", "r1"]][$0])
        }
        return World(
            random: SeededRandomSource(seed: seed), log: .small(change), clients: clients, rotates: rotates)
    }

    @Test(
        "every client gets every event once and in order, however often its connection breaks",
        arguments: 0..<150 as Range<UInt64>)
    func exactlyOnce(_ seed: UInt64) {
        var world = Self.world(seed, rotates: seed % 2 == 0) {
            $0.maxDisconnection = .seconds(100)
            $0.retention = .seconds(100)
        }
        for index in world.clients.indices { world.connect(index) }
        // The first answer arrives: without it there is nothing to come back to.
        for index in world.clients.indices { world.deliver(index) }
        for _ in 0..<600 { world.step() }
        for index in world.clients.indices {
            if world.clients[index].isBroken { world.connect(index) }
            while !world.clients[index].pipe.isEmpty { world.deliver(index) }
            #expect(world.clients[index].received == world.clients[index].expected)
        }
        #expect(world.lostSessions == 0)
        #expect(world.recoveries > 0)
    }

    @Test(
        "with a log that is too short sessions are given up, but no event of one comes twice or late",
        arguments: 0..<150 as Range<UInt64>)
    func bounded(_ seed: UInt64) {
        var world = Self.world(seed, rotates: seed % 2 == 0) {
            $0.maxDisconnection = .milliseconds(200)
            $0.retention = .milliseconds(300)
            $0.maxPackets = 8
        }
        for index in world.clients.indices { world.connect(index) }
        for index in world.clients.indices { world.deliver(index) }
        for _ in 0..<600 {
            world.step()
            for client in world.clients {
                // What came is the beginning of what should have come.
                #expect(client.received.elementsEqual(client.expected.prefix(client.received.count)))
            }
        }
        #expect(world.log.packetCount <= 8)
    }
}
