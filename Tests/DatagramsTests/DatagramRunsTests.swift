// SPDX-License-Identifier: Apache-2.0
import Datagrams
import NetworkAddresses
import Testing

@Suite("Runs of datagrams")
struct DatagramRunsTests {
    private let runs = DatagramRuns()
    private let batch = DatagramBatch()

    @Test(
        "leave as one message each and one call, and arrive as they were",
        arguments: ["127.0.0.1:0", "[::1]:0"])
    func messages(_ text: String) throws {
        let sender = try socket(text)
        let receivers = try (0..<3).map { _ in try socket(text) }
        for (index, receiver) in receivers.enumerated() {
            send(count: 2500, segment: 1000, first: UInt8(index), from: sender, to: receiver.local)
        }
        runs.flush()
        #expect(runs.counts.calls == 1)
        #expect(runs.counts.segmented == 3)
        #expect(runs.counts.datagrams == 9)
        #expect(runs.counts.bytes == 7500)
        for (index, receiver) in receivers.enumerated() {
            let received = batch.receive(from: receiver).map { unsafe [UInt8](batch.bytes($0)) }
            #expect(received.map(\.count) == [1000, 1000, 500])
            #expect(received.flatMap(\.self) == Self.content(2500, first: UInt8(index)))
            batch.flush()
        }
    }

    @Test("that are too long for one message leave as several")
    func longRuns() throws {
        let (sender, receiver) = (try socket(), try socket())
        receiver.setBuffers(receive: 4 << 20, send: 0)
        send(count: 150 * 100, segment: 100, first: 0, from: sender, to: receiver.local)
        send(count: 60_000, segment: 1200, first: 0, from: sender, to: receiver.local)
        runs.flush()
        #expect(runs.counts.datagrams == 200)
        #expect(runs.counts.segmented == 4)
        var sizes: [Int] = []
        while case let slots = batch.receive(from: receiver), !slots.isEmpty {
            sizes += slots.map { batch.count($0) }
        }
        #expect(sizes == Array(repeating: 100, count: 150) + Array(repeating: 1200, count: 50))
    }

    @Test("are flushed by themselves when memory or messages run out, and none is lost")
    func manyRuns() throws {
        let small = DatagramRuns(bytes: 1, messages: 1)
        let (sender, receiver) = (try socket(), try socket())
        receiver.setBuffers(receive: 4 << 20, send: 0)
        for number in 0..<1000 {
            let bytes = [UInt8(truncatingIfNeeded: number), UInt8(number >> 8)]
            unsafe bytes.withUnsafeBytes {
                unsafe small.send(copying: $0, from: sender.handle, to: receiver.local)
            }
        }
        for _ in 0..<4 {
            _ = unsafe small.space(40_000)
            small.send(count: 40_000, segment: 1000, from: sender.handle, to: receiver.local)
        }
        small.flush()
        #expect(!small.isWaiting)
        var numbers: [Int] = []
        while case let slots = batch.receive(from: receiver), !slots.isEmpty {
            for slot in slots where batch.count(slot) == 2 {
                numbers.append(unsafe Int(batch.bytes(slot)[0]) | Int(batch.bytes(slot)[1]) << 8)
            }
        }
        #expect(numbers == Array(0..<1000))
        #expect(small.counts.datagrams == 1160)
    }

    @Test("of one datagram need no segments, whatever segment is named")
    func singles() throws {
        let (sender, receiver) = (try socket(), try socket())
        for segment in [0, 7, 8, 100_000] {
            send(count: 7, segment: segment, first: 0, from: sender, to: receiver.local)
        }
        runs.flush()
        #expect(runs.counts.segmented == 0)
        #expect(batch.receive(from: receiver).map { batch.count($0) } == [7, 7, 7, 7])
    }

    @Test("of several sockets leave in their order, from their sockets")
    func sockets() throws {
        let senders = [try socket(), try socket()]
        let receiver = try socket()
        for number in 0..<6 {
            send(count: 2, segment: 0, first: UInt8(number), from: senders[number % 2], to: receiver.local)
        }
        runs.flush()
        #expect(runs.counts.calls == 6)
        let slots = batch.receive(from: receiver)
        #expect(slots.map { batch.source($0) } == (0..<6).map { senders[$0 % 2].local })
        #expect(slots.map { unsafe batch.bytes($0)[0] } == [0, 1, 2, 3, 4, 5])
    }

    @Test("without a way to their destination are counted whole, and the others leave")
    func unreachable() throws {
        let (sender, receiver) = (try socket(), try socket())
        let nowhere = SocketAddress(ip: IPAddress(high: 0x2001_0DB8 << 32, low: 1), port: 9)
        send(count: 3000, segment: 1000, first: 0, from: sender, to: nowhere)
        send(count: 2, segment: 0, first: 0, from: sender, to: receiver.local)
        runs.flush()
        #expect(batch.receive(from: receiver).count == 1)
        #expect(runs.counts.unreachable + runs.counts.refused == 3)
        #expect(runs.counts.datagrams == 1)
    }

    // MARK: Helpers

    private func socket(_ text: String = "127.0.0.1:0") throws -> UDPSocket {
        try UDPSocket(bind: #require(SocketAddress(text)))
    }

    private static func content(_ count: Int, first: UInt8) -> [UInt8] {
        (0..<count).map { first &+ UInt8(truncatingIfNeeded: $0 &* 7) }
    }

    private func send(count: Int, segment: Int, first: UInt8, from: UDPSocket, to: SocketAddress) {
        let space = unsafe UnsafeMutableRawBufferPointer(start: runs.space(count), count: count)
        unsafe space.copyBytes(from: Self.content(count, first: first))
        runs.send(count: count, segment: segment, from: from.handle, to: to)
    }
}
