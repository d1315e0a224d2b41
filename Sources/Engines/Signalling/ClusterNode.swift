// SPDX-License-Identifier: Apache-2.0
public import ByteCoding
public import EngineKit
public import SocketIOCluster
public import SocketIOPackets

/// One namespace of one server as a member of a cluster: tells the others, asks them and gathers their
/// answers, and passes on what they want of this one.
///
/// What is published reaches every node, this one as well; its own messages are dropped by their
/// sender. Nothing is waited for longer than its time: a request ends with the answers there are and
/// with who is silent.
public struct ClusterNode: Engine {
    public struct Configuration: Sendable {
        public var heartbeatInterval = Duration.seconds(5)
        /// After so long without a message a node is not counted on any more.
        public var heartbeatTimeout = Duration.seconds(10)
        /// How long answers are waited for, where the request does not say.
        public var requestTimeout = Duration.seconds(5)
        /// Requests at a time; further ones end at once, without an answer.
        public var maxRequests = 1000
        /// Nodes that are remembered.
        public var maxMembers = 1000

        public init() {}
    }

    /// What all other nodes can be asked.
    public enum Query: Hashable, Sendable {
        case fetch(ClusterTarget)
        case allRooms
        case serverSideEmit(String, SocketIOArguments)
        case broadcastWithAck(SocketIOPacket, ClusterTarget)
    }

    /// The driver's name for a query of its own.
    public typealias Ticket = Int

    public enum Input {
        /// Redis can be reached, for the first time or again.
        case connected
        /// Sends a message that is not answered.
        case send(ClusterMessage)
        /// Asks all others. ``Output/count(channel:for:)`` and ``Output/completed(_:_:)`` follow.
        case ask(Query, Ticket)
        /// How many nodes are subscribed, this one among them; `nil` when that cannot be told.
        case counted(Int?, for: Ticket)
        case received(ClusterPublication)
        /// Answers a request that was delivered.
        case answer(ClusterMessage, to: ClusterNodeID?)
        /// Says goodbye. Requests end as they are.
        case leave
    }

    public enum Output: Hashable, Sendable {
        case publish(ClusterPublication)
        /// Asks for ``Input/counted(_:for:)``.
        case count(channel: String, for: Ticket)
        /// Something to do here: a broadcast, a change of rooms, a request.
        case deliver(ClusterEnvelope)
        case completed(Ticket, ClusterResult)
        /// A message that follows no format; it was dropped.
        case refused(DecodeError)
    }

    enum Timer: Hashable {
        case heartbeat
        case member(ClusterNodeID)
        case request(ClusterRequestID)
    }

    let format: any ClusterFormat
    let configuration: Configuration
    private var random: any RandomSource
    private var outputs = Queue<Output>()
    var timers = TimerTable<Timer>()
    /// The others, as far as they have made themselves known.
    public private(set) var members: Set<ClusterNodeID> = []
    var requests: [ClusterRequestID: ClusterRequest] = [:]

    public init(
        _ format: any ClusterFormat, configuration: Configuration = Configuration(), random: any RandomSource
    ) {
        self.format = format
        self.configuration = configuration
        self.random = random
    }

    public var deadline: Instant? { timers.deadline }

    public mutating func poll() -> Output? { outputs.popFirst() }

    mutating func put(_ output: Output) { outputs.append(output) }

    public mutating func handle(_ input: consuming Input, at now: Instant) {
        expire(at: now)
        switch input {
        case .connected: if format.hasHeartbeats { send(.initialHeartbeat, at: now) }
        case .send(let message): send(message, at: now)
        case .ask(let query, let ticket): ask(query, ticket, at: now)
        case .counted(let count, let ticket): counted(count, for: ticket)
        case .received(let publication): receive(publication, at: now)
        case .answer(let message, let recipient):
            if let publication = format.encode(message, to: recipient) { put(.publish(publication)) }
        case .leave: leave(at: now)
        }
    }

    /// Does what is due. Also done before every input.
    public mutating func expire(at now: Instant) {
        while let timer = timers.popExpired(at: now) {
            switch timer {
            case .heartbeat: send(.heartbeat, at: now)
            case .member(let node): remove(node, isSilent: true)
            case .request(let id): complete(id)
            }
        }
    }

    // MARK: Sending

    mutating func send(_ message: ClusterMessage, at now: Instant) {
        guard let publication = format.encode(message, to: nil) else { return }
        put(.publish(publication))
        // Whatever is published shows that this node is there.
        if format.hasHeartbeats {
            timers.arm(.heartbeat, at: now.advanced(by: configuration.heartbeatInterval))
        }
    }

    mutating func makeRequestID() -> ClusterRequestID {
        ClusterRequestID(rawValue: random.nextText(16, from: Array("0123456789abcdef")))
    }

    private mutating func leave(at now: Instant) {
        if format.hasHeartbeats { send(.leaving, at: now) }
        timers = TimerTable()
        members = []
        for id in Array(requests.keys) { complete(id) }
    }

    // MARK: Receiving

    private mutating func receive(_ publication: ClusterPublication, at now: Instant) {
        let decoded: ClusterEnvelope?
        do {
            decoded = try format.decode(publication)
        } catch {
            return put(.refused(error))
        }
        guard let envelope = decoded, envelope.sender != format.node else { return }
        if let sender = envelope.sender { heard(from: sender, at: now) }
        switch envelope.message {
        case .initialHeartbeat: send(.heartbeat, at: now)
        case .heartbeat, .done: break
        case .leaving: if let sender = envelope.sender { remove(sender, isSilent: false) }
        default:
            if let id = envelope.message.answeredRequest {
                take(envelope.message, from: envelope.sender, for: id)
            } else {
                put(.deliver(envelope))
            }
        }
    }

    private mutating func heard(from node: ClusterNodeID, at now: Instant) {
        guard format.hasHeartbeats, node != .emitter else { return }
        guard members.contains(node) || members.count < configuration.maxMembers else { return }
        members.insert(node)
        timers.arm(.member(node), at: now.advanced(by: configuration.heartbeatTimeout))
    }

    private mutating func remove(_ node: ClusterNodeID, isSilent: Bool) {
        guard members.remove(node) != nil else { return }
        timers.disarm(.member(node))
        for id in Array(requests.keys) {
            requests[id]?.lose(node, isSilent: isSilent)
            completeIfDone(id)
        }
    }
}
