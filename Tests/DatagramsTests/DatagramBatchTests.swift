// SPDX-License-Identifier: Apache-2.0
import Datagrams
import NetworkAddresses
import SystemCalls
import Testing

@Suite("Datagrams in batches")
struct DatagramBatchTests {
    private let batch = DatagramBatch()

    @Test("arrive with their source, their bytes and room in front", arguments: ["127.0.0.1:0", "[::1]:0"])
    func arrive(_ text: String) throws {
        let (a, b) = try pair(text)
        send([[1, 2, 3], []], from: a, to: b)
        let slots = batch.receive(from: b)
        #expect(slots.count == 2)
        #expect(content(of: slots) == [[1, 2, 3], []])
        for slot in slots {
            #expect(batch.source(slot) == a.local)
            #expect(batch.trafficClass(slot) == 0)
        }
        #expect(batch.receive(from: b).isEmpty)
    }

    @Test("leave in order as few messages, whatever their sizes", arguments: ["127.0.0.1:0", "[::1]:0"])
    func runs(_ text: String) throws {
        let (a, b) = try pair(text)
        let sizes = [900, 900, 900, 100, 900, 900, 1000, 0, 1000, 1000, 7]
        let sent = sizes.enumerated().map { [UInt8](repeating: UInt8($0), count: $1) }
        send(sent, from: a, to: b)
        #expect(content(of: batch.receive(from: b)) == sent)
        // 900 900 900 100, 900 900, 1000, nothing, 1000 1000 7.
        #expect(batch.counts.datagrams == 11)
        #expect(batch.counts.segmented == 3)
        #expect(batch.counts.calls == 1)
        #expect(batch.counts.bytes == UInt64(sizes.reduce(0, +)))
    }

    @Test("to many destinations keep the order of each")
    func destinations() throws {
        let sender = try socket()
        let receivers = try (0..<5).map { _ in try socket() }
        for number in 0..<100 {
            send([[UInt8(number)]], from: sender, to: receivers[number % 5], flushing: false)
        }
        batch.flush()
        #expect(batch.counts.calls == 1)
        #expect(batch.counts.segmented == 5)
        for (index, receiver) in receivers.enumerated() {
            #expect(
                content(of: batch.receive(from: receiver))
                    == stride(from: index, to: 100, by: 5).map { [UInt8($0)] })
        }
    }

    @Test("that must not be fragmented leave together, whatever their destinations")
    func together() throws {
        let sender = try socket()
        let receivers = try (0..<5).map { _ in try socket() }
        for number in 0..<20 {
            let destination = receivers[number % 5].local
            let bytes = [UInt8(number)]
            unsafe bytes.withUnsafeBytes {
                unsafe batch.send(
                    copying: $0, from: sender, to: destination, dontFragment: number % 10 < 5)
            }
        }
        batch.flush()
        #expect(batch.counts.calls == 2)
        #expect(batch.counts.datagrams == 20)
        for receiver in receivers { #expect(batch.receive(from: receiver).count == 4) }
    }

    @Test("are forwarded from where they arrived, with what was written around them")
    func forwarding() throws {
        let (a, b) = try pair()
        let other = try socket()
        send([[5, 6, 7, 8, 9]], from: a, to: b)
        let slots = batch.receive(from: b)
        let slot = try #require(slots.first)
        unsafe batch.region(slot, -4..<0).copyBytes(from: [0xAA, 0xAA, 0xAA, 0xAA])
        unsafe batch.region(slot, 5..<8).copyBytes(from: [0, 0, 0])
        batch.send(slot, -4..<8, from: b, to: other.local)
        batch.send(slot, 1..<4, from: b, to: other.local)
        batch.flush()
        #expect(
            content(of: batch.receive(from: other)) == [
                [0xAA, 0xAA, 0xAA, 0xAA, 5, 6, 7, 8, 9, 0, 0, 0], [6, 7, 8],
            ])
    }

    @Test("keep DSCP and ECN, and never share a message with others", arguments: ["127.0.0.1:0", "[::1]:0"])
    func trafficClasses(_ text: String) throws {
        let (a, b) = try pair(text)
        let classes: [UInt8] = [0, 0xB8, 0xB9, 0xB8, 0]
        for value in classes {
            let bytes: [UInt8] = [value, 1]
            unsafe bytes.withUnsafeBytes {
                unsafe batch.send(copying: $0, from: a, to: b.local, trafficClass: value)
            }
        }
        batch.flush()
        let slots = batch.receive(from: b)
        #expect(slots.map { batch.trafficClass($0) }.sorted() == classes.sorted())
        for slot in slots { #expect(unsafe batch.bytes(slot).first == batch.trafficClass(slot)) }
    }

    @Test("of the largest size fit, and larger ones are counted as lost")
    func largest() throws {
        let (a, b) = try pair()
        send([[UInt8](repeating: 1, count: 65_507), [UInt8](repeating: 2, count: 65_508)], from: a, to: b)
        #expect(content(of: batch.receive(from: b)).map(\.count) == [65_507])
        #expect(batch.counts.tooLarge == 1)
    }

    @Test("are more than the slab holds at once, and none is lost")
    func manyTurns() throws {
        let (a, b) = try pair()
        let (c, d) = try pair()
        c.setBuffers(receive: 4 << 20, send: 4 << 20)
        b.setBuffers(receive: 4 << 20, send: 4 << 20)
        d.setBuffers(receive: 4 << 20, send: 4 << 20)
        let sent = (0..<1500).map { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        send(sent, from: a, to: b)
        // Forwards without a flush of its own: the batch has to see to its room.
        while case let slots = batch.receive(from: b), !slots.isEmpty {
            for slot in slots { batch.send(slot, 0..<2, from: c, to: d.local) }
        }
        batch.flush()
        var received: [[UInt8]] = []
        while case let slots = batch.receive(from: d), !slots.isEmpty { received += content(of: slots) }
        #expect(received == sent)
    }

    @Test("without a way to their destination are counted, and the others leave")
    func unreachable() throws {
        let (a, b) = try pair()
        let nowhere = SocketAddress(ip: IPAddress(high: 0x2001_0DB8 << 32, low: 1), port: 9)
        let bytes: [UInt8] = [1]
        unsafe bytes.withUnsafeBytes { unsafe batch.send(copying: $0, from: a, to: nowhere) }
        send([[2]], from: a, to: b)
        #expect(content(of: batch.receive(from: b)) == [[2]])
        #expect(batch.counts.unreachable + batch.counts.refused == 1)
    }

    @Test("are not fragmented if they must not be, and the next ones may be again")
    func dontFragment() throws {
        let (a, b) = try pair()
        let bytes: [UInt8] = [1, 2]
        unsafe bytes.withUnsafeBytes {
            unsafe batch.send(copying: $0, from: a, to: b.local, dontFragment: true)
            unsafe batch.send(copying: $0, from: a, to: b.local)
        }
        batch.flush()
        #expect(batch.receive(from: b).count == 2)
        #expect(batch.counts.datagrams == 2)
    }

    // MARK: Helpers

    private func socket(_ text: String = "127.0.0.1:0") throws -> UDPSocket {
        try UDPSocket(bind: #require(SocketAddress(text)))
    }

    private func pair(_ text: String = "127.0.0.1:0") throws -> (UDPSocket, UDPSocket) {
        (try socket(text), try socket(text))
    }

    private func send(_ datagrams: [[UInt8]], from: UDPSocket, to: UDPSocket, flushing: Bool = true) {
        for datagram in datagrams {
            // An empty array has no address.
            let bytes = datagram.isEmpty ? [0] : datagram
            unsafe bytes.withUnsafeBytes {
                unsafe batch.send(
                    copying: UnsafeRawBufferPointer(rebasing: $0[..<datagram.count]), from: from, to: to.local
                )
            }
        }
        if flushing { batch.flush() }
    }

    private func content(of slots: Range<Int>) -> [[UInt8]] { slots.map { unsafe [UInt8](batch.bytes($0)) } }
}
