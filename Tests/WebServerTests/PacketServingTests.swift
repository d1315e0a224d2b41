// SPDX-License-Identifier: Apache-2.0
import EngineKit
import EventLoops
import Glibc
import Testing

@testable import WebServer

/// Sends datagrams back. One that begins with 2 is sent back ten thousand times; 3 keeps the stream.
final class PacketEcho: PacketReceiver {
    private let journal: Journal

    init(_ journal: Journal) { self.journal = journal }

    func streamOpened(_ stream: PacketStream) { journal.note("opened from \(stream.peer.host)") }

    func received(_ datagram: UnsafeRawBufferPointer, on stream: PacketStream) {
        switch unsafe datagram[0] {
        case 2:
            for _ in 0..<20_000 { unsafe stream.send(datagram) }
            journal.note("flooded")
        case 3:
            stream.keep(for: .seconds(60))
            unsafe stream.send(datagram)
        default: unsafe stream.send(datagram)
        }
    }

    func streamClosed(_ stream: PacketStream) { journal.note("closed") }
}

/// A datagram behind its length.
private func framed(_ datagram: [UInt8]) -> [UInt8] {
    [UInt8(truncatingIfNeeded: datagram.count >> 8), UInt8(truncatingIfNeeded: datagram.count)] + datagram
}

@Suite("IC7: datagrams in TCP connections")
struct PacketServingTests {
    private func settings(timeout: Duration) -> WebLoop.Settings {
        var settings = WebLoop.Settings()
        settings.handshakeTimeout = timeout
        return settings
    }

    @Test(
        "A connection that begins with a check in a frame carries datagrams both ways, however they are cut")
    func echoes() throws {
        let server = try Server(packets: true)
        let client = try Client(port: server.port)
        let datagrams = [
            stun(1, id: 1), [0x80] + [UInt8](repeating: 7, count: 1_199), [22], stun(1, count: 400),
        ]
        let bytes = datagrams.flatMap { framed($0) }
        try client.send(bytes)
        #expect(try client.read(bytes.count) == bytes)
        for byte in bytes { try client.send([byte]) }
        #expect(try client.read(bytes.count) == bytes)
        // Empty ones are passed over.
        try client.send([0, 0, 0, 0] + framed([9]))
        #expect(try client.read(3) == framed([9]))
        #expect(server.counters.packetStreams == 1)
    }

    @Test("HTTP, STUN streams and datagrams share a port")
    func shared() throws {
        let server = try Server(frames: true, packets: true)
        let packets = try Client(port: server.port)
        try packets.send(framed(stun(1, id: 1)))
        #expect(try packets.read(22) == framed(stun(1, id: 1)))
        let frames = try Client(port: server.port)
        try frames.send(stun(1, id: 2))
        #expect(try frames.read(20) == stun(1, id: 2))
        let browser = try Client(port: server.port)
        try browser.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try browser.readAnswer().text == "GET /a ")
    }

    @Test("A frame that is too long ends the connection, for nothing behind it can be read")
    func tooLong() throws {
        let server = try Server(packets: true)
        let client = try Client(port: server.port)
        try client.send(framed(stun(1)) + [0x20, 0x01])
        #expect(server.journal.waits(for: "closed"))
        #expect(server.counters.garbage == 1)
        let largest = try Client(port: server.port)
        let datagram = [UInt8](repeating: 9, count: PacketStream.maxDatagram)
        try largest.send(framed(stun(1)) + framed(datagram))
        #expect(try largest.read(22 + 2 + datagram.count) == framed(stun(1)) + framed(datagram))
    }

    @Test("A stream that nobody keeps ends, one that is kept does not")
    func kept() throws {
        let server = try Server(settings: settings(timeout: .milliseconds(300)), packets: true)
        let kept = try Client(port: server.port)
        try kept.send(framed(stun(1)) + framed([3]))
        _ = try kept.read(22 + 3)
        let idle = try Client(port: server.port)
        try idle.send(framed(stun(1)))
        _ = try idle.read(22)
        #expect(server.journal.waits(for: "closed"))
        try kept.send(framed([9]))
        #expect(try kept.read(3) == framed([9]))
        #expect(server.counters.idleStreams == 1)
    }

    @Test("A peer that does not read costs a bounded queue, and loses datagrams but not the connection")
    func slowPeer() throws {
        let server = try Server(packets: true)
        let client = try Client(port: server.port)
        let large = [2] + [UInt8](repeating: 5, count: 1_199)
        try client.send(framed(stun(1)) + framed(large))
        #expect(server.journal.waits(for: "flooded"))
        #expect(server.counters.droppedFrames > 5_000)
        #expect(try client.read(22) == framed(stun(1)))
        #expect(try client.read(1_202) == framed(large))
    }
}
