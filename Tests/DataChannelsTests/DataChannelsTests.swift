// SPDX-License-Identifier: Apache-2.0
import DataChannels
import EngineKit
import Testing

@Suite("Data channels between two ends")
struct DataChannelsTests {
    @Test("A channel is opened with its label, and messages go both ways")
    func messages() {
        let line = Line.connected()
        let plan = DataChannelPlan(label: "chat", subprotocol: "json")
        line.give(client: .open(plan))
        line.run(for: .seconds(1))
        #expect(line.serverOutputs == [.connected, .opened(0, plan, byPeer: true)])
        let sent: [DataMessage] = [.text("hello"), .binary([1, 2, 3]), .text(""), .binary([])]
        for message in sent { line.give(client: .send(message, on: 0)) }
        line.give(server: .send(.text("back"), on: 0))
        line.run(for: .seconds(1))
        #expect(line.received == sent)
        #expect(line.receivedByClient == [.text("back")])
    }

    @Test("Both ends may begin at once, and each opens channels of its own numbers")
    func bothBegin() {
        let line = Line()
        line.give(client: .connect)
        line.give(server: .connect)
        line.give(client: .open(DataChannelPlan(label: "a")))
        line.give(server: .open(DataChannelPlan(label: "b")))
        line.run(for: .seconds(2))
        #expect(line.clientOutputs.contains(.opened(1, DataChannelPlan(label: "b"), byPeer: true)))
        #expect(line.serverOutputs.contains(.opened(0, DataChannelPlan(label: "a"), byPeer: true)))
        #expect(line.clientOutputs.count { $0 == .connected } == 1)
    }

    @Test("A long message arrives whole, in packets that every path carries")
    func longMessage() {
        let line = Line.connected()
        line.give(client: .open(DataChannelPlan(label: "file")))
        let bytes = (0..<262_144).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        line.give(client: .send(.binary(bytes), on: 0))
        line.run(for: .seconds(20))
        #expect(line.received == [.binary(bytes)])
        #expect(line.packets.allSatisfy { $0.count <= SCTPSettings().packetSize })
    }

    @Test(
        "Whatever the network does, reliable messages arrive once and in order",
        arguments: 1...5 as ClosedRange<UInt64>)
    func badNetwork(seed: UInt64) {
        let line = Line(seed: seed)
        line.loss = 15
        line.duplicates = 10
        line.jitter = .milliseconds(60)
        line.give(client: .connect)
        line.run(for: .seconds(20))
        line.give(client: .open(DataChannelPlan(label: "x")))
        let sent = (0..<200).map { DataMessage.binary([UInt8](repeating: UInt8($0), count: 1 + $0 * 11)) }
        for (index, message) in sent.enumerated() {
            line.give(client: .send(message, on: 0))
            if index % 10 == 0 { line.run(for: .milliseconds(100)) }
        }
        line.run(for: .seconds(120))
        #expect(line.received.count == sent.count)
        #expect(line.received == sent)
    }

    @Test("Messages that need not arrive are given up, and the others do", arguments: [true, false])
    func partialReliability(isOrdered: Bool) {
        let line = Line(seed: 3)
        line.give(client: .connect)
        line.run(for: .seconds(1))
        line.give(
            client: .open(
                DataChannelPlan(
                    label: "x", reliability: SCTPReliability(isOrdered: isOrdered, maxRetransmits: 0))))
        line.run(for: .seconds(1))
        line.loss = 30
        for index in 0..<400 {
            line.give(client: .send(.text("\(index)"), on: 0))
            line.run(for: .milliseconds(10))
        }
        line.loss = 0
        line.give(client: .send(.text("last"), on: 0))
        line.run(for: .seconds(30))
        let numbers = line.received.compactMap { message -> Int? in
            if case .text(let text) = message { Int(text) } else { nil }
        }
        #expect((150..<400).contains(numbers.count))
        #expect(Set(numbers).count == numbers.count)
        if isOrdered { #expect(numbers == numbers.sorted()) }
        #expect(line.received.last == .text("last"))
    }

    @Test("A closed channel is closed at both ends, and its number can be used again")
    func closes() {
        let line = Line.connected()
        let plan = DataChannelPlan(label: "a")
        for _ in 0..<3 {
            line.give(client: .open(plan))
            line.give(client: .send(.text("x"), on: 0))
            line.run(for: .seconds(1))
            line.give(client: .close(0))
            line.run(for: .seconds(3))
            #expect(line.client.count == 0)
            #expect(line.server.count == 0)
        }
        #expect(line.received == [.text("x"), .text("x"), .text("x")])
        line.give(client: .send(.text("y"), on: 0))
        #expect(line.clientOutputs.last == .refused(0))
    }

    @Test("An end that falls silent is given up, one that aborts is gone at once")
    func ends() {
        let silent = Line.connected()
        silent.give(client: .open(DataChannelPlan(label: "a")))
        silent.run(for: .seconds(1))
        silent.loss = 100
        silent.give(client: .send(.text("x"), on: 0))
        silent.run(for: .seconds(200))
        #expect(silent.clientOutputs.suffix(2) == [.closed(0), .ended(.unanswered)])
        #expect(silent.client.deadline == nil)
        let aborted = Line.connected()
        aborted.give(client: .abort)
        aborted.run(for: .seconds(1))
        #expect(aborted.serverOutputs.last == .ended(.aborted))
    }

    @Test("Who sends faster than the network takes is refused, not served with memory without end")
    func bounded() {
        let line = Line.connected()
        line.give(client: .open(DataChannelPlan(label: "a")))
        line.loss = 100
        let large = DataMessage.binary([UInt8](repeating: 1, count: 100_000))
        for _ in 0..<100 { line.give(client: .send(large, on: 0)) }
        #expect(line.clientOutputs.count { $0 == .refused(0) } >= 89)
        let small = Line.connected()
        small.give(client: .open(DataChannelPlan(label: "a")))
        small.loss = 100
        for _ in 0..<10_000 { small.give(client: .send(.text("x"), on: 0)) }
        #expect(small.clientOutputs.count { $0 == .refused(0) } >= 5_000)
    }
}

@Suite("Data channels and a hostile end")
struct HostileDataTests {
    @Test("No packet that is cut or changed does anything, and none does harm")
    func changed() {
        let line = Line.connected()
        line.give(client: .open(DataChannelPlan(label: "a")))
        line.give(client: .send(.text("hello"), on: 0))
        line.run(for: .seconds(1))
        let packets = line.packets
        var server = line.server
        for packet in packets {
            for count in 0..<packet.count {
                server.handle(.received(Array(packet.prefix(count))), at: line.now)
            }
            for index in packet.indices {
                var changed = packet
                changed[index] ^= 0x11
                server.handle(.received(changed), at: line.now)
            }
        }
        #expect(server.poll() == nil)
    }

    @Test("A message beyond the limit ends the association", arguments: [true, false])
    func tooLong(isWhole: Bool) {
        var settings = SCTPSettings()
        settings.maxMessage = 1_000_000
        settings.receiveBuffer = 2_000_000
        let generous = settings
        settings.maxMessage = isWhole ? 10_000 : 100_000
        settings.receiveBuffer = isWhole ? 524_288 : 30_000
        let line = Line()
        line.client = DataChannels(generous, isClient: true, random: SeededRandomSource(seed: 1))
        line.server = DataChannels(settings, isClient: false, random: SeededRandomSource(seed: 2))
        line.give(client: .connect)
        line.run(for: .seconds(1))
        line.give(client: .open(DataChannelPlan(label: "a")))
        line.give(client: .send(.binary([UInt8](repeating: 1, count: 90_000)), on: 0))
        line.run(for: .seconds(60))
        #expect(line.serverOutputs.last == .ended(.violation))
        #expect(line.received.isEmpty)
    }

    @Test("Names that are too long, cut off or no text open nothing")
    func names() throws {
        let long = DataChannelPlan(label: String(repeating: "x", count: 2_000))
        #expect(throws: (any Error).self) { try DCEPMessage(DCEPMessage.open(long).encoded) }
        let plan = DataChannelPlan(
            label: "käse", subprotocol: "p",
            reliability: SCTPReliability(isOrdered: false, lifetime: .milliseconds(250)), priority: 7)
        let bytes = DCEPMessage.open(plan).encoded
        #expect(try DCEPMessage(bytes) == .open(plan))
        for count in 0..<bytes.count {
            #expect(throws: (any Error).self) { try DCEPMessage(Array(bytes.prefix(count))) }
        }
        #expect(throws: (any Error).self) { try DCEPMessage([3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0xFF]) }
        #expect(throws: (any Error).self) { try DCEPMessage([9]) }
        #expect(try DCEPMessage([2]) == .acknowledge)
    }

    @Test("An INIT seen again and again, with any tag, changes nothing of an open association")
    func repeatedInit() {
        let line = Line()
        line.give(client: .connect)
        let initiation = line.packets[0]
        line.run(for: .seconds(1))
        line.give(client: .open(DataChannelPlan(label: "a")))
        for _ in 0..<1_000 { line.give(server: .received(initiation)) }
        line.give(client: .send(.text("x"), on: 0))
        line.run(for: .seconds(1))
        #expect(line.received == [.text("x")])
        #expect(line.serverOutputs.count { $0 == .connected } == 1)
    }
}
