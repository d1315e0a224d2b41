// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops

/// What a line tells the link it belongs to.
protocol RedisLineOwner: AnyObject {
    /// A fresh connection is ready; nothing of the former one is known to it.
    func lineConnected(_ line: RedisLine)
    /// ``RedisLine/state`` is another.
    func lineChanged(_ line: RedisLine)
    func line(_ line: RedisLine, received message: [RedisReply])
}

/// A connection that comes back: after each end another is opened, with growing pauses.
///
/// Commands given while there is none wait for the next, in order, for as long as an answer may take.
final class RedisLine: RedisConnectionOwner {
    private let url: RedisURL
    private let options: RedisOptions
    private let loop: EventLoop
    private weak var owner: (any RedisLineOwner)?

    private(set) var state = RedisLinkState.connecting
    private var connection: RedisConnection?
    /// Whether `connection` takes commands.
    private var isReady = false
    private var isClosed = false
    private var failures = 0
    private var waiting = Queue<RedisCommand>()
    private var waitingBytes = 0
    private var retry: LoopTimer?
    private var expiry: LoopTimer?
    private var ping: LoopTimer?

    init(_ url: RedisURL, _ options: RedisOptions, on loop: EventLoop, owner: any RedisLineOwner) {
        self.url = url
        self.options = options
        self.loop = loop
        self.owner = owner
        retry = LoopTimer(on: loop) { [weak self] in self?.connect() }
        expiry = LoopTimer(on: loop) { [weak self] in self?.expire() }
        ping = LoopTimer(on: loop) { [weak self] in self?.sendPing() }
    }

    func connect() {
        guard !isClosed, connection == nil else { return }
        let connection = RedisConnection(url, options, on: loop, owner: self)
        self.connection = connection
        connection.open()
    }

    // MARK: Commands

    /// - Parameter waits: Whether the command may wait for a connection.
    func send(
        _ arguments: [[UInt8]], waits: Bool, _ completion: @escaping (Result<RedisReply, RedisError>) -> Void
    ) {
        guard !isClosed else { return completion(.failure(.closed)) }
        let command = RedisCommand(
            arguments: arguments, deadline: loop.now.advanced(by: options.timeout), completion: completion)
        if isReady, let connection {
            guard connection.unansweredCount < options.maxCommands,
                connection.unsentBytes + command.size <= options.maxBytes
            else { return completion(.failure(.overloaded)) }
            connection.send(command)
        } else if !waits {
            completion(.failure(.down(reason: reasonForBeingDown)))
        } else {
            guard waiting.count < options.maxCommands, waitingBytes + command.size <= options.maxBytes
            else { return completion(.failure(.overloaded)) }
            if waiting.isEmpty { expiry?.arm(at: command.deadline) }
            waitingBytes += command.size
            waiting.append(command)
        }
    }

    private var reasonForBeingDown: String {
        if case .down(let reason) = state { reason } else { "not connected yet" }
    }

    private func expire() {
        while let first = waiting.first, first.deadline <= loop.now {
            popWaiting()?.completion(.failure(.down(reason: reasonForBeingDown)))
        }
        expiry?.arm(at: waiting.first?.deadline)
    }

    private func popWaiting() -> RedisCommand? {
        guard let command = waiting.popFirst() else { return nil }
        waitingBytes -= command.size
        return command
    }

    private func sendPing() {
        guard isReady else { return }
        send([Array("PING".utf8)], waits: false) { [weak self] _ in
            guard let self, isReady else { return }
            ping?.arm(after: options.pingInterval)
        }
    }

    // MARK: RedisConnectionOwner

    func connectionIsReady() {
        isReady = true
        failures = 0
        // First what the link wants of every connection, then what waited.
        owner?.lineConnected(self)
        while isReady, let command = popWaiting() {
            // Waiting was part of the time it has.
            connection?.send(command)
        }
        expiry?.arm(at: nil)
        ping?.arm(after: options.pingInterval)
        setState(.up)
    }

    func connectionReceived(_ message: [RedisReply]) { owner?.line(self, received: message) }

    func connectionIsSlow(_ isSlow: Bool) {
        guard isReady else { return }
        setState(isSlow ? .slow : .up)
    }

    func connectionEnded(reason: String) {
        connection = nil
        isReady = false
        ping?.arm(at: nil)
        guard !isClosed else { return }
        let longest = options.longestPause
        let pause = min(longest, longest / 100 * (1 << min(failures, 7)))
        retry?.arm(after: pause * Double.random(in: 0.5...1))
        failures += 1
        setState(.down(reason: reason))
    }

    private func setState(_ new: RedisLinkState) {
        guard new != state else { return }
        state = new
        owner?.lineChanged(self)
    }

    // MARK: The end

    func close() {
        guard !isClosed else { return }
        isClosed = true
        owner = nil
        isReady = false
        for timer in [retry, expiry, ping] { timer?.cancel() }
        let last = connection
        connection = nil
        last?.close()
        while let command = popWaiting() { command.completion(.failure(.closed)) }
    }
}
