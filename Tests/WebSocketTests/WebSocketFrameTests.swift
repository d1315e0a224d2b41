// SPDX-License-Identifier: Apache-2.0

import ByteCoding
import TestKit
import Testing
import WebSocket

@Suite("WebSocket frames")
struct WebSocketFrameTests {
    @Test("writes the examples of RFC 6455 section 5.7 and RFC 7692 section 7.2.3")
    func examples() {
        let hello = Array("Hello".utf8)
        var bytes: [UInt8] = []
        WebSocketFrame.encode(.text, payload: hello, into: &bytes)
        WebSocketFrame.encode(.text, payload: hello, mask: [0x37, 0xFA, 0x21, 0x3D], into: &bytes)
        WebSocketFrame.encode(.text, payload: hello[..<3], fin: false, into: &bytes)
        WebSocketFrame.encode(.continuation, payload: hello[3...], into: &bytes)
        WebSocketFrame.encode(.ping, payload: [], into: &bytes)
        WebSocketFrame.encode(.text, payload: [UInt8](hex: "F248CDC9C90700"), rsv1: true, into: &bytes)
        #expect(
            bytes
                == [UInt8](
                    hex: """
                        81 05 48656C6C6F
                        81 85 37FA213D 7F9F4D5158
                        01 03 48656C
                        80 02 6C6F
                        89 00
                        C1 07 F248CDC9C90700
                        """))
    }

    @Test(
        "uses the shortest length",
        arguments: [
            (125, "82 7D"), (126, "82 7E 007E"), (65_535, "82 7E FFFF"), (65_536, "82 7F 0000000000010000"),
        ])
    func lengths(_ count: Int, _ header: String) {
        var bytes: [UInt8] = []
        WebSocketFrame.encode(.binary, payload: repeatElement(1, count: count), into: &bytes)
        #expect(bytes.starts(with: [UInt8](hex: header)))
        #expect(bytes.count == [UInt8](hex: header).count + count)
    }

    @Test("masks come off whatever the length and however the payload is cut", arguments: 0..<40)
    func masks(_ count: Int) throws {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37) }
        var bytes: [UInt8] = []
        WebSocketFrame.encode(.binary, payload: payload, mask: [0xA1, 0x02, 0xF3, 0x44], into: &bytes)
        for cut in bytes.indices {
            var feed = Feed(.server)
            try feed.offer(Array(bytes[..<cut]))
            try feed.offer(Array(bytes[cut...]))
            #expect(feed.events == [.binary(payload, compressed: false)])
        }
    }

    @Test("reads many frames from one buffer")
    func manyFrames() throws {
        var bytes: [UInt8] = []
        for number in 0..<1000 {
            WebSocketFrame.encode(.text, payload: Array("\(number)".utf8), mask: [1, 2, 3, 4], into: &bytes)
        }
        var feed = Feed(.server)
        try feed.offer(bytes)
        #expect(feed.events.count == 1000)
        #expect(feed.events.last == .text(Array("999".utf8), compressed: false))
    }

    @Test("cuts close reasons between characters")
    func closePayload() throws {
        #expect(WebSocketFrame.closePayload(.normal) == [UInt8](hex: "03E8"))
        #expect(WebSocketFrame.closePayload(.goingAway, reason: "bye") == [UInt8](hex: "03E9 627965"))
        let long = WebSocketFrame.closePayload(.normal, reason: String(repeating: "é", count: 100))
        #expect(long.count == 124)
        #expect(Array(long.dropFirst(2)).isValidUTF8)
    }
}
