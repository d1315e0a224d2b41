// SPDX-License-Identifier: Apache-2.0
import Datagrams
import EventLoops
import Glibc
import NetworkAddresses
import STUN
import Synchronization
import SystemCalls
import TURNRelay
import Testing

@testable import RelayServer

@Suite("Addresses that come and go")
struct RelayAddressBookTests {
    private func address(_ last: UInt32) -> SocketAddress {
        SocketAddress(ip: IPAddress(v4: 0xC000_0200 + last), port: 3478)
    }

    @Test("keep their number, so that allocations are found again")
    func numbers() {
        var book = RelayAddressBook()
        #expect(book.add(address(1)) == 0)
        #expect(book.add(address(2)) == 1)
        #expect(book.closeAll(except: [address(2)]) == [0])
        #expect(book.open == [address(2)])
        #expect(book.add(address(3)) == 2)
        #expect(book.missing(from: [address(1), address(2), address(3)]) == [address(1)])
        #expect(book.add(address(1)) == 0)
        #expect(book.open == [address(1), address(2), address(3)])
        book.close(1)
        #expect(book.missing(from: [address(1), address(2)]) == [address(2)])
    }

    @Test("have no number when all have been given")
    func exhausted() {
        var book = RelayAddressBook(capacity: 8)
        #expect(book.missing(from: [SocketAddress(ip: IPAddress(v4: 1), port: 0)]).isEmpty)
        for port in UInt16(0)..<8 { _ = book.add(SocketAddress(ip: IPAddress(v4: 1), port: port)) }
        #expect(book.add(address(1)) == nil)
        #expect(book.add(SocketAddress(ip: IPAddress(v4: 1), port: 7)) == 7)
    }

    /// A system whose addresses a test changes.
    private final class FakeSystem: Sendable {
        struct State {
            var interfaces = [IPAddress(v4: 0x7F00_0001)]
            /// How often binding is refused, with which error.
            var refusals: [IPAddress: (count: Int, code: Int32)] = [:]
        }
        let state = Mutex(State())

        var system: RelaySystem {
            RelaySystem(
                interfaces: { () throws(SystemCallError) in self.state.withLock { $0.interfaces } },
                bind: { (address, isShared) throws(SystemCallError) in
                    let code: Int32? = self.state.withLock { state in
                        guard let refusal = state.refusals[address.ip], refusal.count > 0 else { return nil }
                        state.refusals[address.ip]?.count -= 1
                        return refusal.code
                    }
                    if let code { throw SystemCallError(call: "bind", code: code) }
                    return try UDPSocket(bind: address, isShared: isShared)
                },
                retries: [.milliseconds(1)])
        }
    }

    /// Looks at the addresses as when the system says that they have changed.
    private func look(_ service: RelayService) async throws {
        let keeper = try #require(service.state.withLock { $0.keeper })
        await RelayService.run(keeper) { $0.look() }
    }

    private func service(
        _ fake: FakeSystem, port: UInt16, loops count: Int = 1
    ) async throws -> (RelayService, [EventLoop]) {
        let loops = try (0..<count).map { try EventLoop.start(name: "addresses-\($0)") }
        let service = RelayService(on: loops, RelayOptions(), fake.system)
        try service.start(on: [RelayListener(port: port)])
        for loop in loops { await RelayService.run(LoopBound((), on: loop)) { _ in } }
        return (service, loops)
    }

    @Test("are listened on once they can be, whatever becomes of others", arguments: [1, 2])
    func retried(loops count: Int) async throws {
        let fake = FakeSystem()
        let (service, loops) = try await service(fake, port: 23_060 + UInt16(count), loops: count)
        let new = (2...4).map { IPAddress(v4: 0x7F00_0000 + UInt32($0)) }
        fake.state.withLock {
            $0.interfaces += new
            // Being tried out (IPv6); and somebody else's for a while.
            $0.refusals = [new[0]: (5, EADDRNOTAVAIL), new[1]: (3, EADDRINUSE)]
        }
        try await look(service)
        #expect(service.listeners.map(\.ip).contains(new[2]))
        for ip in new {
            let client = try RelayClient(SocketAddress(ip: ip, port: 23_060 + UInt16(count)))
            #expect(client.ask(upTo: 100) == ip)
        }
        await service.stop()
        for loop in loops { loop.stop() }
    }

    @Test("that return serve the allocations made there")
    func returning() async throws {
        let fake = FakeSystem()
        let (service, loops) = try await service(fake, port: 23_064)
        let ip = IPAddress(v4: 0x7F00_0009)
        fake.state.withLock { $0.interfaces.append(ip) }
        try await look(service)
        service.setUsers(TURNUsers(passwords: ["user": "pass"]))
        let client = try RelayClient(SocketAddress(ip: ip, port: 23_064))
        try client.allocate()
        fake.state.withLock { $0.interfaces = $0.interfaces.filter { $0 != ip } }
        try await look(service)
        #expect(!service.listeners.map(\.ip).contains(ip))
        fake.state.withLock { $0.interfaces += [IPAddress(v4: 0x7F00_000A), ip] }
        try await look(service)
        #expect(service.listeners.map(\.ip).contains(ip))
        // A Refresh of an allocation that is not found is a 437. RFC 8656 §7.3.
        try client.release()
        await service.stop()
        for loop in loops { loop.stop() }
    }

    @Test("whose socket cannot be watched are closed")
    func unwatched() async throws {
        let relay = try TestRelay()
        let socket = try UDPSocket(bind: SocketAddress(ip: IPAddress(v4: 0x7F00_0001), port: 0))
        let worker = try #require(relay.service.workers.first)
        let other = LoopBound(socket, on: worker.loop)
        let result = await RelayService.run(worker) { worker in
            other.use { socket in
                // epoll takes no descriptor twice.
                guard worker.listen(on: socket, as: 7) == nil else { return (false, socket.descriptor) }
                return (worker.listen(on: socket, as: 8) != nil, socket.descriptor)
            }
        }
        #expect(result == (true, -1))
        await relay.stop()
    }

    @Test("open nothing once the service has stopped")
    func stopped() async throws {
        let relay = try TestRelay()
        let worker = try #require(relay.service.workers.first)
        let client = try relay.client()
        try client.allocate()
        await relay.service.stop()
        #expect(relay.service.leaseCount == 0)
        let socket = try UDPSocket(bind: SocketAddress(ip: IPAddress(v4: 0x7F00_0001), port: 0))
        let other = LoopBound(socket, on: worker.loop)
        let descriptor = await RelayService.run(worker) { worker in
            other.use { socket in
                _ = worker.listen(on: socket, as: 0)
                return socket.descriptor
            }
        }
        #expect(descriptor == -1)
        await relay.stop()
    }
}
