// SPDX-License-Identifier: Apache-2.0
import DataChannels
import EngineKit

/// Two ends of data channels and a network between them that loses, repeats and delays, from one seed.
final class Line {
    var client: DataChannels
    var server: DataChannels
    private(set) var now = Instant.origin
    /// Per 100 packets.
    var loss = 0
    var duplicates = 0
    var delay = Duration.milliseconds(20)
    var jitter = Duration.zero
    private(set) var clientOutputs: [DataChannels.Output] = []
    private(set) var serverOutputs: [DataChannels.Output] = []
    /// Everything that was ever sent.
    private(set) var packets: [[UInt8]] = []
    private var random: SeededRandomSource
    private var events: [(at: Instant, toServer: Bool, bytes: [UInt8])] = []

    init(seed: UInt64 = 1, settings: SCTPSettings = SCTPSettings()) {
        random = SeededRandomSource(seed: seed)
        client = DataChannels(settings, isClient: true, random: SeededRandomSource(seed: seed + 100))
        server = DataChannels(settings, isClient: false, random: SeededRandomSource(seed: seed + 200))
    }

    func give(client input: DataChannels.Input) {
        client.handle(input, at: now)
        collect()
    }

    func give(server input: DataChannels.Input) {
        server.handle(input, at: now)
        collect()
    }

    /// A line on which both ends are connected.
    static func connected(seed: UInt64 = 1, settings: SCTPSettings = SCTPSettings()) -> Line {
        let line = Line(seed: seed, settings: settings)
        line.give(client: .connect)
        line.run(for: .seconds(1))
        return line
    }

    func run(for duration: Duration) {
        let end = now.advanced(by: duration)
        var steps = 0
        while let next = [events.first?.at, client.deadline, server.deadline].compactMap(\.self).min(),
            next <= end
        {
            steps += 1
            precondition(steps < 500_000, "an engine asks for the same instant again and again")
            now = max(now, next)
            while let event = events.first, event.at <= now {
                events.removeFirst()
                if event.toServer {
                    server.handle(.received(event.bytes), at: now)
                } else {
                    client.handle(.received(event.bytes), at: now)
                }
                collect()
            }
            if let deadline = client.deadline, deadline <= now { client.handle(.tick, at: now) }
            if let deadline = server.deadline, deadline <= now { server.handle(.tick, at: now) }
            collect()
        }
        now = end
    }

    private func collect() {
        while let output = client.poll() {
            if case .transmit(let bytes) = output {
                carry(bytes, toServer: true)
            } else {
                clientOutputs.append(output)
            }
        }
        while let output = server.poll() {
            if case .transmit(let bytes) = output {
                carry(bytes, toServer: false)
            } else {
                serverOutputs.append(output)
            }
        }
    }

    private func carry(_ bytes: [UInt8], toServer: Bool) {
        packets.append(bytes)
        if chance(loss) { return }
        insert(bytes, toServer)
        if chance(duplicates) { insert(bytes, toServer) }
    }

    private func insert(_ bytes: [UInt8], _ toServer: Bool) {
        let at = now.advanced(by: delay + jitter * Int64(random.nextBytes(1)[0]) / 256)
        let index = events.firstIndex { $0.at > at } ?? events.endIndex
        events.insert((at, toServer, bytes), at: index)
    }

    private func chance(_ percent: Int) -> Bool {
        percent > 0 && Int(random.nextBytes(1)[0]) * 100 / 256 < percent
    }

    /// What the server has received, in its order.
    var received: [DataMessage] {
        serverOutputs.compactMap { output in
            if case .received(let message, _) = output { message } else { nil }
        }
    }

    var receivedByClient: [DataMessage] {
        clientOutputs.compactMap { output in
            if case .received(let message, _) = output { message } else { nil }
        }
    }
}
