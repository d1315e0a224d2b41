// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import Redis
internal import Signalling
internal import SocketIOCluster
internal import TLS

/// The link of a ``RedisAdapter`` and its namespaces. Confined to the adapter's loop.
final class RedisHub {
    let loop: EventLoop
    let link: RedisLink
    let options: RedisAdapter.Options
    var counters = RedisAdapter.Counters()
    private var members: [String: RedisMember] = [:]
    private var lastState = RedisLinkState.connecting
    private var isStopped = false

    init(_ url: RedisURL, _ options: RedisAdapter.Options, on loop: EventLoop) {
        self.loop = loop
        self.options = options
        link = RedisLink(url, options: options.link, on: loop)
    }

    var state: RedisLinkState { link.state }

    func open() {
        link.onStateChange = { [weak self] in self?.changed(to: $0) }
        link.open()
    }

    private func changed(to state: RedisLinkState) {
        // Not after mere slowness: nobody has forgotten this server then.
        if state == .up, lastState != .slow { for member in members.values { member.handle(.connected) } }
        lastState = state
        options.onStateChange(state)
    }

    func stop() {
        guard !isStopped else { return }
        isStopped = true
        for member in members.values { member.close() }
        members = [:]
        // What was just sent leaves at the end of the turn, and then the link may go.
        let hub = LoopBound(self, on: loop)
        loop.execute { hub.use { $0.link.close() } }
    }

    // MARK: Namespaces

    func open(_ namespace: Namespace) {
        guard !isStopped, members[namespace.name]?.namespace !== namespace else { return }
        members[namespace.name]?.close()
        members[namespace.name] = RedisMember(namespace, of: self)
        if link.state == .up { members[namespace.name]?.handle(.connected) }
    }

    func close(_ namespace: Namespace) {
        guard let member = member(namespace) else { return }
        member.close()
        members[namespace.name] = nil
    }

    func member(_ namespace: Namespace) -> RedisMember? {
        members[namespace.name].flatMap { $0.namespace === namespace ? $0 : nil }
    }
}

/// One namespace of one server as a node of the cluster: drives its ``ClusterNode``.
final class RedisMember {
    private struct Room {
        /// Event loops with sockets in it.
        var loops = 0
        var subscription: RedisLink.Subscription?
    }

    let namespace: Namespace
    private unowned let hub: RedisHub
    private let format: any ClusterFormat
    private let isSharded: Bool
    private var node: ClusterNode
    private var timer: LoopTimer?
    private var subscriptions: [RedisLink.Subscription] = []
    private var rooms: [String: Room] = [:]
    private var asking: [ClusterNode.Ticket: (ClusterResult) -> Void] = [:]
    private var lastTicket = 0
    private var isDraining = false
    private var isClosed = false

    init(_ namespace: Namespace, of hub: RedisHub) {
        self.namespace = namespace
        self.hub = hub
        var random = SystemRandomSource()
        let options = hub.options
        let topics: [RedisTopic]
        switch options.format {
        case .classic:
            let node = ClusterNodeID(rawValue: random.nextText(6, from: Hub.alphabet))
            let classic = ClassicRedisFormat(
                node: node, namespace: namespace.name, prefix: options.prefix,
                answersOnOwnChannel: options.answersOnOwnChannel)
            topics = [
                .pattern(classic.broadcastPattern), .channel(classic.requestChannel),
                .channel(classic.responseChannel), .channel(classic.ownResponseChannel),
            ]
            format = classic
            isSharded = false
        case .sharded(let roomChannels):
            let node = ClusterNodeID(rawValue: random.nextText(16, from: Array("0123456789abcdef")))
            let sharded = ShardedRedisFormat(
                node: node, namespace: namespace.name, prefix: options.prefix, roomChannels: roomChannels)
            topics = [.shard(sharded.channel), .shard(sharded.ownResponseChannel)]
            format = sharded
            isSharded = true
        }
        node = ClusterNode(format, configuration: options.node, random: random)
        timer = LoopTimer(on: hub.loop) { [weak self] in self?.tick() }
        subscriptions = topics.map(subscribe)
    }

    private func subscribe(to topic: RedisTopic) -> RedisLink.Subscription {
        hub.link.subscribe(to: topic) { [weak self] message in
            guard let self else { return }
            hub.counters.received += 1
            handle(.received(ClusterPublication(channel: message.channel, bytes: message.bytes)))
        }
    }

    // MARK: Driving the node

    func handle(_ input: ClusterNode.Input) {
        guard !isClosed else { return }
        node.handle(input, at: hub.loop.now)
        drain()
    }

    private func tick() {
        node.expire(at: hub.loop.now)
        drain()
    }

    func ask(_ query: ClusterNode.Query, _ completion: @escaping (ClusterResult) -> Void) {
        guard !isClosed else { return completion(ClusterResult()) }
        lastTicket += 1
        asking[lastTicket] = completion
        handle(.ask(query, lastTicket))
    }

    private func drain() {
        // What performing one asks for is queued behind the others.
        guard !isDraining else { return }
        isDraining = true
        while let output = node.poll() { perform(output) }
        isDraining = false
        timer?.arm(at: node.deadline)
    }

    private func perform(_ output: ClusterNode.Output) {
        switch output {
        case .publish(let publication): publish(publication)
        case .count(let channel, let ticket): count(channel, for: ticket)
        case .deliver(let envelope): deliver(envelope)
        case .completed(let ticket, let result): asking.removeValue(forKey: ticket)?(result)
        case .refused: hub.counters.refused += 1
        }
    }

    private func publish(_ publication: ClusterPublication) {
        hub.link.publish(publication.bytes, on: publication.channel, sharded: isSharded) {
            [weak hub] result in
            switch result {
            case .success: hub?.counters.published += 1
            case .failure: hub?.counters.lost += 1
            }
        }
    }

    private func count(_ channel: String, for ticket: ClusterNode.Ticket) {
        hub.link.countSubscribers(of: channel, sharded: isSharded) { [weak self] result in
            self?.handle(.counted(try? result.get(), for: ticket))
        }
    }

    private func deliver(_ envelope: ClusterEnvelope) {
        let member = LoopBound(self, on: hub.loop)
        let sender = envelope.sender
        namespace.perform(envelope.message) { answer in
            member.execute { $0.handle(.answer(answer, to: sender)) }
        }
    }

    // MARK: Rooms

    func opened(room: String) {
        guard !isClosed, let channel = (format as? ShardedRedisFormat)?.channel(of: room) else { return }
        rooms[room, default: Room()].loops += 1
        if rooms[room]?.subscription == nil { rooms[room]?.subscription = subscribe(to: .shard(channel)) }
    }

    func closed(room: String) {
        guard var known = rooms[room] else { return }
        known.loops -= 1
        rooms[room] = known.loops > 0 ? known : nil
        guard known.loops <= 0, let subscription = known.subscription else { return }
        hub.link.unsubscribe(subscription)
    }

    // MARK: The end

    func close() {
        handle(.leave)
        isClosed = true
        timer?.cancel()
        for subscription in subscriptions + rooms.values.compactMap(\.subscription) {
            hub.link.unsubscribe(subscription)
        }
        subscriptions = []
        rooms = [:]
        for completion in asking.values { completion(ClusterResult()) }
        asking = [:]
    }
}
