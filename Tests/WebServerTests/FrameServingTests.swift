// SPDX-License-Identifier: Apache-2.0
import EngineKit
import EventLoops
import Glibc
import TLS
import Testing

@testable import WebServer

/// A certificate of our own making, shared by the tests of this file.
private let contexts: Result<(server: TLSContext, client: TLSContext), any Error> = Result {
    var template = Array("/tmp/parley-frames-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw ClientError("no folder") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let files = try LocalAuthority.ensure(
        folder: folder, names: CertificateNames(hostName: "desk", addresses: []), now: .system())
    return (
        try TLSContext(certificateChainFile: files.certificateFile, privateKeyFile: files.keyFile),
        try TLSContext(clientTrusting: files.authorityFile)
    )
}

@Suite("Serving STUN and TURN streams")
struct FrameServingTests {
    private func settings(_ change: (inout WebLoop.Settings) -> Void) -> WebLoop.Settings {
        var settings = WebLoop.Settings()
        change(&settings)
        return settings
    }

    @Test("one port without TLS takes HTTP and STUN")
    func plain() throws {
        let server = try Server(frames: true)
        let client = try Client(port: server.port)
        try client.send(stun(1, id: 5))
        #expect(try client.read(20) == stun(1, id: 5))
        let browser = try Client(port: server.port)
        try browser.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try browser.readAnswer().text == "GET /a ")
        #expect(server.counters.streams == 1)
        #expect(server.journal.all == ["opened plainly from 127.0.0.1"])
    }

    @Test("one port with TLS takes HTTPS, STUN inside and outside of TLS, and sends plain HTTP away")
    func secure() throws {
        let contexts = try contexts.get()
        let server = try Server(tls: contexts.server, frames: true)
        let outside = try Client(port: server.port)
        try outside.send(stun(1, id: 5))
        #expect(try outside.read(20) == stun(1, id: 5))
        let inside = try Client(port: server.port)
        try inside.startTLS(contexts.client)
        try inside.send(stun(1, id: 6))
        #expect(try inside.read(20) == stun(1, id: 6))
        let browser = try Client(port: server.port)
        try browser.startTLS(contexts.client)
        try browser.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try browser.readAnswer().text == "GET /a ")
        let forgetful = try Client(port: server.port)
        try forgetful.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect((300..<400).contains(try forgetful.readAnswer().status))
        #expect(server.journal.all.contains("opened securely from 127.0.0.1"))
    }

    @Test(
        "a client of TLS may say what it will speak",
        arguments: [
            [ApplicationProtocol.turn], [.stun], [.stun, .turn], [.http], [.http, .turn, .stun], [],
        ])
    func applicationProtocols(_ offered: [ApplicationProtocol]) throws {
        let contexts = try contexts.get()
        let server = try Server(tls: contexts.server, frames: true)
        let client = try Client(port: server.port)
        try client.startTLS(contexts.client, offering: offered)
        if offered == [.http] {
            try client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.readAnswer().text == "GET /a ")
        } else {
            try client.send(stun(1, id: 6))
            #expect(try client.read(20) == stun(1, id: 6))
        }
    }

    @Test("a client that agreed on TURN and speaks HTTP is cut, and the other way round refused")
    func brokenPromises() throws {
        let contexts = try contexts.get()
        let server = try Server(tls: contexts.server, frames: true)
        let liar = try Client(port: server.port)
        try liar.startTLS(contexts.client, offering: [.turn])
        try liar.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try liar.isClosed())
        #expect(server.counters.garbage == 1)
        let other = try Client(port: server.port)
        try other.startTLS(contexts.client, offering: [.http])
        try other.send(stun(1))
        #expect(try other.readAnswer().status == 400)
    }

    @Test("without a receiver there is nothing but HTTP")
    func withoutReceiver() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send(stun(1))
        #expect(try client.readAnswer().status == 400)
        #expect(server.counters.streams == 0)
    }

    @Test("ICE over TCP is told apart, counted and closed")
    func iceTCP() throws {
        let server = try Server(frames: true)
        let client = try Client(port: server.port)
        try client.send([0, 20] + stun(1))
        #expect(try client.isClosed())
        #expect(server.counters.iceTCP == 1)
        #expect(server.counters.garbage == 0)
    }

    @Test(
        "what is nothing known is closed without a word",
        arguments: [
            [0x80, 1, 2, 3], [0x16], channelData(4), [0, 1, 0, 0] + [UInt8](repeating: 9, count: 16),
            [3, 0xFF], [0x10, 0, 0], [0xFF],
        ] as [[UInt8]])
    func garbage(_ bytes: [UInt8]) throws {
        let server = try Server(settings: settings { $0.handshakeTimeout = .milliseconds(50) }, frames: true)
        let client = try Client(port: server.port)
        try client.send(bytes)
        #expect(try client.isClosed())
        #expect(server.counters.streams == 0)
    }

    @Test("frames may come byte by byte, in halves, or many at once")
    func pieces() throws {
        let server = try Server(frames: true)
        let client = try Client(port: server.port)
        let frames =
            stun(3, id: 1, count: 8) + channelData(5) + stun(1, id: 2) + channelData(0) + channelData(1200)
        for byte in frames {
            try client.send([byte])
            usleep(100)
        }
        #expect(try client.read(frames.count).count == frames.count)
        for size in [3, 7, 21, 500] {
            for start in stride(from: 0, to: frames.count, by: size) {
                try client.send(Array(frames[start..<min(start + size, frames.count)]))
                usleep(500)
            }
            #expect(try client.read(8).prefix(2) == [0, 3])
            #expect(try client.read(frames.count - 8).count == frames.count - 8)
        }
        try client.send(Array(repeatElement(frames, count: 50).joined()))
        #expect(try client.read(50 * frames.count).count == 50 * frames.count)
        #expect(server.counters.streams == 1)
    }

    @Test("padding of ChannelData is zeros, whatever it was")
    func padding() throws {
        let server = try Server(frames: true)
        let client = try Client(port: server.port)
        try client.send(stun(3))
        try client.send(Array(channelData(5).dropLast(3)) + [1, 2, 3])
        #expect(try client.read(32) == stun(3) + channelData(5))
    }

    @Test(
        "a stream that breaks its frames is cut",
        arguments: [
            stun(1, count: 8).prefix(4) + [1, 2, 3, 4], [0, 1, 0, 2, 0x21, 0x12, 0xA4, 0x42],
            [0x50, 0, 0, 0],
            [0x20, 0, 0, 0], [0xC0, 0, 0, 0],
        ] as [[UInt8]])
    func brokenFrames(_ bytes: [UInt8]) throws {
        let server = try Server(frames: true)
        let client = try Client(port: server.port)
        try client.send(stun(3))
        #expect(try client.read(20) == stun(3))
        try client.send(bytes + [UInt8](repeating: 0, count: 32))
        #expect(try client.isClosed())
        #expect(server.counters.garbage == 1)
        #expect(server.journal.waits(for: "closed"))
    }

    @Test("nobody gets room for a long frame before they have something here")
    func earlyLengths() throws {
        let server = try Server(frames: true)
        for start in [stun(1, count: 65_532), stun(1, count: 2032), channelData(65_535)] {
            let client = try Client(port: server.port)
            try client.send(stun(1))
            #expect(try client.read(20) == stun(1))
            try client.send(Array(start.prefix(8)))
            #expect(try client.isClosed())
        }
        #expect(server.counters.garbage == 3)
    }

    @Test(
        "afterwards the longest frames there are pass", arguments: [true, false])
    func longFrames(_ isSTUN: Bool) throws {
        let frame = isSTUN ? stun(1, count: 65_532) : channelData(65_535)
        let server = try Server(frames: true)
        let client = try Client(port: server.port)
        try client.send(stun(3))
        #expect(try client.read(20) == stun(3))
        try client.send(frame + stun(1, id: 9))
        #expect(try client.read(frame.count).elementsEqual(frame))
        #expect(try client.read(20) == stun(1, id: 9))
    }

    @Test("who only asks, or dribbles, or says nothing more is cut in time; who is kept is not")
    func deadlines() throws {
        let server = try Server(settings: settings { $0.handshakeTimeout = .milliseconds(150) }, frames: true)
        let kept = try Client(port: server.port)
        try kept.send(stun(3))
        #expect(try kept.read(20) == stun(3))
        for piece in [Array(stun(1).prefix(4)), Array(stun(1).prefix(9)), stun(1) + [0], stun(1)] {
            let client = try Client(port: server.port)
            try client.send(piece)
            while try !client.read(1).isEmpty {}
        }
        // Asking on and on is no reason to stay.
        let asker = try Client(port: server.port)
        while (try? asker.send(stun(1))) != nil, try !asker.read(20).isEmpty { usleep(5000) }
        try kept.send(stun(1))
        #expect(try kept.read(20) == stun(1))
        // Given up, it is cut like the others.
        try kept.send(stun(4))
        #expect(try kept.read(20) == stun(4))
        #expect(try kept.isClosed())
        #expect(server.counters.idleStreams >= 4)
        #expect(server.waits { $0.open == 0 })
    }

    @Test("a peer that reads too slowly loses media, whole frames of it, and no answer")
    func slowReader() throws {
        let server = try Server(frames: true)
        let client = try Client(port: server.port, receiveBuffer: 32_768)
        try client.send(stun(3) + stun(10, id: 3))
        #expect(server.journal.waits(for: "flooded"))
        try client.send(stun(1, id: 99))
        var media = 0
        var answers: [UInt8] = []
        while answers.last != 99 {
            let header = try client.read(4)
            guard header.count == 4 else { break }
            if header[0] == 0x40 {
                #expect(try client.read(1020) == [UInt8](repeating: 0x55, count: 1020))
                media += 1
            } else {
                answers.append(try client.read(16).last ?? 0)
            }
        }
        #expect(answers == [0, 77, 3, 99])
        #expect(media > 100)
        #expect(server.counters.droppedFrames == UInt64(20_000 - media))
    }

    @Test("a busy turn drops nothing that the kernel takes")
    func busyTurn() throws {
        let server = try Server(frames: true)
        let client = try Client(port: server.port, receiveBuffer: 4 << 20)
        try client.send(stun(3) + stun(11, id: 3))
        #expect(server.journal.waits(for: "flooded"))
        var rest = 20 + 540 * 1024 + 20
        while rest > 0 {
            let count = min(rest, 4096)
            #expect(try client.read(count).count == count)
            rest -= count
        }
        #expect(server.counters.droppedFrames == 0)
    }

    @Test("nothing that comes after its end is obeyed", arguments: [false, true])
    func afterTheEnd(inPieces: Bool) throws {
        let server = try Server(frames: true)
        let client = try Client(port: server.port)
        let frames = stun(3) + stun(12, id: 1) + stun(10, id: 2)
        try client.send(inPieces ? Array(frames.prefix(30)) : frames)
        if inPieces { try client.send(Array(frames.dropFirst(30))) }
        #expect(try client.read(20) == stun(3))
        #expect(try client.isClosed())
        #expect(!server.journal.all.contains("flooded"))
    }

    @Test("a peer that never reads is cut")
    func stalledReader() throws {
        let server = try Server(settings: settings { $0.stallTimeout = .milliseconds(100) }, frames: true)
        let client = try Client(port: server.port, receiveBuffer: 4096)
        try client.send(stun(3) + stun(10))
        #expect(server.journal.waits(for: "closed"))
        #expect(server.counters.slowClients == 1)
    }

    @Test("when the server stops, streams in use go on and others end")
    func stopping() throws {
        let server = try Server(frames: true)
        let kept = try Client(port: server.port)
        let idle = try Client(port: server.port)
        try kept.send(stun(3))
        try idle.send(stun(1))
        _ = try kept.read(20)
        _ = try idle.read(20)
        server.stopAccepting()
        #expect(try idle.isClosed())
        try kept.send(channelData(8))
        #expect(try kept.read(12) == channelData(8))
    }

    @Test("a peer that closes its side is gone")
    func halfClosed() throws {
        let server = try Server(frames: true)
        let client = try Client(port: server.port)
        try client.send(stun(3))
        _ = try client.read(20)
        client.endInput()
        #expect(try client.isClosed())
        #expect(server.journal.waits(for: "closed"))
    }
}

@Suite("The first bytes of a stream")
struct StreamOpeningTests {
    private func opening(_ bytes: [UInt8]) -> StreamOpening? {
        unsafe bytes.withUnsafeBytes { unsafe StreamOpening($0) }
    }

    @Test("every beginning of STUN and of ICE over TCP waits for more, and is then known")
    func prefixes() {
        for count in 0..<8 { #expect(opening(Array(stun(1).prefix(count))) == nil) }
        for count in 8...20 { #expect(opening(Array(stun(1).prefix(count))) == .frames) }
        for count in 0..<10 { #expect(opening(Array(([0, 20] + stun(1)).prefix(count))) == nil) }
        for count in 10...22 { #expect(opening(Array(([0, 20] + stun(1)).prefix(count))) == .iceTCP) }
    }

    @Test("ten bytes always decide, and one decides for all but STUN")
    func decides() {
        for byte in UInt8.min...UInt8.max {
            #expect(opening([byte] + [UInt8](repeating: 0, count: 9)) != nil)
            #expect((opening([byte]) == nil) == (byte < 4))
        }
        for text in ["GET /", "OPTIONS *", "\r\nGET", "\nGET", "get", "M-SEARCH"] {
            #expect(opening(Array(text.utf8)) == .http)
        }
        for byte in [0x00, 0x04, 0x16, 0x20, 0x40, 0x80, 0xFF] as [UInt8] {
            #expect(opening([byte] + [UInt8](repeating: byte, count: 16)) == .garbage)
        }
    }
}
