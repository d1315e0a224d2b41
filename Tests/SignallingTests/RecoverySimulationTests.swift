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
    var loop = 0
    var isMoving = false
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
    /// Loops with a log each. What concerns a loop comes to it through its queue.
    private struct World {
        enum Message {
            case event(Int, RecoveryOffset, rooms: [String], except: [String])
            case adopt(client: Int, Log.Luggage, RecoveryID)
        }

        var random: SeededRandomSource
        var logs: [Log]
        var queues: [[Message]]
        var now = Instant.origin
        var clients: [Traveller]
        var nextEvent = 0
        var nextID = 0
        var lostSessions = 0
        var recoveries = 0
        var moves = 0
        let rotates: Bool

        mutating func draw(_ bound: Int) -> Int {
            let bytes = random.nextBytes(2)
            return (Int(bytes[0]) << 8 | Int(bytes[1])) % bound
        }

        private func concerns(_ index: Int, _ rooms: [String], _ except: [String]) -> Bool {
            let own = clients[index].rooms.union([clients[index].socket])
            return (rooms.isEmpty || !own.isDisjoint(with: rooms)) && own.isDisjoint(with: except)
        }

        mutating func emit() {
            nextEvent += 1
            let rooms = [[], ["r0"], ["r1"], ["s0"], ["r0", "s1"], ["nobody"]][draw(6)]
            let except = draw(4) == 0 ? ["s\(draw(clients.count))"] : []
            let offset = RecoveryOffset(origin: "a", number: UInt64(nextEvent))
            for loop in queues.indices {
                queues[loop].append(.event(nextEvent, offset, rooms: rooms, except: except))
            }
            for index in clients.indices where concerns(index, rooms, except) {
                clients[index].expected.append(nextEvent)
            }
        }

        /// A loop does the oldest thing in its queue.
        mutating func turn(_ loop: Int) {
            guard !queues[loop].isEmpty else { return }
            switch queues[loop].removeFirst() {
            case .event(let event, let offset, let rooms, let except):
                logs[loop].append(
                    "\(event)", offset: offset, bytes: 10, rooms: rooms, except: except, at: now)
                for index in clients.indices
                where clients[index].loop == loop && clients[index].liveID != nil {
                    if concerns(index, rooms, except) { clients[index].pipe.append(.event(event, offset)) }
                }
            case .adopt(let index, let luggage, let newID):
                clients[index].isMoving = false
                finish(index, on: loop, logs[loop].adopt(luggage, as: newID, at: now), newID)
            }
        }

        mutating func turnAll() {
            for loop in queues.indices { for _ in queues[loop] { turn(loop) } }
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
                if let id = clients[index].liveID { logs[clients[index].loop].confirm(id) }
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
            logs[clients[index].loop].suspend(id, rooms: clients[index].rooms, at: now)
        }

        mutating func connect(_ index: Int) {
            guard clients[index].isBroken, !clients[index].isMoving else { return }
            let loop = draw(logs.count)
            let home = clients[index].loop
            nextID += 1
            let fresh = RecoveryID(rawValue: "p\(nextID)")
            clients[index].isBroken = false
            clients[index].pipe = []
            clients[index].pinged = false
            guard let id = clients[index].id else { return register(index, on: loop, fresh) }
            if clients[index].liveID != nil {
                // Looks alive: it is taken over.
                clients[index].isBroken = true
                notice(index)
                clients[index].isBroken = false
            }
            let newID = rotates ? fresh : id
            if loop == home {
                let answer = logs[loop].restore(id, after: clients[index].offset, as: newID, at: now)
                return finish(index, on: loop, answer, newID)
            }
            switch logs[home].take(id, after: clients[index].offset, at: now) {
            case .taken(let luggage):
                moves += 1
                clients[index].isMoving = true
                queues[loop].append(.adopt(client: index, luggage, newID))
            case .live: Issue.record("live")
            case .unknown, .incomplete: finish(index, on: loop, .unknown, fresh)
            }
        }

        private mutating func finish(
            _ index: Int, on loop: Int, _ answer: Log.Restoration, _ newID: RecoveryID
        ) {
            guard case .restored(let restored) = answer else {
                lostSessions += 1
                return register(index, on: loop, newID)
            }
            recoveries += 1
            clients[index].loop = loop
            clients[index].liveID = newID
            guard !clients[index].isBroken else { return }
            for packet in restored.missed {
                let event = Int(packet) ?? 0
                clients[index].pipe.append(.event(event, .init(origin: "a", number: UInt64(event))))
            }
            clients[index].pipe.append(.connected(newID))
        }

        /// A new session: what the loop has done before is none of its business.
        private mutating func register(_ index: Int, on loop: Int, _ id: RecoveryID) {
            logs[loop].register(id, socket: clients[index].socket)
            clients[index].loop = loop
            clients[index].liveID = id
            clients[index].expected = clients[index].received
            for case .event(let event, _, let rooms, let except) in queues[loop]
            where concerns(index, rooms, except) {
                clients[index].expected.append(event)
            }
            clients[index].pipe.append(.connected(id))
        }

        mutating func step() {
            now = now.advanced(by: .milliseconds(draw(10)))
            let index = draw(clients.count)
            switch draw(16) {
            case 0, 1, 2: emit()
            case 3, 4, 5, 6: deliver(index)
            case 7:
                guard !clients[index].pinged, clients[index].liveID != nil else { return }
                clients[index].pinged = true
                clients[index].pipe.append(.ping)
            case 8: if draw(3) == 0 { breakDown(index) }
            case 9: notice(index)
            case 10: connect(index)
            case 11: logs[draw(logs.count)].expire(at: now)
            default: turn(draw(logs.count))
            }
        }
    }

    private static func world(
        _ seed: UInt64, loops: Int, rotates: Bool, _ change: (inout Log.Settings) -> Void
    ) -> World {
        let clients = (0..<3).map {
            Traveller(number: $0, rooms: [["r0"], ["r1"], ["r0", "r1"]][$0])
        }
        return World(
            random: SeededRandomSource(seed: seed), logs: (0..<loops).map { .small("\($0)", change) },
            queues: Array(repeating: [], count: loops),
            clients: clients, rotates: rotates)
    }

    @Test(
        "every client gets every event once and in order, however often its connection breaks",
        arguments: 0..<150 as Range<UInt64>)
    func exactlyOnce(_ seed: UInt64) {
        var world = Self.world(seed, loops: 2, rotates: seed % 2 == 0) {
            $0.maxDisconnection = .seconds(100)
            $0.retention = .seconds(100)
            $0.maxLag = .seconds(50)
        }
        for index in world.clients.indices { world.connect(index) }
        // The first answer arrives: without it there is nothing to come back to.
        for index in world.clients.indices { world.deliver(index) }
        for _ in 0..<900 { world.step() }
        for index in world.clients.indices {
            world.turnAll()
            world.connect(index)
        }
        world.turnAll()
        for index in world.clients.indices {
            for _ in world.clients[index].pipe { world.deliver(index) }
            #expect(world.clients[index].received == world.clients[index].expected)
        }
        #expect(world.lostSessions == 0)
        #expect(world.recoveries > 0)
        #expect(world.moves > 0)
    }

    @Test(
        "with a log that is too short sessions are given up, but no event of one comes twice or late",
        arguments: 0..<150 as Range<UInt64>)
    func bounded(_ seed: UInt64) {
        var world = Self.world(seed, loops: 1, rotates: seed % 2 == 0) {
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
        #expect(world.logs.allSatisfy { $0.packetCount <= 8 })
    }
}
