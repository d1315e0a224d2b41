// SPDX-License-Identifier: Apache-2.0
import EngineKit
import JSON
import Testing

@testable import Dialects

@Suite("telelegal")
struct TeleLegalTests {
    typealias Output = Told<TeleLegal.Question>

    var stage = Stage(TeleLegal())
    /// By client.
    private var questions: [UInt64: QuestionID] = [:]

    private static func appointment(_ uuid: String, of professional: String = "p") -> TeleLegal.Appointment {
        TeleLegal.Appointment(
            uuid: uuid, professional: professional, professionalsFullName: "Peter Chan, J.D.",
            clientName: "Client \(uuid)", date: 1_800_000_000_000)
    }

    private static func row(_ uuid: String, waiting: Bool = false) -> JSONValue {
        var row = appointment(uuid).claims
        if waiting { row["waiting"] = true }
        return .object(row)
    }

    private static func record(
        _ uuid: String, _ answer: JSONValue = .null, candidates: [JSONValue] = []
    ) -> JSONValue {
        var record = appointment(uuid).claims
        record["offer"] = offer
        record["offererIceCandidates"] = .array(candidates)
        record["answer"] = answer
        record["answerIceCandidates"] = []
        return .object(record)
    }

    /// Connects a page and remembers its question.
    @discardableResult
    private mutating func come(_ number: UInt64) -> [Output] {
        let outputs = stage.connect(number, auth: ["jwt": .string("token \(number)")])
        for case .asked(let id, .enter) in outputs { questions[number] = id }
        return outputs
    }

    @discardableResult
    private mutating func find(_ number: UInt64, _ answer: TeleLegal.Answer) -> [Output] {
        questions[number].map { stage.give(.answered($0, answer)) } ?? []
    }

    /// A page of the client of an appointment that is open.
    @discardableResult
    private mutating func client(
        _ number: UInt64, _ uuid: String, of professional: String = "p",
        _ standing: TeleLegal.Standing = .open
    ) -> [Output] {
        come(number)
        return find(number, .client(Self.appointment(uuid, of: professional), standing))
    }

    @discardableResult
    private mutating func professional(
        _ number: UInt64, _ id: String = "p", _ uuids: [String] = ["1", "2"]
    ) -> [Output] {
        come(number)
        find(number, .professional(id))
        return find(number, .appointments(uuids.map { Self.appointment($0, of: id) }))
    }

    private func offering(_ info: JSONValue = [:]) -> JSONValue { ["offer": offer, "apptInfo": info] }

    private func ice(_ uuid: JSONValue, _ who: JSONValue = "client") -> JSONValue {
        ["who": who, "iceC": candidate, "uuid": uuid]
    }

    // MARK: Coming

    @Test("the token is looked at before anything else; without one, or with a bad one, the connection ends")
    mutating func tokens() {
        #expect(stage.connect(1) == [.closed(1)])
        #expect(stage.connect(2, auth: ["jwt": 5]) == [.closed(2)])
        #expect(come(3) == [.asked(QuestionID(1), .enter(ClientID(3), token: "token 3"))])
        #expect(find(3, .stranger) == [.closed(3)])
    }

    @Test("a professional is told of the appointments, then of every offer that waits")
    mutating func professionalComes() {
        client(1, "1")
        stage.send(1, "newOffer", offering())
        #expect(
            professional(9) == [
                .event([9], "apptData", [[Self.row("1", waiting: true), Self.row("2")]]),
                .event([9], "newOfferWaiting", [Self.record("1")]),
            ])
    }

    @Test("a client hears of an answer only where there was an offer, and null where there is none yet")
    mutating func clientComes() {
        #expect(client(1, "1") == [])
        stage.send(1, "newOffer", offering())
        #expect(client(2, "1") == [.event([2], "answerToClient", [.null])])
        professional(9)
        stage.send(9, "newAnswer", ["answer": answer, "uuid": "1"])
        #expect(client(3, "1") == [.event([3], "answerToClient", [answer])])
    }

    @Test("what a page says before its token was looked at is done afterwards")
    mutating func holds() {
        professional(9)
        come(1)
        #expect(stage.send(1, "newOffer", offering()) == [])
        #expect(
            find(1, .client(Self.appointment("1"), .open)).contains(
                .event([9], "newOfferWaiting", [Self.record("1")])))
    }

    // MARK: Calls

    @Test("an offer checks in, and shows to the professional before the list does")
    mutating func offers() {
        professional(9)
        client(1, "1")
        #expect(
            stage.send(1, "newOffer", offering(["uuid": "1"])) == [
                .asked(QuestionID(3), .checkIn(ClientID(1))),
                .event([9], "newOfferWaiting", [Self.record("1")]),
                .event([9], "apptData", [[Self.row("1", waiting: true), Self.row("2")]]),
            ])
    }

    @Test("the answer goes to all pages of the client, by a number or a text, and is kept")
    mutating func answers() {
        professional(9)
        client(1, "1")
        client(2, "1")
        client(3, "2")
        stage.send(1, "newOffer", offering())
        stage.send(3, "newOffer", offering())
        let outputs = stage.send(9, "newAnswer", ["answer": answer, "uuid": "1"])
        #expect(outputs.first == .event([1, 2], "answerToClient", [answer]))
        #expect(outputs.count == 2)
        guard case .asked(_, .admit(let by, "1"))? = outputs.last else {
            Issue.record("not admitted")
            return
        }
        #expect(by == ClientID(9))
        #expect(stage.send(9, "newAnswer", ["answer": answer, "uuid": 1]) == [], "twice would be an error")
        #expect(
            stage.send(9, "newAnswer", ["answer": answer, "uuid": 2]).first
                == .event([3], "answerToClient", [answer]))
    }

    @Test("candidates are stored, asked for by position, and passed on once answered")
    mutating func candidates() {
        professional(9)
        client(1, "1")
        // The page has not read its uuid yet.
        #expect(stage.send(1, "iceToServer", ice(.null)) == [])
        stage.send(1, "newOffer", offering())
        stage.send(1, "iceToServer", ice("1"))
        #expect(stage.ask(9, "getIce", "1", "professional") == [.answered(9, [[candidate, candidate]])])
        stage.send(9, "newAnswer", ["answer": answer, "uuid": "1"])
        #expect(stage.send(1, "iceToServer", ice("1")) == [.event([9], "iceToClient", [candidate])])
        #expect(
            stage.send(9, "iceToServer", ice("1", "professional")) == [
                .event([1], "iceToClient", [candidate])
            ])
        #expect(stage.ask(1, "getIce", "1", "client") == [.answered(1, [[candidate]])])
        #expect(
            stage.send(9, "iceToServer", ice(.null, "professional")) == [
                .event([1], "iceToClient", [candidate])
            ])
    }

    @Test("every question for candidates is answered, with none where there are none")
    mutating func alwaysAnswers() {
        professional(9)
        client(1, "1")
        for arguments in [["7", "client"], ["1", "nobody"], [.null, .null]] as [[JSONValue]] {
            #expect(stage.ask(9, "getIce", arguments[0], arguments[1]) == [.answered(9, [[]])])
            #expect(stage.ask(1, "getIce", arguments[0], arguments[1]) == [.answered(1, [[]])])
        }
        #expect(stage.ask(9, "getIce") == [.answered(9, [[]])])
    }

    @Test("several pages of a professional all hear, as listeners may sit on the older one")
    mutating func severalPages() {
        professional(8)
        professional(9)
        client(1, "1")
        #expect(
            stage.send(1, "newOffer", offering()).contains(
                .event([8, 9], "newOfferWaiting", [Self.record("1")])))
    }

    @Test("a page that is loaded again begins anew")
    mutating func reloads() {
        professional(9)
        client(1, "1")
        stage.send(1, "newOffer", offering())
        stage.send(1, "iceToServer", ice("1"))
        stage.send(9, "newAnswer", ["answer": answer, "uuid": "1"])
        stage.disconnect(1)
        #expect(
            client(2, "1") == [.event([2], "answerToClient", [answer])], "for pages that only lost a socket")
        stage.send(2, "newOffer", offering())
        #expect(stage.ask(9, "getIce", "1", "professional") == [.answered(9, [[]])])
        #expect(client(3, "1") == [.event([3], "answerToClient", [.null])])
    }

    // MARK: The appointment itself

    @Test("a new list goes to the professional, and the same one does not")
    mutating func lists() {
        professional(9)
        #expect(find(9, .appointments(["1", "2"].map { Self.appointment($0) })) == [])
        #expect(
            find(9, .appointments([Self.appointment("2")])) == [.event([9], "apptData", [[Self.row("2")]])])
    }

    @Test("an offer that comes too early waits for the waiting room to open")
    mutating func early() {
        professional(9)
        client(1, "1", .early)
        #expect(stage.send(1, "newOffer", offering()) == [])
        #expect(stage.send(9, "newAnswer", ["answer": answer, "uuid": "1"]) == [])
        #expect(
            find(1, .client(Self.appointment("1"), .open)) == [
                .asked(QuestionID(3), .checkIn(ClientID(1))),
                .event([9], "newOfferWaiting", [Self.record("1")]),
                .event([9], "apptData", [[Self.row("1", waiting: true), Self.row("2")]]),
            ])
        #expect(find(1, .client(Self.appointment("1"), .open)) == [], "once")
    }

    @Test("when an appointment is over or cancelled, its client is sent away and nobody waits")
    mutating func over() {
        professional(9)
        client(1, "1")
        stage.send(1, "newOffer", offering())
        #expect(
            find(1, .client(Self.appointment("1"), .over)) == [
                .event([9], "apptData", [[Self.row("1"), Self.row("2")]]), .closed(1),
            ])
        #expect(client(2, "2", .over) == [.closed(2)])
    }

    @Test("an offer outlives its page for ten minutes, and no longer")
    mutating func forgets() {
        professional(9)
        client(1, "1")
        stage.send(1, "newOffer", offering())
        #expect(stage.dialect.deadline == nil)
        guard case .asked(_, .leave)? = stage.disconnect(1).first else {
            Issue.record("the waiting room was not told")
            return
        }
        #expect(stage.dialect.deadline == stage.now.advanced(by: .seconds(600)))
        stage.wait(.seconds(599))
        #expect(stage.give(.tick) == [])
        stage.wait(.seconds(1))
        #expect(stage.give(.tick) == [.event([9], "apptData", [[Self.row("1"), Self.row("2")]])])
        #expect(stage.dialect.deadline == nil)
    }

    // MARK: Hostile pages

    @Test("a client is who the token says, whatever apptInfo and uuid say")
    mutating func lies() {
        professional(8, "q", ["7"])
        professional(9)
        client(1, "1")
        let lie: JSONValue = [
            "uuid": "7", "professionalsFullName": "Other", "clientName": "Somebody", "proId": "q",
        ]
        #expect(
            stage.send(1, "newOffer", offering(lie)) == [
                .asked(QuestionID(4), .checkIn(ClientID(1))),
                .event([9], "newOfferWaiting", [Self.record("1")]),
                .event([9], "apptData", [[Self.row("1", waiting: true), Self.row("2")]]),
            ])
        #expect(stage.send(1, "iceToServer", ice("7", "professional")) == [])
        #expect(stage.ask(1, "getIce", "7", "professional") == [.answered(1, [[candidate]])], "its own")
    }

    @Test("clients answer nobody, and professionals only their own clients")
    mutating func strangers() {
        professional(8, "q", [])
        professional(9)
        client(1, "1")
        client(2, "2")
        stage.send(1, "newOffer", offering())
        stage.send(1, "iceToServer", ice("1"))
        for hostile in [2, 8] as [UInt64] {
            #expect(stage.send(hostile, "newAnswer", ["answer": answer, "uuid": "1"]) == [])
            #expect(stage.ask(hostile, "getIce", "1", "professional") == [.answered(hostile, [[]])])
            #expect(stage.send(hostile, "iceToServer", ice("1", "professional")) == [])
        }
        #expect(stage.ask(9, "getIce", "1", "client") == [.answered(9, [[]])], "nothing was added")
    }

    @Test("candidates of a client who still waits do not reach a page that speaks with another")
    mutating func mixing() {
        professional(9)
        for (number, uuid) in [(1, "1"), (2, "2")] as [(UInt64, String)] {
            client(number, uuid)
            stage.send(number, "newOffer", offering())
        }
        stage.send(9, "newAnswer", ["answer": answer, "uuid": "1"])
        #expect(stage.send(2, "iceToServer", ice("2")) == [])
        #expect(stage.ask(9, "getIce", "2", "professional") == [.answered(9, [[candidate]])])
    }

    @Test(
        "what is no offer, answer or candidate changes nothing",
        arguments: [.null, 5, [], [:], ["offer": 5, "answer": 5, "iceC": 5, "uuid": "1"]] as [JSONValue])
    mutating func malformed(_ value: JSONValue) {
        professional(9)
        client(1, "1")
        for name in ["newOffer", "newAnswer", "iceToServer", "no such event"] {
            #expect(stage.send(1, name, value) == [])
            #expect(stage.send(9, name, value) == [])
        }
        #expect(stage.send(1, "newOffer") == [])
    }

    @Test("what is kept has bounds")
    mutating func bounds() {
        professional(9)
        client(1, "1")
        stage.send(1, "newOffer", offering())
        for _ in 0..<250 {
            stage.send(1, "iceToServer", ice("1"))
            stage.wait(.milliseconds(20))
        }
        guard case .answered(_, let candidates)? = stage.ask(9, "getIce", "1", "professional").first else {
            Issue.record("no answer")
            return
        }
        #expect(candidates.first?.array?.count == 200)
        come(5)
        for _ in 0..<100 { stage.send(5, "iceToServer", ice("1")) }
        find(5, .client(Self.appointment("2"), .open))
        guard case .answered(_, let held)? = stage.ask(5, "getIce", "2", "professional").first else {
            Issue.record("no answer")
            return
        }
        #expect(held.first?.array?.count == 64)
    }
}
