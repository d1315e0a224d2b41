// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Dialects

/// What the board says when there is much on it, and what is left of calls that are over.
@Suite("bunch, its board and ended calls")
struct BunchBoardTests {
    var stage = Stage(Bunch())

    private mutating func come(_ numbers: ClosedRange<UInt64>) {
        for number in numbers {
            stage.connect(number, auth: ["userName": .string("n\(number)"), "password": "x"])
        }
    }

    private mutating func answer(_ number: UInt64, _ offerer: String) -> [Told<Never>] {
        stage.ask(
            number, "newAnswer", ["offererUserName": .string(offerer), "answer": DialectsTests.answer])
    }

    private mutating func trickle(_ number: UInt64, offered: Bool) -> [Told<Never>] {
        stage.send(
            number, "sendIceCandidateToSignalingServer",
            ["iceCandidate": candidate, "iceUserName": "x", "didIOffer": .bool(offered)])
    }

    private func names(_ list: JSONValue?) -> [String] {
        (list?.array ?? []).compactMap { $0["offererUserName"]?.string }
    }

    private func boards(_ told: [Told<Never>]) -> [JSONValue] {
        told.compactMap { $0.argument(of: "newOfferWaiting") }
    }

    @Test("a list carries the newest offers that fit, oldest first")
    mutating func boundsLists() {
        come(1...10)
        for number in 1...10 as ClosedRange<UInt64> {
            stage.wait(.seconds(60))
            let told = stage.send(number, "newOffer", largeOffer(60_000))
            #expect(boards(told).count == 1 && told.allSatisfy { $0.bytes <= 250_100 })
        }
        let told = stage.connect(11, auth: ["userName": "late", "password": "x"])
        #expect(told.count == 1 && told[0].bytes <= 250_100)
        #expect(names(told[0].argument(of: "availableOffers")) == ["n7", "n8", "n9", "n10"])
    }

    @Test("beyond what ordinary pages do the board is sent once for many changes, to all, as it is then")
    mutating func coalesces() {
        come(1...60)
        let told = (1...60 as ClosedRange<UInt64>).map { stage.send($0, "newOffer", offer) }
        #expect(told.allSatisfy { $0.first?.argument(of: "newOfferAwaiting") != nil }, "news come at once")
        #expect(told.prefix(20).allSatisfy { boards($0).count == 1 })
        #expect(told.dropFirst(20).allSatisfy { boards($0).isEmpty })
        let owed = stage.waitForDeadline()
        #expect(owed.count == 1 && names(boards(owed).first) == (1...60).map { "n\($0)" })
        guard case .event(let clients, _, _)? = owed.first else { return }
        #expect(clients == Array(1...60))
        #expect(stage.dialect.deadline == nil)
    }

    @Test("who alone has changed the board is not told of it later either")
    mutating func sparesItsMaker() {
        come(1...3)
        stage.wait(.seconds(60))
        for _ in 0..<20 { stage.send(1, "newOffer", offer) }
        #expect(boards(stage.send(2, "newOffer", offer)).isEmpty)
        guard case .event(let clients, _, _)? = stage.waitForDeadline().first else {
            Issue.record("nothing was owed")
            return
        }
        #expect(clients == [1, 3])
    }

    @Test("large boards are sent less often, so that nobody's connection is filled with them")
    mutating func weighsLists() {
        come(1...30)
        for number in 1...4 as ClosedRange<UInt64> {
            stage.wait(.seconds(60))
            stage.send(number, "newOffer", largeOffer(60_000))
        }
        stage.wait(.seconds(60))
        var bytes = 0
        for number in 5...30 as ClosedRange<UInt64> {
            for told in stage.send(number, "newOffer", offer)
            where told.argument(of: "newOfferWaiting") != nil {
                bytes += told.bytes
            }
        }
        #expect(bytes <= 250_100)
    }

    @Test("only a change of the open offers sends the board")
    mutating func tellsOfOpenOffersAlone() {
        come(1...3)
        stage.send(1, "newOffer", offer)
        #expect(boards(answer(2, "n1")).count == 1)
        let other: JSONValue = ["type": "answer", "sdp": "v=1\r\n"]
        let again = stage.ask(2, "newAnswer", ["offererUserName": "n1", "answer": other])
        #expect(again.count == 2 && boards(again).isEmpty)
        #expect(stage.disconnect(2) == [.event([1], "peerLeft", [])])
        #expect(stage.disconnect(1) == [])
    }

    @Test("candidates of a call that is over go to nobody in the next one")
    mutating func dropsOldCandidates() {
        come(1...3)
        stage.send(1, "newOffer", offer)
        _ = answer(2, "n1")
        stage.disconnect(1)
        #expect(trickle(2, offered: false) == [])
        stage.send(3, "newOffer", offer)
        #expect(answer(2, "n3").allSatisfy { $0.argument(of: "receivedIceCandidateFromServer") == nil })
        #expect(trickle(2, offered: false).count == 2)
    }

    @Test("nor do those of an answer that came too late, or of a first offer")
    mutating func dropsLateCandidates() {
        come(1...4)
        _ = trickle(2, offered: false)
        #expect(answer(2, "n1") == [.answered(2, [[]])], "n1 offers nothing")
        stage.send(1, "newOffer", offer)
        #expect(answer(2, "n1").allSatisfy { $0.argument(of: "receivedIceCandidateFromServer") == nil })
        stage.disconnect(2)
        _ = trickle(1, offered: true)
        stage.send(1, "newOffer", offer)
        #expect(answer(3, "n1").first == .answered(3, [[]]))
    }

    @Test("a new call of either of two ends theirs, and the other is told")
    mutating func endsCalls() {
        come(1...3)
        for caller in [1, 2] as [UInt64] {
            stage.send(1, "newOffer", offer)
            _ = answer(2, "n1")
            let told = stage.send(caller, "newOffer", offer)
            #expect(told.first == .event([3 - caller], "peerLeft", []))
            #expect(told.count == 3)
            #expect(trickle(3 - caller, offered: caller == 2) == [])
        }
        #expect(
            names(
                stage.connect(9, auth: ["userName": "z", "password": "x"])[0].argument(of: "availableOffers"))
                == ["n2"])
    }
}
