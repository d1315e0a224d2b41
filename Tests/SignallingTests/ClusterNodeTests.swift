// SPDX-License-Identifier: Apache-2.0
import EngineKit
import JSON
import Signalling
import SocketIOCluster
import SocketIOPackets
import TestKit
import Testing

@Suite("A node of a cluster")
struct ClusterNodeTests {
    private static let hello = SocketIOPacket(.event("hello", [1], id: nil))

    /// Each node has one socket, named after it.
    private static let oneSocketEach: Cluster.Answer = { node, message in
        switch message {
        case .fetch(_, let id):
            let name = "socket\(node)"
            return [
                .fetched(
                    [ClusterSocket(id: name, handshake: JSONText([:]), rooms: [name], data: JSONText([:]))],
                    id)
            ]
        case .allRooms(let id): return [.rooms(["common", "room\(node)"], id)]
        case .serverSideEmit(_, _, let id?): return [.serverSideReply([.string("reply\(node)")], id)]
        case .broadcastWithAck(_, _, let id):
            return [.clientCount(2, id), .acknowledged([1], id), .acknowledged([2], id)]
        default: return []
        }
    }

    @Test("delivers a broadcast to every other node, and not to itself", arguments: [true, false])
    func broadcast(sharded: Bool) {
        var cluster = Cluster(3, sharded: sharded)
        cluster.connectAll()
        cluster.handle(.send(.broadcast(Self.hello, ClusterTarget(rooms: ["r"]))), by: 1)
        let expected = ClusterEnvelope(
            from: Cluster.id(1), .broadcast(Self.hello, ClusterTarget(rooms: ["r"])))
        #expect(cluster.delivered == [[expected], [], [expected]])
        #expect(cluster.refusals == 0)
    }

    @Test("gathers the answers of all others", arguments: [true, false])
    func queries(sharded: Bool) throws {
        var cluster = Cluster(3, sharded: sharded)
        cluster.answer = Self.oneSocketEach
        cluster.connectAll()
        cluster.handle(.ask(.fetch(ClusterTarget()), 1), by: 0)
        cluster.handle(.ask(.serverSideEmit("ev", []), 2), by: 0)
        cluster.handle(.ask(.broadcastWithAck(Self.hello, ClusterTarget()), 3), by: 0)
        let sockets = try #require(cluster.completed[0][1])
        #expect(sockets.isComplete && sockets.sockets.map(\.id) == ["socket1", "socket2"])
        let replies = try #require(cluster.completed[0][2])
        #expect(replies.isComplete && replies.answers == [["reply1"], ["reply2"]])
        let acks = try #require(cluster.completed[0][3])
        #expect(acks.isComplete && acks.clientCount == 4 && acks.answers == [[1], [2], [1], [2]])
        #expect(cluster.completed[1].isEmpty && cluster.completed[2].isEmpty)
    }

    @Test("asks for all rooms where the format can, and else says at once that it knows nothing")
    func rooms() throws {
        var classic = Cluster(3, sharded: false)
        classic.answer = Self.oneSocketEach
        classic.handle(.ask(.allRooms, 1), by: 2)
        let result = try #require(classic.completed[2][1])
        #expect(result.isComplete && result.rooms == ["common", "room0", "room1"])
        var sharded = Cluster(3, sharded: true)
        sharded.handle(.ask(.allRooms, 1), by: 2)
        #expect(sharded.completed[2][1] == ClusterResult())
    }

    @Test("ends a request with the answers there are when a node stays silent", arguments: [true, false])
    func silence(sharded: Bool) throws {
        var cluster = Cluster(3, sharded: sharded)
        cluster.answer = Self.oneSocketEach
        cluster.connectAll()
        cluster.deaf = [2]
        cluster.handle(.ask(.fetch(ClusterTarget()), 1), by: 0)
        cluster.pass(.milliseconds(4999))
        #expect(cluster.completed[0].isEmpty)
        cluster.pass(.milliseconds(1))
        let result = try #require(cluster.completed[0][1])
        #expect(result.sockets.map(\.id) == ["socket1"])
        #expect(!result.isComplete && result.silentCount == 1)
        // The classic format does not say who answers, and so not who does not.
        #expect(result.silentNodes == (sharded ? [Cluster.id(2)] : []))
    }

    @Test("waits as long for acknowledgements as the broadcast says")
    func acknowledgementTimeout() throws {
        var cluster = Cluster(2, sharded: false)
        cluster.answer = { _, message in
            guard case .broadcastWithAck(_, _, let id) = message else { return [] }
            return [.clientCount(2, id), .acknowledged(["only"], id)]
        }
        cluster.handle(.ask(.broadcastWithAck(Self.hello, ClusterTarget(timeout: 300)), 1), by: 0)
        cluster.pass(.milliseconds(299))
        #expect(cluster.completed[0].isEmpty)
        cluster.pass(.milliseconds(1))
        let result = try #require(cluster.completed[0][1])
        #expect(result.answers == [["only"]] && result.clientCount == 2)
        #expect(!result.isComplete && result.silentCount == 0)
    }

    @Test("knows the others by their heartbeats, and forgets those that stop")
    func heartbeats() {
        var cluster = Cluster(3, sharded: true)
        cluster.connectAll()
        #expect(cluster.nodes[0].members == [Cluster.id(1), Cluster.id(2)])
        cluster.pass(.seconds(60))
        #expect(cluster.nodes[0].members == [Cluster.id(1), Cluster.id(2)])
        // Node 2 is heard no more.
        cluster.loses = { from, _, _ in from == 2 }
        cluster.pass(.seconds(10))
        #expect(cluster.nodes[0].members == [Cluster.id(1)])
        cluster.loses = { _, _, _ in false }
        cluster.pass(.seconds(5))
        #expect(cluster.nodes[0].members == [Cluster.id(1), Cluster.id(2)])
    }

    @Test("stops waiting for a node that says goodbye")
    func leaving() throws {
        var cluster = Cluster(3, sharded: true)
        cluster.connectAll()
        cluster.answer = { node, message in node == 1 ? Self.oneSocketEach(node, message) : [] }
        cluster.handle(.ask(.fetch(ClusterTarget()), 1), by: 0)
        #expect(cluster.completed[0].isEmpty)
        cluster.handle(.leave, by: 2)
        let result = try #require(cluster.completed[0][1])
        #expect(result.isComplete && result.sockets.map(\.id) == ["socket1"])
        #expect(cluster.nodes[0].members == [Cluster.id(1)])
        #expect(cluster.nodes[2].deadline == nil)
    }

    @Test("trusts heartbeats where Redis still counts a node that is gone, and waits for one without them")
    func counting() throws {
        var cluster = Cluster(2, sharded: true)
        cluster.answer = Self.oneSocketEach
        cluster.connectAll()
        // A third is subscribed that sends no heartbeats, as Node.js does: it may yet answer.
        cluster.counts = { _ in 3 }
        cluster.handle(.ask(.fetch(ClusterTarget()), 1), by: 0)
        cluster.pass(.seconds(5))
        let waited = try #require(cluster.completed[0][1])
        #expect(waited.silentCount == 1 && waited.silentNodes.isEmpty && waited.sockets.count == 1)
        // Redis cannot be asked: those known by heartbeat are enough.
        cluster.counts = { _ in nil }
        cluster.handle(.ask(.fetch(ClusterTarget()), 2), by: 0)
        #expect(cluster.completed[0][2]?.sockets.count == 1)
        #expect(cluster.completed[0][2]?.isComplete == true)
    }

    @Test("says at once that nothing is known when Redis is away", arguments: [true, false])
    func away(sharded: Bool) {
        var cluster = Cluster(3, sharded: sharded)
        cluster.counts = { _ in nil }
        cluster.deaf = [0, 1, 2]
        cluster.handle(.ask(.fetch(ClusterTarget()), 1), by: 0)
        #expect(cluster.completed[0][1] == ClusterResult())
    }

    @Test("alone, has its answer at once")
    func alone() throws {
        var cluster = Cluster(1, sharded: false)
        cluster.handle(.ask(.fetch(ClusterTarget()), 1), by: 0)
        let result = try #require(cluster.completed[0][1])
        #expect(result.isComplete && result.sockets.isEmpty)
    }

    @Test("counts a node's second answer to the same request for nothing")
    func duplicates() throws {
        var cluster = Cluster(3, sharded: true)
        cluster.connectAll()
        cluster.answer = { node, message in
            node == 1 ? Self.oneSocketEach(node, message) + Self.oneSocketEach(node, message) : []
        }
        cluster.handle(.ask(.fetch(ClusterTarget()), 1), by: 0)
        #expect(cluster.completed[0].isEmpty)
        cluster.pass(.seconds(5))
        #expect(cluster.completed[0][1]?.sockets.map(\.id) == ["socket1"])
        #expect(cluster.completed[0][1]?.silentNodes == [Cluster.id(2)])
    }

    @Test("drops what follows no format, and answers to nobody's question")
    func malformed() {
        var cluster = Cluster(1, sharded: true)
        let channel = "socket.io#/#"
        cluster.handle(.received(ClusterPublication(channel: channel, bytes: [0xC1])), by: 0)
        #expect(cluster.refusals == 1)
        let answer = #"{"type":8,"data":{"requestId":"q","sockets":[]},"uid":"u","nsp":"/"}"#
        cluster.handle(.received(ClusterPublication(channel: channel, bytes: Array(answer.utf8))), by: 0)
        #expect(cluster.refusals == 1 && cluster.delivered[0].isEmpty && cluster.completed[0].isEmpty)
    }

    @Test("ends every request once, whatever gets lost", arguments: 0..<50)
    func losses(seed: UInt64) {
        var random = SeededRandomSource(seed: seed)
        var cluster = Cluster(3, sharded: seed % 2 == 0)
        cluster.answer = Self.oneSocketEach
        let lost = Set((0..<200).filter { _ in random.nextBytes(1)[0] < 77 })
        let carried = Counter()
        cluster.loses = { _, _, _ in lost.contains(carried.next()) }
        cluster.connectAll()
        for ticket in 0..<12 {
            let node = Int(random.nextBytes(1)[0]) % 3
            let query: ClusterNode.Query =
                ticket % 2 == 0
                ? .fetch(ClusterTarget()) : .broadcastWithAck(Self.hello, ClusterTarget())
            cluster.handle(.ask(query, ticket), by: node)
            cluster.pass(.milliseconds(Int(random.nextBytes(1)[0]) * 8))
        }
        cluster.pass(.seconds(5))
        // `Cluster` stops at a second completion of one ticket.
        #expect(cluster.completed.flatMap(\.keys).sorted() == Array(0..<12))
        for result in cluster.completed.flatMap(\.values) where result.isComplete {
            #expect(result.silentCount == 0 && result.answers.count == result.clientCount)
        }
    }

    private final class Counter {
        private var count = -1
        func next() -> Int {
            count += 1
            return count
        }
    }
}
