// SPDX-License-Identifier: Apache-2.0
import Datagrams
import EventLoops
import Glibc
import NetworkAddresses
import Synchronization
import SystemCalls
import Testing

@Suite("UDP sockets")
struct UDPSocketTests {
    @Test("tell the port that the system chose")
    func port() throws {
        let socket = try UDPSocket(bind: loopback)
        #expect(socket.local.ip == loopback.ip)
        #expect(socket.local.port != 0)
    }

    @Test("refuse an address that another has, unless both share it")
    func sharing() throws {
        let first = try UDPSocket(bind: loopback)
        #expect(throws: SystemCallError(call: "bind", code: EADDRINUSE)) { try UDPSocket(bind: first.local) }
        let second = try UDPSocket(bind: loopback, isShared: true)
        let third = try UDPSocket(bind: second.local, isShared: true)
        #expect(third.local == second.local)
    }

    @Test("refuse an address that is not of this machine")
    func foreignAddress() throws {
        let address = try #require(SocketAddress("192.0.2.1:0"))
        #expect(throws: SystemCallError(call: "bind", code: EADDRNOTAVAIL)) { try UDPSocket(bind: address) }
    }

    @Test("leave their port when they are closed")
    func closing() throws {
        let socket = try UDPSocket(bind: loopback)
        socket.close()
        socket.close()
        #expect(socket.descriptor == -1)
        let next = try UDPSocket(bind: socket.local)
        #expect(next.local == socket.local)
    }

    @Test("tell how large the buffers are that were granted")
    func buffers() throws {
        let socket = try UDPSocket(bind: loopback)
        socket.setBuffers(receive: 100_000, send: 50_000)
        #expect(socket.receiveBuffer == 100_000)
        #expect(socket.sendBuffer == 50_000)
    }

    @Test("count what they lost")
    func drops() throws {
        let receiver = try UDPSocket(bind: loopback)
        receiver.setBuffers(receive: 1, send: 0)
        let sender = try UDPSocket(bind: loopback)
        let batch = DatagramBatch()
        let bytes = [UInt8](repeating: 0, count: 1000)
        for _ in 0..<50 {
            unsafe bytes.withUnsafeBytes { unsafe batch.send(copying: $0, from: sender, to: receiver.local) }
            batch.flush()
        }
        #expect(receiver.drops > 0)
    }

    @Test("tell which destination an ICMP error is about", arguments: ["127.0.0.1:0", "[::1]:0"])
    func errors(_ text: String) throws {
        let sender = try UDPSocket(bind: try #require(SocketAddress(text)), reportsErrors: true)
        let gone = try UDPSocket(bind: try #require(SocketAddress(text)))
        let there = try UDPSocket(bind: try #require(SocketAddress(text)))
        gone.close()
        let batch = DatagramBatch()
        let bytes: [UInt8] = [1]
        for destination in [gone.local, there.local] {
            unsafe bytes.withUnsafeBytes { unsafe batch.send(copying: $0, from: sender, to: destination) }
            // Sent one by one: the error of the first must not take the second with it.
            batch.flush()
        }
        let error = try #require(sender.nextError())
        #expect(error.destination == gone.local)
        // "Port unreachable", RFC 792 and RFC 4443 §3.1.
        #expect((error.type, error.code) == (gone.local.ip.isIPv4 ? (3, 3) : (1, 4)))
        #expect(sender.nextError() == nil)
        #expect(batch.receive(from: there).count == 1)
        #expect(batch.counts.datagrams == 2)
    }

    @Test("have interfaces to be bound to, the loopback one among them")
    func interfaces() throws {
        let addresses = try InterfaceAddress.all()
        #expect(addresses.contains { $0.ip == loopback.ip && $0.name == "lo" })
        for address in addresses {
            let socket = try UDPSocket(bind: SocketAddress(ip: address.ip, port: 0))
            #expect(socket.local.ip == address.ip)
        }
    }

    private var loopback: SocketAddress { SocketAddress(ip: IPAddress(v4: 0x7F00_0001), port: 0) }
}
