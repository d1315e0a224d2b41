// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
public import SocketIOCluster
public import SocketIOPackets

/// What the other nodes answered, and who did not.
public struct ClusterResult: Hashable, Sendable {
    /// Of ``ClusterNode/Query/fetch(_:)``.
    public var sockets: [ClusterSocket] = []
    /// Of ``ClusterNode/Query/allRooms``.
    public var rooms: Set<String> = []
    /// One per node that answered a server-side event, or per client that acknowledged a broadcast.
    public var answers: [SocketIOArguments] = []
    /// How many clients got the broadcast.
    public var clientCount = 0
    /// How many nodes did not answer in time.
    public var silentCount = 0
    /// Those of them whose names are known.
    public var silentNodes: [ClusterNodeID] = []
    /// Whether every node, and for broadcasts every client, has answered. False as well when it could
    /// not be told how many there are.
    public var isComplete = false

    public init() {}
}

/// A query under way.
struct ClusterRequest {
    let ticket: ClusterNode.Ticket
    var result = ClusterResult()
    /// Known nodes that have yet to answer.
    private var awaited: Set<ClusterNodeID>
    private var heard: Set<ClusterNodeID> = []
    /// Answers that do not say whose they are.
    private var unnamed = 0
    /// Nodes that went away while they were awaited.
    private var lost = 0
    private var silent: Set<ClusterNodeID> = []
    /// How many other nodes Redis knows of.
    private var expected = 0
    private var isCountPending = true
    private var isCountKnown = false

    init(ticket: ClusterNode.Ticket, members: Set<ClusterNodeID>) {
        self.ticket = ticket
        awaited = members
    }

    mutating func count(_ nodes: Int?) {
        isCountPending = false
        isCountKnown = nodes != nil
        expected = nodes.map { max(0, $0 - 1) } ?? 0
    }

    /// - Returns: false for a second answer of the same node.
    mutating func hear(_ node: ClusterNodeID?) -> Bool {
        guard let node else {
            unnamed += 1
            return true
        }
        awaited.remove(node)
        return heard.insert(node).inserted
    }

    mutating func lose(_ node: ClusterNodeID, isSilent: Bool) {
        guard awaited.remove(node) != nil else { return }
        lost += 1
        if isSilent { silent.insert(node) }
    }

    private var missing: Int { max(awaited.count, expected - heard.count - unnamed - lost) }

    var isDone: Bool {
        !isCountPending && missing <= 0 && result.answers.count >= result.clientCount
    }

    /// The result as it is now.
    var finalResult: ClusterResult {
        var result = result
        result.silentNodes = awaited.union(silent).sorted { $0.rawValue < $1.rawValue }
        result.silentCount = max(0, missing) + silent.count
        result.isComplete = isDone && result.silentCount == 0 && (isCountKnown || !heard.isEmpty)
        return result
    }
}

extension ClusterNode {
    mutating func ask(_ query: Query, _ ticket: Ticket, at now: Instant) {
        let id = makeRequestID()
        let message: ClusterMessage
        var timeout = configuration.requestTimeout
        switch query {
        case .fetch(let target): message = .fetch(target, id)
        case .allRooms: message = .allRooms(id)
        case .serverSideEmit(let name, let arguments): message = .serverSideEmit(name, arguments, id)
        case .broadcastWithAck(let packet, let target):
            message = .broadcastWithAck(packet, target, id)
            if let milliseconds = target.timeout { timeout = .milliseconds(min(milliseconds, 86_400_000)) }
        }
        guard requests.count < configuration.maxRequests, format.encode(message, to: nil) != nil else {
            return put(.completed(ticket, ClusterResult()))
        }
        requests[id] = ClusterRequest(ticket: ticket, members: members)
        timers.arm(.request(id), at: now.advanced(by: timeout))
        put(.count(channel: format.countedChannel, for: ticket))
        send(message, at: now)
    }

    mutating func counted(_ count: Int?, for ticket: Ticket) {
        guard let id = requests.first(where: { $0.value.ticket == ticket })?.key else { return }
        requests[id]?.count(count)
        completeIfDone(id)
    }

    mutating func take(_ answer: ClusterMessage, from node: ClusterNodeID?, for id: ClusterRequestID) {
        guard var request = requests[id] else { return }
        switch answer {
        case .fetched(let sockets, _):
            if request.hear(node) { request.result.sockets += sockets }
        case .rooms(let rooms, _):
            if request.hear(node) { request.result.rooms.formUnion(rooms) }
        case .serverSideReply(let arguments, _):
            if request.hear(node) { request.result.answers.append(arguments) }
        case .clientCount(let count, _):
            if request.hear(node) { request.result.clientCount += count }
        // Of one client: its node has answered with the count.
        case .acknowledged(let arguments, _): request.result.answers.append(arguments)
        default: return
        }
        requests[id] = request
        completeIfDone(id)
    }

    mutating func completeIfDone(_ id: ClusterRequestID) {
        if requests[id]?.isDone == true { complete(id) }
    }

    mutating func complete(_ id: ClusterRequestID) {
        guard let request = requests.removeValue(forKey: id) else { return }
        timers.disarm(.request(id))
        put(.completed(request.ticket, request.finalResult))
    }
}
