// SPDX-License-Identifier: Apache-2.0
import EngineKit
import ICE
import NetworkAddresses
import STUN
import TLS

typealias Agent = ICEAgent<OpenSSLDigests>

/// A caller and a called one on a network that loses, repeats, delays, translates and blocks, all from one seed.
final class VirtualNetwork {
    struct Faults {
        /// Per 100 datagrams.
        var loss = 0
        var duplicates = 0
        var delay = Duration.milliseconds(20)
        var jitter = Duration.zero
        var isUDPBlocked = false
    }

    /// Who is called: a server's half of ICE, or an agent like the caller.
    enum Answerer {
        case lite(ICELite)
        case full(Agent)
    }

    var faults: Faults
    var caller: Agent
    var answerer: Answerer
    /// The caller's sockets.
    var addresses: [UInt16: SocketAddress] = [:]
    /// What the other end sees in place of the caller's address, and from when on.
    var translations: [SocketAddress: SocketAddress] = [:]
    var answererAddress = SocketAddress("198.51.100.1:3478")!
    private(set) var now = Instant.origin
    private(set) var callerLog: [(at: Instant, output: Agent.Output)] = []
    private(set) var answererSelected: [MediaPath] = []
    private(set) var answererLoss: ICEReaction.Loss?
    private var random: SeededRandomSource
    private var events: [(at: Instant, order: Int, event: Event)] = []
    private var order = 0
    private var streams: UInt32 = 0
    /// Bytes that the caller has sent to addresses that nobody has.
    private(set) var wasted = 0

    enum Event {
        case toCaller([UInt8], MediaPath)
        case toAnswerer([UInt8], MediaPath)
        case opened(MediaPath)
        case run(@Sendable (VirtualNetwork) -> Void)
    }

    init(seed: UInt64, _ faults: Faults = Faults(), caller: Agent, answerer: Answerer) {
        random = SeededRandomSource(seed: seed)
        self.faults = faults
        self.caller = caller
        self.answerer = answerer
    }

    func input(_ input: Agent.Input) {
        caller.handle(input, at: now)
        collectCaller()
    }

    func after(_ delay: Duration, _ body: @escaping @Sendable (VirtualNetwork) -> Void) {
        schedule(.run(body), at: now.advanced(by: delay))
    }

    /// Lets time pass.
    func run(for duration: Duration) {
        let end = now.advanced(by: duration)
        var steps = 0
        while true {
            steps += 1
            precondition(steps < 200_000, "an engine asks for the same instant again and again")
            let next = [events.first?.at, caller.deadline, answererDeadline].compactMap(\.self).min()
            guard let next, next <= end else { break }
            now = max(now, next)
            while let event = events.first, event.at <= now {
                events.removeFirst()
                handle(event.event)
            }
            if let deadline = caller.deadline, deadline <= now { input(.tick) }
            tickAnswerer()
        }
        now = end
    }

    func run(for limit: Duration, until isDone: (VirtualNetwork) -> Bool) -> Duration? {
        let start = now
        while start.duration(to: now) < limit {
            if isDone(self) { return start.duration(to: now) }
            run(for: .milliseconds(5))
        }
        return isDone(self) ? limit : nil
    }

    // MARK: Nodes

    private func handle(_ event: Event) {
        switch event {
        case .toCaller(let bytes, let path): input(.received(bytes, from: path))
        case .toAnswerer(let bytes, let path): giveAnswerer(bytes, path)
        case .opened(let path): input(.opened(path))
        case .run(let body): body(self)
        }
    }

    private func collectCaller() {
        while let output = caller.poll() {
            callerLog.append((now, output))
            switch output {
            case .transmit(let bytes, let path): carryUp(bytes, path)
            case .open(let path):
                guard path.remote == answererAddress else {
                    input(.closed(path))
                    continue
                }
                streams += 1
                let opened = MediaPath(local: path.local, stream: streams, remote: path.remote)
                schedule(.opened(opened), at: now.advanced(by: faults.delay * 2))
            case .close, .selected, .state: break
            }
        }
    }

    private func carryUp(_ bytes: [UInt8], _ path: MediaPath) {
        guard let own = addresses[path.local] else { return }
        guard path.remote == answererAddress else {
            wasted += bytes.count
            return
        }
        let seen = translations[own] ?? own
        send(.toAnswerer(bytes, MediaPath(local: 0, stream: path.stream, remote: seen)), path.stream)
    }

    /// Back along the way that the other end knows.
    private func carryDown(_ bytes: [UInt8], _ path: MediaPath) {
        for (socket, own) in addresses where (translations[own] ?? own) == path.remote {
            let back = MediaPath(local: socket, stream: path.stream, remote: answererAddress)
            return send(.toCaller(bytes, back), path.stream)
        }
    }

    private func giveAnswerer(_ bytes: [UInt8], _ path: MediaPath) {
        switch answerer {
        case .lite(var server):
            var answer: [UInt8] = []
            unsafe bytes.withUnsafeBytes { bytes in
                guard let message = try? unsafe STUNMessage(bytes) else { return }
                let reaction = server.receive(
                    message, from: path, at: now, OpenSSLDigests(), into: &answer)
                if let selected = reaction.selected { answererSelected.append(selected) }
            }
            answerer = .lite(server)
            if !answer.isEmpty { carryDown(answer, path) }
        case .full(var agent):
            agent.handle(.received(bytes, from: path), at: now)
            answerer = .full(agent)
            collectAnswerer()
        }
    }

    func inputAnswerer(_ input: Agent.Input) {
        guard case .full(var agent) = answerer else { return }
        agent.handle(input, at: now)
        answerer = .full(agent)
        collectAnswerer()
    }

    private func collectAnswerer() {
        guard case .full(var agent) = answerer else { return }
        while let output = agent.poll() {
            switch output {
            case .transmit(let bytes, let path): carryDown(bytes, path)
            case .selected(let path): answererSelected.append(path)
            case .open, .close, .state: break
            }
        }
        answerer = .full(agent)
    }

    private var answererDeadline: Instant? {
        switch answerer {
        case .lite(let server): answererLoss == nil ? server.deadline : nil
        case .full(let agent): agent.deadline
        }
    }

    private func tickAnswerer() {
        guard let deadline = answererDeadline, deadline <= now else { return }
        switch answerer {
        case .lite(var server):
            let reaction = server.tick(at: now)
            answererLoss = reaction.loss
            answerer = .lite(server)
        case .full(var agent):
            agent.handle(.tick, at: now)
            answerer = .full(agent)
            collectAnswerer()
        }
    }

    // MARK: The wire

    private func send(_ event: Event, _ stream: UInt32) {
        guard stream == 0 else { return schedule(event, at: now.advanced(by: faults.delay)) }
        guard !faults.isUDPBlocked, !chance(faults.loss) else { return }
        schedule(event, at: arrival())
        if chance(faults.duplicates) { schedule(event, at: arrival()) }
    }

    private func arrival() -> Instant {
        now.advanced(by: faults.delay + faults.jitter * Int64(random.nextBytes(1)[0]) / 256)
    }

    private func chance(_ percent: Int) -> Bool {
        percent > 0 && Int(random.nextBytes(1)[0]) * 100 / 256 < percent
    }

    private func schedule(_ event: Event, at instant: Instant) {
        order += 1
        let index = events.firstIndex { $0.at > instant } ?? events.endIndex
        events.insert((instant, order, event), at: index)
    }
}
