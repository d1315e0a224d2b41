// SPDX-License-Identifier: Apache-2.0
import Datagrams
import EventLoops
import Glibc
import NetworkAddresses
import Testing

@Suite("Datagrams in a network of small packets")
struct SmallNetworkTests {
    /// What is sent there, and what comes of it.
    private struct Outcome: Sendable {
        var isReady = false
        var sizes: [Int] = []
        var counts = SendCounts()
    }

    @Test(
        "that may not leave as one message leave one by one, in fragments",
        .enabled(if: geteuid() == 0, "needs root, to have a network of its own"))
    func fragments() async throws {
        let outcome = try await inSmallNetwork { sender, receiver, batch in
            let sizes = [1000, 1000, 1000, 400, 100, 100]
            for size in sizes { Self.send(size, sender, receiver, batch) }
            batch.flush()
        }
        try #require(outcome.isReady)
        #expect(outcome.sizes == [1000, 1000, 1000, 400, 100, 100])
        #expect(outcome.counts.unsegmented == 1)
        #expect(outcome.counts.segmented == 1)
        #expect(outcome.counts.datagrams == 6)
    }

    @Test(
        "that must not be fragmented are lost where they do not fit, and are counted",
        .enabled(if: geteuid() == 0, "needs root, to have a network of its own"))
    func dontFragment() async throws {
        let outcome = try await inSmallNetwork { sender, receiver, batch in
            for size in [1000, 1000, 300] { Self.send(size, sender, receiver, batch, dontFragment: true) }
            Self.send(1200, sender, receiver, batch)
            batch.flush()
        }
        try #require(outcome.isReady)
        #expect(outcome.sizes == [300, 1200])
        #expect(outcome.counts.tooLarge == 2)
    }

    @Test(
        "that leave one by one are not lost to an error that is told about one before",
        .enabled(if: geteuid() == 0, "needs root, to have a network of its own"))
    func oldErrors() async throws {
        let outcome = try await inSmallNetwork { sender, receiver, batch in
            let address = SocketAddress(ip: sender.local.ip, port: 0)
            guard let asking = try? UDPSocket(bind: address, reportsErrors: true) else { return }
            // A closed port: on this network the ICMP message is there before the next datagram.
            receiver.close()
            for _ in 0..<3 { Self.send(1000, asking, receiver, batch) }
            batch.flush()
        }
        try #require(outcome.isReady)
        #expect(outcome.counts.unsegmented == 1)
        #expect(outcome.counts.datagrams == 3)
        #expect(outcome.counts.unreachable == 0)
    }

    private static func send(
        _ size: Int, _ sender: UDPSocket, _ receiver: UDPSocket, _ batch: DatagramBatch,
        dontFragment: Bool = false
    ) {
        let bytes = [UInt8](repeating: 1, count: size)
        unsafe bytes.withUnsafeBytes {
            unsafe batch.send(copying: $0, from: sender, to: receiver.local, dontFragment: dontFragment)
        }
    }

    /// Calls `body` on a thread with a network of its own, whose packets have 600 bytes at most.
    private func inSmallNetwork(
        _ body: @escaping @Sendable (UDPSocket, UDPSocket, DatagramBatch) -> Void
    ) async throws -> Outcome {
        let loop = try EventLoop.start(name: "small-network")
        defer { loop.stop() }
        return await withCheckedContinuation { continuation in
            loop.execute {
                var outcome = Outcome()
                let address = SocketAddress(ip: IPAddress(v4: 0x7F00_0001), port: 0)
                if Self.leaveNetwork(), unsafe system("ip link set lo up mtu 600") == 0,
                    let sender = try? UDPSocket(bind: address), let receiver = try? UDPSocket(bind: address)
                {
                    let batch = DatagramBatch()
                    body(sender, receiver, batch)
                    outcome.isReady = true
                    outcome.sizes = batch.receive(from: receiver).map { batch.count($0) }
                    outcome.counts = batch.counts
                }
                continuation.resume(returning: outcome)
            }
        }
    }

    /// unshare(2), which Swift's Glibc does not show, with CLONE_NEWNET: for the calling thread only.
    private static func leaveNetwork() -> Bool {
        guard let symbol = unsafe dlsym(nil, "unshare") else { return false }
        let unshare = unsafe unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)
        return unshare(0x4000_0000) == 0
    }
}
