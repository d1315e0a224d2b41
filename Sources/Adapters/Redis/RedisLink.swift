// SPDX-License-Identifier: Apache-2.0
public import EventLoops

/// Where a message was published, as a subscription names it.
public enum RedisTopic: Hashable, Sendable {
    case channel(String)
    /// Every channel whose name matches, with `*`, `?`, `[…]` and `\` as in shells.
    case pattern(String)
    /// A channel of `SPUBLISH`, Redis 7.
    case shard(String)

    var name: String {
        switch self {
        case .channel(let name), .pattern(let name), .shard(let name): name
        }
    }

    var subscribeCommand: String {
        switch self {
        case .channel: "SUBSCRIBE"
        case .pattern: "PSUBSCRIBE"
        case .shard: "SSUBSCRIBE"
        }
    }

    var unsubscribeCommand: String {
        switch self {
        case .channel: "UNSUBSCRIBE"
        case .pattern: "PUNSUBSCRIBE"
        case .shard: "SUNSUBSCRIBE"
        }
    }
}

/// What somebody published.
public struct RedisMessage: Hashable, Sendable {
    /// What is not UTF-8 in the name is replaced.
    public var channel: String
    public var bytes: [UInt8]
}

/// A link to one Redis server that mends itself: commands on one connection, subscriptions on another,
/// as version 2 of the protocol demands.
///
/// Belongs to one loop: everything is called, and calls back, there. When Redis is gone, commands wait
/// for it as long as an answer may take and then fail; subscriptions stay and are made again on the
/// next connection. Messages published meanwhile are lost: that is how Redis publishes.
public final class RedisLink: RedisLineOwner {
    public typealias Completion = (Result<RedisReply, RedisError>) -> Void

    /// One subscriber of one topic; needed to unsubscribe.
    public struct Subscription: Hashable, Sendable {
        public let topic: RedisTopic
        fileprivate let number: Int
    }

    private struct Topic {
        var receivers: [(number: Int, receive: (RedisMessage) -> Void)] = []
    }

    public let url: RedisURL
    public private(set) var state = RedisLinkState.connecting
    /// Told each time ``state`` changes.
    public var onStateChange: ((RedisLinkState) -> Void)?

    private let loop: EventLoop
    private let options: RedisOptions
    private var commands: RedisLine?
    private var subscriptions: RedisLine?
    private var topics: [RedisTopic: Topic] = [:]
    /// Those of them that Redis has yet to confirm.
    private var unconfirmed: Set<RedisTopic> = []
    private var lastNumber = 0
    /// What Redis has against one of our subscriptions, if it refused any on this connection.
    private var refusal: String?

    /// Prepares a link; ``open()`` starts it.
    public init(_ url: RedisURL, options: RedisOptions = RedisOptions(), on loop: EventLoop) {
        self.url = url
        self.options = options
        self.loop = loop
    }

    public func open() {
        precondition(loop.isCurrent, "called off the event loop")
        guard commands == nil, subscriptions == nil else { return }
        let commands = RedisLine(url, options, on: loop, owner: self)
        // All subscriptions are made at once on a new connection, and none may be left out.
        var unlimited = options
        unlimited.maxCommands = .max
        unlimited.maxBytes = .max
        let subscriptions = RedisLine(url, unlimited, on: loop, owner: self)
        self.commands = commands
        self.subscriptions = subscriptions
        commands.connect()
        subscriptions.connect()
    }

    /// Ends the link for good. Every command without an answer fails; nothing calls back afterwards.
    public func close() {
        precondition(loop.isCurrent, "called off the event loop")
        onStateChange = nil
        topics = [:]
        unconfirmed = []
        commands?.close()
        subscriptions?.close()
    }

    // MARK: Commands

    /// Sends one command: its name and arguments, as bytes.
    public func send(_ arguments: [[UInt8]], _ completion: @escaping Completion) {
        precondition(loop.isCurrent, "called off the event loop")
        guard let commands else { return completion(.failure(.down(reason: "not opened"))) }
        commands.send(arguments, waits: true, completion)
    }

    /// Sends one command of text.
    public func send(_ words: String..., completion: @escaping Completion) {
        send(words.map { Array($0.utf8) }, completion)
    }

    /// Publishes to whoever is subscribed now, and completes with how many of them this server has.
    public func publish(
        _ bytes: [UInt8], on channel: String, sharded: Bool = false,
        _ completion: @escaping (Result<Int, RedisError>) -> Void
    ) {
        let command = Array((sharded ? "SPUBLISH" : "PUBLISH").utf8)
        send([command, Array(channel.utf8), bytes]) { completion($0.flatMap(Self.count)) }
    }

    /// How many connections are subscribed to the channel; patterns are not counted.
    public func countSubscribers(
        of channel: String, sharded: Bool = false, _ completion: @escaping (Result<Int, RedisError>) -> Void
    ) {
        send("PUBSUB", sharded ? "SHARDNUMSUB" : "NUMSUB", channel) { result in
            completion(
                result.flatMap { reply in
                    guard let pair = reply.array, pair.count == 2 else { return .failure(.unexpectedReply) }
                    return Self.count(pair[1])
                })
        }
    }

    private static func count(_ reply: RedisReply) -> Result<Int, RedisError> {
        guard let count = reply.integer else { return .failure(.unexpectedReply) }
        return .success(Int(clamping: count))
    }

    // MARK: Subscriptions

    /// Calls `receive` with every message from now on, or from the next connection on. ``state`` is
    /// `up` when Redis has confirmed.
    public func subscribe(
        to topic: RedisTopic, _ receive: @escaping (RedisMessage) -> Void
    ) -> Subscription {
        precondition(loop.isCurrent, "called off the event loop")
        lastNumber += 1
        let isNew = topics[topic] == nil
        topics[topic, default: Topic()].receivers.append((lastNumber, receive))
        if isNew { requestSubscription(to: topic) }
        return Subscription(topic: topic, number: lastNumber)
    }

    /// Ends one subscription; unknown ones are ignored.
    public func unsubscribe(_ subscription: Subscription) {
        precondition(loop.isCurrent, "called off the event loop")
        let topic = subscription.topic
        topics[topic]?.receivers.removeAll { $0.number == subscription.number }
        guard topics[topic]?.receivers.isEmpty == true else { return }
        topics[topic] = nil
        unconfirmed.remove(topic)
        subscriptions?.send(
            [Array(topic.unsubscribeCommand.utf8), Array(topic.name.utf8)], waits: false
        ) { _ in }
        updateState()
    }

    private func requestSubscription(to topic: RedisTopic) {
        unconfirmed.insert(topic)
        subscriptions?.send(
            [Array(topic.subscribeCommand.utf8), Array(topic.name.utf8)], waits: false
        ) { [weak self] result in self?.subscriptionAnswered(topic, result) }
        updateState()
    }

    private func subscriptionAnswered(_ topic: RedisTopic, _ result: Result<RedisReply, RedisError>) {
        switch result {
        case .success: unconfirmed.remove(topic)
        case .failure(.refused(let message)): refusal = "\(topic.subscribeCommand): \(message)"
        // It will be made again with the next connection.
        case .failure: break
        }
        updateState()
    }

    // MARK: RedisLineOwner

    func lineConnected(_ line: RedisLine) {
        guard line === subscriptions else { return }
        refusal = nil
        for topic in topics.keys { requestSubscription(to: topic) }
    }

    func lineChanged(_ line: RedisLine) { updateState() }

    /// `message`, channel, bytes; or `pmessage`, pattern, channel, bytes.
    func line(_ line: RedisLine, received message: [RedisReply]) {
        guard let kind = message.first?.text, let name = message.dropFirst().first?.text,
            let channel = message.dropLast().last?.text, let bytes = message.last?.bytes,
            message.count == (kind == "pmessage" ? 4 : 3)
        else { return }
        let topic: RedisTopic =
            switch kind {
            case "pmessage": .pattern(name)
            case "smessage": .shard(name)
            default: .channel(name)
            }
        // A receiver may unsubscribe another.
        for receiver in topics[topic]?.receivers ?? [] {
            guard topics[topic]?.receivers.contains(where: { $0.number == receiver.number }) == true
            else { continue }
            receiver.receive(RedisMessage(channel: channel, bytes: bytes))
        }
    }

    private func updateState() {
        guard let commands, let subscriptions else { return }
        let new = Self.state(
            commands.state, subscriptions.state,
            hasUnconfirmed: !unconfirmed.isEmpty, refusal: refusal, now: state)
        guard new != state else { return }
        state = new
        onStateChange?(new)
    }

    /// The worse of the two lines.
    private static func state(
        _ commands: RedisLinkState, _ subscriptions: RedisLinkState, hasUnconfirmed: Bool,
        refusal: String?, now: RedisLinkState
    ) -> RedisLinkState {
        for line in [commands, subscriptions] { if case .down = line { return line } }
        if commands == .connecting || subscriptions == .connecting { return .connecting }
        if let refusal { return .down(reason: refusal) }
        // New subscriptions of a link that is up do not make it less so.
        if hasUnconfirmed { return now }
        return commands == .slow || subscriptions == .slow ? .slow : .up
    }
}
