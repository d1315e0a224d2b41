// SPDX-License-Identifier: Apache-2.0
import EngineKit
import STOMP
import Signalling
import TestKit
import Testing

@Suite("STOMP heart-beats")
struct STOMPHeartBeatTests {
    @Test("sends one a little before the client expects it, counted from the last frame")
    func sends() {
        var client = STOMPClient.connected(heartBeat: "0,2000")
        #expect(client.engine.deadline == 1500)
        #expect(client.tick(at: 1499) == [])
        #expect(client.tick(at: 1500) == [""])
        _ = client.tick(at: 2000)
        #expect(client.send("SEND\ndestination:/a\nreceipt:r\n\n^@").last == "RECEIPT|receipt-id:r^@")
        #expect(client.tick(at: 3000) == [], "the receipt was as good as a heart-beat")
        #expect(client.engine.deadline == 3500)
        #expect(client.tick(at: 3500) == [""])
    }

    @Test("never sends more often than the server offers")
    func minimum() {
        let client = STOMPClient.connected(heartBeat: "0,1")
        #expect(client.engine.deadline == 750)
    }

    @Test("calls a silent client dead after twice the time agreed on, and forgives whatever it hears")
    func silence() {
        var client = STOMPClient.connected(heartBeat: "500,0")
        #expect(client.engine.deadline == 2000)
        client.now = 1900
        #expect(client.send("\n") == [])
        #expect(client.tick(at: 3899) == [])
        client.now = 3899
        #expect(client.send("SE") == [], "half a frame is a sign of life")
        #expect(client.tick(at: 5898) == [])
        #expect(client.tick(at: 5899) == STOMPConnectionTests.failure("no heart-beat in time"))
        #expect(client.engine.deadline == nil)
    }

    @Test("agrees on none when either side cannot or does not want to")
    func none() {
        #expect(STOMPClient.connected(heartBeat: "0,0").engine.deadline == nil)
        let server = STOMPClient.connected(heartBeat: "10,10") { $0.heartBeat = .zero }
        #expect(server.engine.deadline == nil)
    }

    @Test("takes numbers beyond all bounds for a day")
    func huge() {
        let client = STOMPClient.connected(heartBeat: "99999999999999999999999,18446744073709551615")
        #expect(client.engine.deadline == .milliseconds(64_800_000))
    }

    @Test("a client that beats as agreed lives for ever, whatever the delays below the margin")
    func simulation() {
        var random = SeededRandomSource(seed: 3)
        var client = STOMPClient.connected(heartBeat: "1000,1000")
        var nextFromClient = 1000
        var lastFromServer = 0
        for millisecond in 0..<60_000 {
            client.now = .milliseconds(millisecond)
            var lines = client.tell(.tick)
            if millisecond == nextFromClient {
                lines += client.send("\n")
                // Every second, late by up to another second.
                nextFromClient += 1000 + Int(random.nextBytes(1)[0]) * 3
            }
            #expect(lines.allSatisfy { $0.isEmpty }, "only heart-beats")
            if !lines.isEmpty { lastFromServer = millisecond }
            #expect(millisecond - lastFromServer <= 1000)
        }
    }
}
