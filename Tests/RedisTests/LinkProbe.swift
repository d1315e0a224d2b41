// SPDX-License-Identifier: Apache-2.0
import EventLoops
import Redis
import Synchronization

/// A link on a loop of its own, for tests to talk to from their tasks.
final class LinkProbe: Sendable {
    let loop: EventLoop
    private let link: LoopBound<RedisLink>
    private let states: Mutex<AsyncStream<RedisLinkState>.AsyncIterator>

    init(_ url: RedisURL, options: RedisOptions = .brisk) throws {
        loop = try EventLoop.start(name: "redis")
        link = LoopBound(RedisLink(url, options: options, on: loop), on: loop)
        let (stream, continuation) = AsyncStream<RedisLinkState>.makeStream()
        states = Mutex(stream.makeAsyncIterator())
        link.execute { link in
            link.onStateChange = { continuation.yield($0) }
            link.open()
        }
    }

    deinit {
        link.execute { $0.close() }
        loop.stop()
    }

    /// Waits for the next change of the state that fits.
    @discardableResult
    func state(where fits: (RedisLinkState) -> Bool) async -> RedisLinkState? {
        var iterator = states.withLock { $0 }
        while let state = await iterator.next() {
            if fits(state) { return state }
        }
        return nil
    }

    func up() async { await state { $0 == .up } }

    @discardableResult
    func down() async -> String? {
        guard case .down(let reason) = await state(where: { if case .down = $0 { true } else { false } })
        else { return nil }
        return reason
    }

    func send(_ words: String...) async -> Result<RedisReply, RedisError> {
        await withCheckedContinuation { continuation in
            link.execute { link in
                link.send(words.map { Array($0.utf8) }) { continuation.resume(returning: $0) }
            }
        }
    }

    func publish(_ text: String, on channel: String, sharded: Bool = false) async -> Result<Int, RedisError> {
        await withCheckedContinuation { continuation in
            link.execute {
                $0.publish(Array(text.utf8), on: channel, sharded: sharded) {
                    continuation.resume(returning: $0)
                }
            }
        }
    }

    func count(of channel: String, sharded: Bool = false) async -> Result<Int, RedisError> {
        await withCheckedContinuation { continuation in
            link.execute {
                $0.countSubscribers(of: channel, sharded: sharded) { continuation.resume(returning: $0) }
            }
        }
    }

    func use(_ body: @escaping @Sendable (RedisLink) -> Void) async {
        await withCheckedContinuation { continuation in
            link.execute {
                body($0)
                continuation.resume()
            }
        }
    }

    /// Runs `body` on the loop, and returns what completed while it ran.
    func useCollecting(
        _ body: @escaping @Sendable (RedisLink, @escaping RedisLink.Completion) -> Void
    ) async -> [Result<RedisReply, RedisError>] {
        let outcomes = Outcomes()
        await use { link in body(link) { outcomes.list.append($0) } }
        return outcomes.list
    }

    /// Filled on the loop, and read when it is done there.
    private final class Outcomes: @unchecked Sendable { var list: [Result<RedisReply, RedisError>] = [] }

    /// The messages of a topic, as `channel: text`.
    func subscribe(to topic: RedisTopic) -> Inbox {
        let inbox = Inbox()
        link.execute { link in
            let subscription = link.subscribe(to: topic) { message in
                inbox.receive("\(message.channel): \(String(decoding: message.bytes, as: UTF8.self))")
            }
            inbox.subscription.withLock { $0 = subscription }
        }
        return inbox
    }

    func unsubscribe(_ inbox: Inbox) async {
        await use { link in
            if let subscription = inbox.subscription.withLock({ $0 }) { link.unsubscribe(subscription) }
        }
    }
}

/// What one subscription received.
final class Inbox: Sendable {
    let subscription = Mutex<RedisLink.Subscription?>(nil)
    private let continuation: AsyncStream<String>.Continuation
    private let iterator: Mutex<AsyncStream<String>.AsyncIterator>

    init() {
        let (stream, continuation) = AsyncStream<String>.makeStream()
        self.continuation = continuation
        iterator = Mutex(stream.makeAsyncIterator())
    }

    func receive(_ text: String) { continuation.yield(text) }

    func next() async -> String? {
        var iterator = iterator.withLock { $0 }
        return await iterator.next()
    }
}

extension RedisOptions {
    /// Patience for tests: failures are noticed within a fraction of a second.
    static var brisk: RedisOptions {
        var options = RedisOptions()
        options.timeout = .milliseconds(400)
        options.slowAfter = .milliseconds(100)
        options.pingInterval = .milliseconds(50)
        options.longestPause = .milliseconds(200)
        return options
    }

    /// Nothing times out while a test looks at something else.
    static var calm: RedisOptions {
        var options = RedisOptions()
        options.timeout = .seconds(60)
        options.slowAfter = .seconds(50)
        options.longestPause = .milliseconds(200)
        return options
    }
}
