// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import Glibc
internal import SystemCalls

/// One command and who waits for its answer.
struct RedisCommand {
    var arguments: [[UInt8]]
    var deadline: Instant
    var completion: (Result<RedisReply, RedisError>) -> Void

    var size: Int { arguments.reduce(0) { $0 + $1.count + 16 } }

    /// Appends the command as an array of byte strings.
    func encode(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: "*\(arguments.count)\r\n".utf8)
        for argument in arguments {
            bytes.append(contentsOf: "$\(argument.count)\r\n".utf8)
            bytes.append(contentsOf: argument)
            bytes.append(contentsOf: "\r\n".utf8)
        }
    }
}

/// What a connection tells the line it belongs to.
protocol RedisConnectionOwner: AnyObject {
    /// Signed in; commands may be sent.
    func connectionIsReady()
    /// A message on a channel.
    func connectionReceived(_ message: [RedisReply])
    /// The oldest unanswered command waits for long, or no longer does.
    func connectionIsSlow(_ isSlow: Bool)
    /// It is over; every unanswered command has been told. Said once, and not after `close()`.
    func connectionEnded(reason: String)
}

/// One connection to Redis, from opening the socket to its end; never used twice.
///
/// Belongs to a loop. Answers come in the order of the commands, and whatever is not a message on a
/// channel is an answer: that holds for subscriptions as well.
final class RedisConnection: EventHandler, TurnEndHandler {
    private enum State { case opening, connecting, signingIn, ready, ended }

    private let url: RedisURL
    private let options: RedisOptions
    private let loop: EventLoop
    private weak var owner: (any RedisConnectionOwner)?

    private var state = State.opening
    private var descriptor: Int32 = -1
    private var registration: EventLoop.Registration?
    private var interest: Readiness = []
    private var reader = ReplyReader()
    private var output: [UInt8] = []
    private var sent = 0
    private var willFlush = false
    private var unanswered = Queue<RedisCommand>()
    private var isSlow = false
    private var timer: LoopTimer?
    private var connectDeadline: Instant?

    init(_ url: RedisURL, _ options: RedisOptions, on loop: EventLoop, owner: any RedisConnectionOwner) {
        self.url = url
        self.options = options
        self.loop = loop
        self.owner = owner
    }

    var unansweredCount: Int { unanswered.count }
    var unsentBytes: Int { output.count - sent }

    func open() {
        timer = LoopTimer(on: loop) { [weak self] in self?.timerFired() }
        connectDeadline = loop.now.advanced(by: options.connectTimeout)
        timer?.arm(at: connectDeadline)
        let connection = LoopBound(self, on: loop)
        RedisSocket.open(url.endpoint, on: loop) { opened in connection.use { $0.socketOpened(opened) } }
    }

    private func socketOpened(_ opened: RedisSocket.Opened) {
        switch opened {
        case .failed(let reason): end(reason)
        case .descriptor(let descriptor):
            // Closed while the name was looked up.
            guard state == .opening else {
                Glibc.close(descriptor)
                return
            }
            self.descriptor = descriptor
            state = .connecting
            do {
                interest = .writable
                registration = try loop.register(descriptor, for: interest, self)
            } catch {
                end(error.description)
            }
        }
    }

    // MARK: Commands

    /// Sends at the end of the turn. Only when ready.
    func send(_ command: RedisCommand) {
        guard state != .ended else { return command.completion(.failure(.lost(reason: "already closed"))) }
        command.encode(into: &output)
        unanswered.append(command)
        armTimer()
        guard !willFlush else { return }
        willFlush = true
        loop.atTurnEnd(self)
    }

    func turnEnded() {
        willFlush = false
        flush()
    }

    private func flush() {
        while state != .ended, sent < output.count {
            let count = unsafe output.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { break }
            guard count >= 0 else { return end(SystemCallError(call: "send", code: errno).reason) }
            sent += count
        }
        if sent == output.count {
            output.removeAll(keepingCapacity: output.count <= 64 << 10)
            sent = 0
        }
        watch(output.isEmpty ? .readable : [.readable, .writable])
    }

    private func watch(_ wanted: Readiness) {
        guard let registration, interest != wanted else { return }
        interest = wanted
        loop.update(registration, for: wanted)
    }

    // MARK: Events

    func ready(_ events: Readiness) {
        if state == .connecting {
            if let reason = RedisSocket.connectError(descriptor) { return end(reason) }
            guard events.contains(.writable) else { return }
            signIn()
            return
        }
        if !events.isDisjoint(with: [.readable, .broken]) { receive() }
        if state != .ended, events.contains(.writable) { flush() }
    }

    /// One read per event: other connections of the loop have their turn.
    private func receive() {
        let count = unsafe withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer -> Int in
            let count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
            guard count > 0 else { return count }
            do throws(ReplyFormatError) {
                try unsafe reader.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } catch {
                end("not Redis: \(error.reason)")
            }
            return count
        }
        guard count > 0 else {
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            return end(count == 0 ? "Redis closed it" : SystemCallError(call: "recv", code: errno).reason)
        }
        do {
            while state != .ended, let reply = try reader.next() { take(reply) }
        } catch {
            end("not Redis: \(error.reason)")
        }
        armTimer()
    }

    private func take(_ reply: RedisReply) {
        if let parts = reply.array, let kind = parts.first?.bytes, Self.messageKinds.contains(kind) {
            owner?.connectionReceived(parts)
            return
        }
        guard let command = unanswered.popFirst() else {
            if case .error(let message) = reply { return end(message) }
            return end("an answer to nothing")
        }
        if case .error(let message) = reply {
            command.completion(.failure(.refused(message)))
        } else {
            command.completion(.success(reply))
        }
    }

    private static let messageKinds: Set<[UInt8]> = [
        Array("message".utf8), Array("pmessage".utf8), Array("smessage".utf8),
    ]

    // MARK: Signing in

    private func signIn() {
        state = .signingIn
        connectDeadline = nil
        if let password = url.password {
            handshake(["AUTH"] + (url.user.map { [$0] } ?? []) + [password])
        }
        if url.database != 0 { handshake(["SELECT", String(url.database)]) }
        handshake(["CLIENT", "SETNAME", options.clientName], mayFail: true)
        handshake(["PING"], isLast: true)
        flush()
    }

    private func handshake(_ words: [String], mayFail: Bool = false, isLast: Bool = false) {
        send(
            RedisCommand(
                arguments: words.map { Array($0.utf8) }, deadline: loop.now.advanced(by: options.timeout)
            ) { [weak self] result in
                guard let self, state == .signingIn else { return }
                if case .failure(.refused(let message)) = result, !mayFail {
                    // Only the code: some servers repeat the arguments, and one of them is the password.
                    return end("\(words[0]) refused: \(message.prefix { $0 != " " })")
                }
                guard isLast else { return }
                state = .ready
                owner?.connectionIsReady()
            })
    }

    // MARK: Time

    /// Told when the oldest unanswered command is late, and once more when it is too late.
    private func armTimer() {
        guard let first = unanswered.first else {
            setSlow(false)
            timer?.arm(at: connectDeadline)
            return
        }
        let slowAt = first.deadline.advanced(by: options.slowAfter - options.timeout)
        if loop.now < slowAt {
            setSlow(false)
            timer?.arm(at: slowAt)
        } else {
            timer?.arm(at: first.deadline)
        }
    }

    private func timerFired() {
        if let connectDeadline, connectDeadline <= loop.now {
            return end("no connection within \(options.connectTimeout)")
        }
        guard let first = unanswered.first else { return }
        if first.deadline <= loop.now { return end("no answer within \(options.timeout)") }
        setSlow(first.deadline.advanced(by: options.slowAfter - options.timeout) <= loop.now)
        armTimer()
    }

    private func setSlow(_ slow: Bool) {
        guard slow != isSlow, state != .ended else { return }
        isSlow = slow
        owner?.connectionIsSlow(slow)
    }

    // MARK: The end

    /// Closes without telling the owner. What was not answered fails.
    func close() {
        owner = nil
        end("closed")
    }

    private func end(_ reason: String) {
        guard state != .ended else { return }
        state = .ended
        timer?.cancel()
        timer = nil
        if let registration { loop.remove(registration) }
        registration = nil
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
        output = []
        sent = 0
        while let command = unanswered.popFirst() { command.completion(.failure(.lost(reason: reason))) }
        owner?.connectionEnded(reason: reason)
        owner = nil
    }

    deinit { if descriptor >= 0 { Glibc.close(descriptor) } }
}
