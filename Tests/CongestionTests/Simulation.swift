// SPDX-License-Identifier: Apache-2.0
import EngineKit
import RTP
import TestKit

@testable import Congestion

/// Flows of adaptive video through shared links, in steps of a millisecond.
struct Simulation {
    /// What travels forward: whose packet, and its transport-wide number.
    struct Packet {
        var flow: Int
        var number: UInt16
    }

    var forward: VirtualLink<Packet>
    var flows: [Flow] = []
    var tcp: [TCPFlow] = []
    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    /// The longest time that the queue was over 200 ms without a pause.
    private(set) var longestQueue = Duration.zero
    private var queueOver = Duration.zero
    private var queueSum = 0.0
    private var queueSamples = 0.0
    /// In ms.
    var meanQueue: Double { queueSum / max(queueSamples, 1) }

    init(
        capacity: Int?, seed: UInt64 = 1,
        _ conditions: VirtualLink<Packet>.Conditions = VirtualLink<Packet>.Conditions()
    ) {
        forward = VirtualLink(capacity: capacity, seed: seed, conditions)
    }

    /// Runs for `seconds`, calling `each` at every step.
    mutating func run(_ seconds: Double, each: (inout Simulation) -> Void = { _ in }) {
        let end = now.advanced(by: .milliseconds(Int64(seconds * 1000)))
        while now < end {
            now = now.advanced(by: .milliseconds(1))
            step()
            each(&self)
        }
    }

    /// Runs for `seconds` and tells how much of `capacity` arrived.
    mutating func utilisation(of capacity: Int, over seconds: Double) -> Double {
        let before = flows.reduce(0) { $0 + $1.arrivedBytes }
        run(seconds)
        let bytes = flows.reduce(0) { $0 + $1.arrivedBytes } - before
        return Double(8 * bytes) / (Double(capacity) * seconds)
    }

    /// Runs for `seconds` and tells what each flow got, in bit/s.
    mutating func rates(over seconds: Double) -> [Double] {
        let before = flows.map(\.arrivedBytes)
        run(seconds)
        return zip(flows, before).map { Double(8 * ($0.arrivedBytes - $1)) / seconds }
    }

    private mutating func step() {
        for index in flows.indices { flows[index].send(index, into: &forward, at: now) }
        for index in tcp.indices { tcp[index].send(into: &forward, at: now) }
        while let (packet, at) = forward.receive(at: now) {
            if flows.indices.contains(packet.flow) {
                flows[packet.flow].arrived(packet.number, at: at)
            } else if let index = tcp.firstIndex(where: { $0.flow == packet.flow }) {
                tcp[index].arrived(packet.number, at: at)
            }
        }
        for index in flows.indices { flows[index].answer(at: now) }
        let queue = forward.queueDelay
        queueSum += Double(queue.nanoseconds) / 1e6
        queueSamples += 1
        queueOver = queue > .milliseconds(200) ? queueOver + .milliseconds(1) : .zero
        longestQueue = max(longestQueue, queueOver)
    }
}

/// A sender of video that follows its target, and the receiver that tells when its packets came.
struct Flow {
    var control: CongestionControl
    var recorder = TransportFeedbackRecorder()
    /// In bit/s: what the source makes, whatever may be sent.
    var highest = 10_000_000
    var lowest = 150_000
    var isPaused = false
    /// The way of its feedback. An empty packet is other traffic.
    var backward: VirtualLink<[UInt8]>
    /// More delay than the shared link has, on the way there.
    var further = Duration.zero
    private(set) var arrivedBytes = 0
    private(set) var sentBytes = 0
    private(set) var paddingBytes = 0
    private var waiting: [Int] = []
    private var nextFrame = Instant.origin
    private var sizes: [Int] = Array(repeating: 0, count: 65536)

    init(
        _ settings: CongestionSettings = CongestionSettings(start: 300_000), wanted: Int = 10_000_000,
        back: Int? = nil
    ) {
        backward = VirtualLink(capacity: back, seed: 7)
        control = CongestionControl(feedback: .transportWide, settings)
        control.wanted = wanted
    }

    var target: Int { control.target ?? .max }
    private(set) var waitingBytes = 0

    mutating func send(_ index: Int, into link: inout VirtualLink<Simulation.Packet>, at now: Instant) {
        if !isPaused, now >= nextFrame { makeFrame(at: now) }
        if let deadline = control.deadline(waiting: waitingBytes), deadline <= now { control.tick(at: now) }
        var budget = control.allowance(waiting: waitingBytes, at: now)
        while budget > 0, !waiting.isEmpty {
            let size = waiting.removeFirst()
            waitingBytes -= size
            budget -= size
            put(size, index, into: &link, at: now)
        }
        guard !isPaused else { return }
        var padding = control.padding(at: now)
        while padding > 0 {
            put(1100, index, into: &link, at: now)
            paddingBytes += 1100
            padding -= 1100
        }
    }

    mutating func arrived(_ number: UInt16, at now: Instant) {
        arrivedBytes += sizes[Int(number)]
        recorder.received(number, at: now.advanced(by: further))
    }

    /// Sends feedback where it is due, and hears what arrives of it.
    mutating func answer(at now: Instant) {
        tell(at: now)
        while let (bytes, at) = backward.receive(at: now) { if !bytes.isEmpty { hear(bytes, at: at) } }
    }

    private mutating func tell(at now: Instant) {
        guard let deadline = recorder.deadline, deadline <= now else { return }
        while true {
            var bytes = [UInt8](repeating: 0, count: 1200)
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe recorder.write(into: $0, sender: 1, media: 2)
            }
            guard count > 0 else { return }
            backward.send(Array(bytes[..<count]), size: count, at: now)
        }
    }

    private mutating func hear(_ bytes: [UInt8], at now: Instant) {
        unsafe bytes.withUnsafeBytes { datagram in
            var cursor = RTCPCursor()
            while let packet = unsafe cursor.next(in: datagram) { control.handle(packet, at: now) }
        }
    }

    private mutating func makeFrame(at now: Instant) {
        nextFrame = now.advanced(by: .microseconds(33_333))
        // An encoder that is told of a queue at the sender makes nothing.
        guard waitingBytes < target / 8 / 4 else { return }
        let rate = min(max(target, lowest), highest)
        var left = rate / 8 / 30
        let count = (left + 1199) / 1200
        for part in 0..<max(count, 1) {
            let size = left / (max(count, 1) - part)
            waiting.append(max(size, 60))
            waitingBytes += max(size, 60)
            left -= size
        }
    }

    private mutating func put(
        _ size: Int, _ index: Int, into link: inout VirtualLink<Simulation.Packet>, at now: Instant
    ) {
        let number = control.sent(size: size, at: now)
        sizes[Int(number)] = size
        sentBytes += size
        link.send(Simulation.Packet(flow: index, number: number), size: size, at: now)
    }
}
