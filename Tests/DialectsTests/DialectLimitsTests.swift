// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Dialects

@Suite("Limits of dialects")
struct DialectLimitsTests {
    private let limits = DialectLimits()

    @Test("of a description only its type and its text are passed on")
    func rebuildsDescriptions() {
        let more: JSONValue = ["sdp": "v=0\r\n", "more": largeOffer(500_000), "type": "offer"]
        #expect(limits.description(more) == offer)
        #expect(limits.descriptionOrText(more) == offer)
        #expect(limits.description(["type": "offer"]) == nil)
        #expect(limits.description(["type": "bye", "sdp": ""]) == nil)
    }

    @Test("a description may have 64,000 bytes as it goes out, its escapes among them")
    func boundsDescriptions() {
        #expect(limits.description(largeOffer(63_900)) != nil)
        #expect(limits.description(largeOffer(64_001)) == nil)
        let escaped = JSONValue.string(String(repeating: "\u{1}", count: 20_000))
        #expect(limits.description(["type": "offer", "sdp": escaped]) == nil)
        #expect(limits.descriptionOrText(escaped) == nil)
        #expect(limits.descriptionOrText("v=0\r\n") == "v=0\r\n")
    }

    @Test(
        "names by which pages know themselves are as written or none",
        arguments: [
            ("Bob ", true), (" Zoë van Dam", true), ("👩🏽‍💻", true), ("", false), ("  ", false),
            ("\u{200D}", false), ("Bob\t", false), ("B\u{202E}ob", false), ("B\u{0}ob", false),
        ])
    func keepsNames(name: String, isOne: Bool) {
        #expect(limits.ownName(.string(name)) == (isOne ? name : nil))
    }

    @Test("a large broadcast counts more than once")
    mutating func weighsBroadcasts() {
        var stage = Stage(Bunch())
        stage.connect(1, auth: ["userName": "Ana", "password": "x"])
        stage.connect(2, auth: ["userName": "Ben", "password": "x"])
        let told = (0..<20).flatMap { _ in stage.send(1, "newOffer", largeOffer(60_000)) }
        #expect(told.filter { $0.argument(of: "newOfferAwaiting") != nil }.count == 4)
    }
}
