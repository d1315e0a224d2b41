// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Dialects

@Suite("noom-video")
struct NoomVideoTests {
    var stage = Stage(NoomVideo())

    init() { for number in 1...4 as ClosedRange<UInt64> { stage.connect(number) } }

    private mutating func call() {
        stage.send(1, "join_room", "tea")
        stage.send(2, "join_room", "tea")
    }

    @Test("who is in the room is told of the next without an argument, who comes is told nothing")
    mutating func welcomes() {
        #expect(stage.send(1, "join_room", "tea") == [])
        #expect(stage.send(2, "join_room", "tea") == [.event([1], "welcome", [])])
    }

    @Test("a page of the earlier lessons gets its answer before the other is told")
    mutating func acknowledgesJoin() {
        call()
        stage.disconnect(2)
        #expect(stage.ask(3, "join_room", "tea") == [.answered(3, []), .event([1], "welcome", [])])
    }

    @Test(
        "descriptions and candidates go to the other one as they came, without the room",
        arguments: [
            ("offer", offer), ("answer", answer), ("ice", candidate), ("ice", .null),
            ("icecandidate", candidate), ("icecandidate", .null),
        ] as [(String, JSONValue)])
    mutating func relays(name: String, value: JSONValue) {
        call()
        #expect(stage.send(1, name, value, "tea") == [.event([2], name, [value])])
        #expect(stage.send(2, name, value, "tea") == [.event([1], name, [value])])
    }

    @Test("a description without a room goes to the client's only room")
    mutating func guessesTheRoom() {
        call()
        #expect(stage.send(1, "offer", offer) == [.event([2], "offer", [offer])])
        #expect(stage.send(1, "offer", offer, nil) == [.event([2], "offer", [offer])])
        stage.send(1, "join_room", "milk")
        #expect(stage.send(1, "offer", offer) == [], "two rooms: it is not clear which")
    }

    @Test("renegotiation is no abuse: many offers in a row all arrive")
    mutating func allowsManyOffers() {
        call()
        for _ in 0..<100 { #expect(stage.send(1, "offer", offer, "tea").count == 1) }
    }

    @Test("a third person is kept out, and the call of the two goes on")
    mutating func keepsThirdOut() {
        call()
        #expect(stage.ask(3, "join_room", "tea") == [.event([3], "room_full", ["tea"])])
        #expect(stage.send(3, "offer", offer, "tea") == [])
        #expect(stage.send(1, "ice", candidate, "tea") == [.event([2], "ice", [candidate])])
    }

    @Test("joining twice is answered and welcomes nobody twice")
    mutating func joinsOnce() {
        call()
        #expect(stage.ask(2, "join_room", "tea") == [.answered(2, [])])
    }

    @Test("nobody sends into a room that they are not in")
    mutating func staysInside() {
        call()
        #expect(stage.send(3, "offer", offer, "tea") == [])
        stage.send(3, "join_room", "milk")
        #expect(stage.send(3, "offer", offer, "tea") == [], "not even from another room")
    }

    @Test("a room may be named like somebody's socket without leading there")
    mutating func keepsNamesApart() {
        call()
        #expect(stage.send(3, "join_room", "s1") == [])
        #expect(stage.send(3, "offer", offer, "s1") == [])
    }

    @Test("who has left makes room and is sent nothing more")
    mutating func frees() {
        call()
        #expect(stage.disconnect(2) == [.event([1], "peer_left", ["tea"])])
        #expect(stage.send(1, "ice", candidate, "tea") == [])
        #expect(stage.send(3, "join_room", "tea") == [.event([1], "welcome", [])])
    }

    @Test(
        "what is no description or candidate is dropped, and the sender stays",
        arguments: [
            ("offer", .null), ("offer", "v=0"), ("offer", ["type": "offer"]), ("offer", ["sdp": "v=0"]),
            ("offer", ["type": "html", "sdp": "v=0"]), ("answer", 7), ("ice", "candidate:1"), ("ice", [1]),
            ("ice", ["sdpMid": "0"]),
            ("offer", ["type": "offer", "sdp": .string(String(repeating: "a", count: 100_001))]),
            ("ice", ["candidate": .string(String(repeating: "a", count: 5000))]),
        ] as [(String, JSONValue)])
    mutating func dropsMalformed(name: String, value: JSONValue) {
        call()
        #expect(stage.send(1, name, value, "tea") == [])
        #expect(stage.send(1, "offer", offer, "tea").count == 1)
    }

    @Test("events without arguments, with odd room names or without a meaning change nothing")
    mutating func toleratesNonsense() {
        for name in ["join_room", "offer", "answer", "ice", "unheard_of"] {
            #expect(stage.send(1, name) == [])
            #expect(stage.send(1, name, 7, ["a": 1]) == [])
        }
        #expect(stage.send(1, "join_room", "") == [])
        #expect(stage.send(1, "join_room", .string(String(repeating: "x", count: 129))) == [])
    }

    @Test("a flood is dropped and ends by itself")
    mutating func limitsRate() {
        call()
        let arrived = (0..<1000).filter { _ in !stage.send(1, "ice", candidate, "tea").isEmpty }.count
        #expect(arrived < 400)
        #expect(stage.send(2, "ice", candidate, "tea").count == 1, "the other one is not held back")
        stage.wait(.seconds(10))
        #expect(stage.send(1, "ice", candidate, "tea").count == 1)
    }
}
