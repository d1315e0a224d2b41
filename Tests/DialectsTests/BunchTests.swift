// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Dialects

@Suite("bunch")
struct BunchTests {
    var stage = Stage(Bunch())

    init() {
        for (number, name) in [(1, "Rob-1"), (2, "Ana"), (3, "Bo")] as [(UInt64, JSONValue)] {
            stage.connect(number, auth: ["userName": name, "password": "x"])
        }
    }

    private func record(
        _ name: JSONValue = "Rob-1", answer: JSONValue = .null, by answerer: JSONValue = .null
    ) -> JSONValue {
        [
            "offererUserName": name, "offer": offer, "offerIceCandidates": [], "offererIceCandidates": [],
            "answererUserName": answerer, "answer": answer, "answererIceCandidates": [],
        ]
    }

    private func trickle(_ value: JSONValue = candidate, offered: Bool) -> JSONValue {
        ["iceCandidate": value, "iceUserName": "whoever", "didIOffer": .bool(offered)]
    }

    private func passed(to client: UInt64) -> [Told<Never>] {
        [
            .event([client], "receivedIceCandidateFromServer", [candidate]),
            .event([client], "receviedIceCandidateFromServer", [candidate]),
        ]
    }

    /// 1 offers, 2 answers.
    private mutating func call() {
        stage.send(1, "newOffer", offer)
        stage.ask(2, "newAnswer", record(answer: answer))
    }

    @Test(
        "whoever has another password, or no name, is sent away",
        arguments: [
            ["userName": "Rob", "password": "y"], ["userName": "Rob"], ["password": "x"], [:],
            ["userName": "<>", "password": "x"], ["userName": 7, "password": "x"],
        ] as [JSONObject])
    mutating func asksPassword(auth: JSONObject) {
        #expect(stage.connect(9, auth: auth) == [.closed(9)])
        #expect(stage.send(9, "newOffer", offer) == [])
    }

    @Test("the key of the name may be in lower case, as one listing has it")
    mutating func toleratesTypo() {
        #expect(stage.connect(9, auth: ["username": "Eve", "password": "x"]) == [])
    }

    @Test("an offer is announced to the others as a list of one, and to React pages as the whole board")
    mutating func announces() {
        #expect(
            stage.send(1, "newOffer", offer)
                == [
                    .event([2, 3], "newOfferAwaiting", [[record()]]),
                    .event([2, 3], "newOfferWaiting", [[record()]]),
                ])
    }

    @Test("a newcomer gets the open offers, and nothing when there are none")
    mutating func showsBoard() {
        #expect(stage.connect(8, auth: ["userName": "Cy", "password": "x"]) == [])
        stage.send(1, "newOffer", offer)
        #expect(
            stage.connect(9, auth: ["userName": "Di", "password": "x"])
                == [.event([9], "availableOffers", [[record()]])])
    }

    @Test("an answer is acknowledged with the offerer's candidates first; then the offerer gets the record")
    mutating func answers() {
        stage.send(1, "newOffer", offer)
        #expect(stage.send(1, "sendIceCandidateToSignalingServer", trickle(offered: true)) == [])
        let told = stage.ask(2, "newAnswer", record(answer: answer))
        #expect(told[0] == .answered(2, [[candidate]]))
        #expect(told[1] == .event([1], "answerResponse", [record(answer: answer, by: "Ana")]))
    }

    @Test("candidates go to the other side once there is an answer")
    mutating func trickles() {
        call()
        #expect(
            stage.send(1, "sendIceCandidateToSignalingServer", trickle(offered: true)) == passed(to: 2))
        #expect(
            stage.send(2, "sendIceCandidateToSignalingServer", trickle(offered: false)) == passed(to: 1))
    }

    @Test("candidates that come before their offer or answer are kept for it")
    mutating func keepsEarlyCandidates() {
        stage.send(1, "sendIceCandidateToSignalingServer", trickle(offered: true))
        stage.send(2, "sendIceCandidateToSignalingServer", trickle(offered: false))
        stage.send(1, "newOffer", offer)
        let told = stage.ask(2, "newAnswer", record(answer: answer))
        #expect(told.first == .answered(2, [[candidate]]))
        #expect(Array(told[2...3]) == passed(to: 1))
    }

    @Test("the same answer again is acknowledged, and not sent again")
    mutating func answersTwice() {
        stage.send(1, "newOffer", offer)
        #expect(stage.send(2, "newAnswer", record(answer: answer)).count == 2)
        #expect(stage.ask(2, "newAnswer", record(answer: answer)) == [.answered(2, [[]])])
    }

    @Test("an answer to what nobody offered is acknowledged with nothing")
    mutating func answersNothing() {
        #expect(stage.ask(2, "newAnswer", record("Nobody", answer: answer)) == [.answered(2, [[]])])
        #expect(stage.ask(2, "newAnswer") == [.answered(2, [[]])])
        #expect(stage.ask(2, "newAnswer", record(answer: .null)) == [.answered(2, [[]])])
    }

    @Test("nobody takes over a call, answers themselves or speaks for another")
    mutating func keepsStrangersOut() {
        call()
        #expect(stage.ask(3, "newAnswer", record(answer: answer)) == [.answered(3, [[]])])
        #expect(stage.ask(1, "newAnswer", record(answer: answer)) == [.answered(1, [[]])])
        let forged: JSONValue = ["iceCandidate": candidate, "iceUserName": "Rob-1", "didIOffer": true]
        #expect(stage.send(3, "sendIceCandidateToSignalingServer", forged) == [])
        let other: JSONValue = ["iceCandidate": candidate, "iceUserName": "Ana", "didIOffer": false]
        #expect(stage.send(3, "sendIceCandidateToSignalingServer", other) == [])
    }

    @Test("an answered offer is off the board, and goes with either of the two")
    mutating func forgets() {
        call()
        #expect(stage.connect(8, auth: ["userName": "Cy", "password": "x"]) == [])
        stage.send(3, "newOffer", offer)
        #expect(stage.disconnect(3) == [.event([1, 2, 8], "newOfferWaiting", [[]])])
        #expect(stage.disconnect(2).first == .event([1], "peerLeft", []))
        #expect(stage.send(1, "sendIceCandidateToSignalingServer", trickle(offered: true)) == [])
    }

    @Test("names with markup in them lose it, and a name that is taken gets a number")
    mutating func cleansNames() {
        stage.connect(8, auth: ["userName": "<img src=x onerror=alert(1)>Eve", "password": "x"])
        stage.connect(9, auth: ["userName": "Ana", "password": "x"])
        func name(_ told: [Told<Never>]) -> JSONValue? {
            guard case .event(_, _, let arguments)? = told.first else { return nil }
            return arguments[0].array?.first?["offererUserName"]
        }
        #expect(name(stage.send(8, "newOffer", offer)) == "img srcx onerroralert1Eve")
        #expect(name(stage.send(9, "newOffer", offer)) == "Ana 2")
    }

    @Test("a second call replaces the first of the same person")
    mutating func replacesOffer() {
        stage.send(1, "newOffer", offer)
        stage.send(1, "newOffer", offer)
        #expect(
            stage.connect(9, auth: ["userName": "Di", "password": "x"])
                == [.event([9], "availableOffers", [[record()]])])
    }

    @Test("test is answered with pong; nonsense with nothing")
    mutating func toleratesNonsense() {
        #expect(stage.ask(1, "test") == [.answered(1, ["pong"])])
        for name in ["newOffer", "sendIceCandidateToSignalingServer", "unheard_of"] {
            #expect(stage.send(1, name) == [])
            #expect(stage.send(1, name, 7, [1]) == [])
        }
    }

    @Test("stored candidates and offers are bounded")
    mutating func isBounded() {
        stage.send(1, "newOffer", offer)
        for _ in 0..<1000 {
            stage.wait(.milliseconds(100))
            stage.send(1, "sendIceCandidateToSignalingServer", trickle(offered: true))
        }
        guard case .answered(_, let arguments)? = stage.ask(2, "newAnswer", record(answer: answer)).first
        else {
            Issue.record("no acknowledgement")
            return
        }
        #expect(arguments[0].array?.count == 200)
        #expect((0..<100).filter { _ in !stage.send(3, "newOffer", offer).isEmpty }.count <= 20)
    }
}
