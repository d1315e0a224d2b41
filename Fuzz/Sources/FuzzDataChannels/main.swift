// SPDX-License-Identifier: Apache-2.0

import DataChannels
import EngineKit
import FuzzKit

/// The input is a name for DCEP, and what a peer of SCTP sends: chunks of any kind in packets with the right tag and
/// checksum, between two ends that are connected.
fuzz { bytes in
    if let message = accepted({ try DCEPMessage(bytes) }) {
        promise(
            accepted { try DCEPMessage(message.encoded) } == message,
            "a decoded message survives a round trip")
    }
    var world = World(Script(bytes))
    world.run()
}

struct World {
    private var script: Script
    private var settings = SCTPSettings()
    private var client: DataChannels
    private var server: DataChannels
    private var now = Instant.origin
    /// The last packet to the server: its header is right.
    private var last: [UInt8] = []
    private var opened = 0

    init(_ script: Script) {
        self.script = script
        settings.receiveBuffer = 20_000
        settings.maxMessage = 8_000
        client = DataChannels(settings, isClient: true, random: SeededRandomSource(seed: 1))
        server = DataChannels(settings, isClient: false, random: SeededRandomSource(seed: 2))
    }

    mutating func run() {
        client.handle(.connect, at: now)
        client.handle(.open(DataChannelPlan(label: "a")), at: now)
        settle()
        while !script.isAtEnd {
            switch script.byte() & 7 {
            case 0: forge()
            case 1: client.handle(.send(.binary(script.bytes(Int(script.byte()) * 8)), on: 0), at: now)
            case 2: settle()
            case 3: pass(.milliseconds(Int64(script.byte()) * 20))
            case 4: server.handle(.close(0), at: now)
            case 5: server.handle(.open(DataChannelPlan(label: "b")), at: now)
            case 6: server.handle(.received(script.bytes(Int(script.byte()))), at: now)
            default: server.handle(.send(.text("x"), on: UInt16(script.byte())), at: now)
            }
            promise(server.count <= Int(settings.streams), "there are no more channels than streams")
        }
        settle()
    }

    /// A packet of chunks that the script makes up, behind the right header.
    private mutating func forge() {
        guard last.count >= 12 else { return }
        var packet = Array(last.prefix(12))
        for _ in 0..<(script.byte() & 3) + 1 {
            let kinds: [UInt8] = [0, 1, 2, 3, 4, 6, 7, 8, 10, 11, 14, 130, 192, 9]
            let value = script.bytes(Int(script.byte() & 63))
            packet += [kinds[Int(script.byte()) % kinds.count], script.byte() & 7]
            packet += [0, UInt8(value.count + 4)] + value
            while packet.count & 3 != 0 { packet.append(0) }
        }
        for index in 8..<12 { packet[index] = 0 }
        let sum = crc(packet)
        for index in 0..<4 { packet[8 + index] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * index)) }
        server.handle(.received(packet), at: now)
    }

    private func crc(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { value, byte in
            (0..<8).reduce(value ^ UInt32(byte)) { value, _ in
                value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1
            }
        }
    }

    private mutating func settle() {
        for _ in 0..<50 {
            var isQuiet = true
            while let output = client.poll() {
                isQuiet = false
                guard case .transmit(let bytes) = output else { continue }
                last = bytes
                server.handle(.received(bytes), at: now)
            }
            while let output = server.poll() {
                isQuiet = false
                switch output {
                case .transmit(let bytes):
                    promise(bytes.count <= 1_500, "a packet passes every path")
                    client.handle(.received(bytes), at: now)
                case .received(.binary(let bytes), _):
                    promise(bytes.count <= settings.maxMessage, "a message is bounded")
                default: break
                }
            }
            if isQuiet { return }
        }
    }

    private mutating func pass(_ duration: Duration) {
        let end = now.advanced(by: duration)
        var steps = 0
        while let deadline = [client.deadline, server.deadline].compactMap(\.self).min(), deadline <= end {
            steps += 1
            promise(steps < 5_000, "the ends let time pass")
            now = max(now, deadline)
            client.handle(.tick, at: now)
            server.handle(.tick, at: now)
            settle()
        }
        now = end
    }
}
