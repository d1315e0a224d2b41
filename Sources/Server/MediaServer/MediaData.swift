// SPDX-License-Identifier: Apache-2.0
internal import DataChannels
internal import EngineKit
internal import EventLoops
internal import Forwarding
internal import MediaPlans
internal import TLS

/// The data channels of one connection, and what passes through them.
final class MediaData {
    var channels: DataChannels
    /// The names of channels that are open. Ours and theirs: what is said under a name is heard under it.
    private var labels: [UInt16: String] = [:]
    private var numbers: [String: UInt16] = [:]
    /// Messages that the peer may send: a cursor that moves, not a file.
    var budget = TokenBucket(burst: 600, perSecond: 200)

    let connection: ConnectionID

    init(_ connection: ConnectionID, _ plan: DataPlan, isClient: Bool) {
        self.connection = connection
        var settings = SCTPSettings()
        settings.remotePort = plan.remotePort
        channels = DataChannels(settings, isClient: isClient, random: SystemRandomSource())
    }

    func opened(_ number: UInt16, _ label: String) {
        labels[number] = label
        if numbers[label] == nil { numbers[label] = number }
    }

    func closed(_ number: UInt16) {
        guard let label = labels.removeValue(forKey: number) else { return }
        if numbers[label] == number { numbers[label] = nil }
    }

    func label(of number: UInt16) -> String? { labels[number] }
    func number(of label: String) -> UInt16? { numbers[label] }
}

extension MediaWorker {
    /// Gives messages of DTLS to the data channels of their connection.
    func takeData(_ messages: [[UInt8]], of connection: ConnectionID) {
        guard !messages.isEmpty, let handshake = handshakes[connection.index], handshake.isSecured,
            let plan = handshake.data
        else { return }
        let data =
            self.data[connection.index] ?? MediaData(connection, plan, isClient: handshake.role == .active)
        self.data[connection.index] = data
        for message in messages { data.channels.handle(.received(message), at: loop.now) }
        collectData(data, of: connection)
    }

    /// Does what data channels want done: what came on a channel goes to everybody in the room who has one of the name.
    private func collectData(_ data: MediaData, of connection: ConnectionID) {
        while let output = data.channels.poll() {
            switch output {
            case .transmit(let bytes): sendMessage(bytes, of: connection)
            case .opened(let number, let plan, _): data.opened(number, plan.label)
            case .closed(let number): data.closed(number)
            case .received(let message, let number):
                guard data.budget.take(at: loop.now), let label = data.label(of: number) else {
                    counts.refusedMessages += 1
                    continue
                }
                counts.messages += 1
                spread(message, label, from: connection)
            case .connected, .refused, .ended: break
            }
        }
    }

    private func spread(_ message: DataMessage, _ label: String, from sender: ConnectionID) {
        guard let room = rooms[sender] else { return }
        for (connection, its) in rooms where its == room && connection != sender {
            guard let data = data[connection.index], let number = data.number(of: label) else { continue }
            data.channels.handle(.send(message, on: number), at: loop.now)
            // Only what there is to send: a message cannot lead to another one here.
            collectData(data, of: connection)
        }
    }

    private func sendMessage(_ bytes: [UInt8], of connection: ConnectionID) {
        guard let association = handshakes[connection.index]?.association,
            let path = forwarder.path(of: connection)
        else { return }
        unsafe bytes.withUnsafeBytes { _ = unsafe association.send($0) }
        unsafe association.drain { unsafe send($0, to: path) }
    }

    /// Repeats what was lost.
    func tickData() {
        guard !data.isEmpty else { return }
        let now = loop.now
        for data in Array(data.values) {
            guard let deadline = data.channels.deadline, deadline <= now else { continue }
            data.channels.handle(.tick, at: now)
            collectData(data, of: data.connection)
        }
    }

    /// When ``tickData()`` is due.
    var dataDeadline: Instant? {
        var earliest: Instant?
        for data in data.values {
            guard let deadline = data.channels.deadline else { continue }
            earliest = earliest.map { min($0, deadline) } ?? deadline
        }
        return earliest
    }
}
