// SPDX-License-Identifier: Apache-2.0

import ByteCoding
import Foundation
import SDP
import Testing

@Suite("Hostile session descriptions") struct HostileTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures/sdp")

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".sdp") }.sorted()
    }()

    @Test("What other stacks offer survives being read and written", arguments: names)
    func fixtures(name: String) throws {
        let bytes = [UInt8](try Data(contentsOf: Self.folder.appendingPathComponent(name)))
        let description = try SDPDescription(parsing: bytes)
        #expect(try SDPDescription(parsing: description.formatted) == description)
        #expect(description.media.count >= 1)
    }

    @Test("A description that is cut off anywhere is read or refused, never more")
    func truncated() throws {
        let name = try #require(Self.names.first { $0.hasPrefix("firefox-whip") })
        let bytes = [UInt8](try Data(contentsOf: Self.folder.appendingPathComponent(name)))
        for end in stride(from: 0, to: bytes.count, by: 3) {
            if let cut = try? SDPDescription(parsing: Array(bytes[..<end])) {
                #expect(try SDPDescription(parsing: cut.formatted) == cut)
            }
        }
    }

    @Test("A description that has one byte changed is read or refused, never more")
    func changed() throws {
        let name = try #require(Self.names.first { $0.hasPrefix("chromium-publish") })
        let bytes = [UInt8](try Data(contentsOf: Self.folder.appendingPathComponent(name)))
        for index in stride(from: 0, to: bytes.count, by: 61) {
            for byte in [0, 10, 13, 32, 58, 0x30, 0x7F, 0xFF] as [UInt8] {
                var copy = bytes
                copy[index] = byte
                _ = try? SDPDescription(parsing: copy)
            }
        }
    }

    static func with(_ lines: String) -> String {
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" + lines
    }

    @Test(
        "What is no description is refused",
        arguments: [
            "", "\r\n", "v=1\r\n", "v=0\r\n", "o=- 1 1 IN IP4 0.0.0.0\r\n", "v=0\r\no=-\r\ns=-\r\n",
            "v=0\r\no=- x 1 IN IP4 0.0.0.0\r\ns=-\r\n", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nt=0 0\r\n",
            with("m=video\r\n"), with("m=video 70000 x 96\r\n"), with("m=video 9 x\r\n"), with("a\r\n"),
            with("a=\r\n"), with("M=video 9 x 96\r\n"), with("v=0\r\n"), with("a=b\u{0}c\r\n"),
            with("a=b\rc\r\n"), with("hello\r\n"),
        ])
    func refuses(text: String) {
        #expect(throws: DecodeError.self) { try SDPDescription(parsing: text) }
    }

    @Test("Bytes that are not UTF-8 are refused")
    func encoding() {
        let bytes = Array(Self.with("a=tool:").utf8) + [0xC3, 0x28, 13, 10]
        #expect(throws: DecodeError(.invalid, "SDP characters", at: 0)) { try SDPDescription(parsing: bytes) }
    }

    @Test("What is too long, too much or too many is refused")
    func limits() {
        var limits = SDPLimits()
        limits.maxBytes = 1000
        limits.maxLineBytes = 80
        limits.maxMedia = 2
        limits.maxLines = 5
        func refuses(_ lines: String) -> Bool {
            (try? SDPDescription(parsing: Self.with(lines), limits: limits)) == nil
        }
        #expect(refuses(String(repeating: "a=x\n", count: 300)))
        #expect(refuses("a=x:" + String(repeating: "y", count: 90) + "\n"))
        #expect(refuses(String(repeating: "m=video 9 x 96\n", count: 3)))
        #expect(refuses("m=video 9 x 96\n" + String(repeating: "a=x\n", count: 6)))
        #expect(!refuses(String(repeating: "m=video 9 x 96\na=x\n", count: 2)))
    }

    @Test("Numbers of an origin that are longer than ours are forgiven")
    func largeOrigin() throws {
        let text = "v=0\no=x 99999999999999999999999 1 IN IP4 0.0.0.0\ns= \nt=0 0\n"
        #expect(try SDPDescription(parsing: text).origin.session == .max)
    }

    @Test("No text can begin a line of its own")
    func injection() throws {
        let description = SDPDescription(
            origin: .init(session: 1, version: 1), name: "x\r\na=ice-lite",
            attributes: [.other("tool", "a\nm=video 9 x 96"), .other("y", "1\r2")])
        let again = try SDPDescription(parsing: Array(description.formatted.utf8.filter { $0 != 0 }))
        #expect(again.media.isEmpty)
        #expect(!again.attributes.contains(.iceLite))
    }

    @Test("A fragment has attributes and sections, and nothing else")
    func fragments() throws {
        // RFC 8840 §9 with names and addresses of examples.
        let text = """
            a=ice-ufrag:8hhY
            a=ice-pwd:asd88fgpdd777uzjYhagZg
            m=audio 9 UDP/TLS/RTP/SAVPF 0
            a=mid:0
            a=candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host
            a=end-of-candidates

            """
        let fragment = try SDPFragment(parsing: Array(text.utf8))
        #expect(fragment.attributes == [.iceUfrag("8hhY"), .icePassword("asd88fgpdd777uzjYhagZg")])
        #expect(fragment.media.first?.attributes.count == 3)
        #expect(try SDPFragment(parsing: Array(fragment.formatted.utf8)) == fragment)
        #expect(throws: DecodeError.self) { try SDPFragment(parsing: Array("t=0 0\r\n".utf8)) }
    }
}
