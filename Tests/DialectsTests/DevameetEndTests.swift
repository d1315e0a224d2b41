// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Dialects

/// What becomes of a room of Devameet when the meeting that it is one with is over.
@Suite("Devameet meetings that end") struct DevameetEndTests: DevameetTesting {
    var stage = Stage(Devameet())

    @Test("a meeting that ends leaves everybody alone: each page hears that the others have gone")
    mutating func ends() {
        join(1, as: "ana")
        join(2, as: "ben")
        join(3, as: "eve", link: "xyz-defg-hij")
        func gone(_ number: Int, to clients: [UInt64]) -> Heard {
            let name = JSONValue.string("s\(number)")
            return .event(
                clients, "\(Self.link)-remove-user", [["socketId": name, "socket": name, "clientId": name]])
        }
        #expect(
            stage.give(.roomEnded(Self.link)) == [
                gone(1, to: [2]), gone(2, to: [1]), Self.list(to: [1], Self.place(1, "ana", 1)),
                Self.list(to: [2], Self.place(2, "ben", 2)),
            ])
        #expect(stage.send(1, "call-user", ["offer": offer, "to": "s2", "link": "abc-defg-hij"]) == [])
        #expect(stage.send(1, "call-user", ["offer": offer, "to": "s2"]) == [])
        #expect(
            stage.send(
                2, "move", ["userId": "ben", "link": "abc-defg-hij", "x": 2, "y": 2, "orientation": "left"])
                == [])
        #expect(stage.disconnect(2) == [])
        #expect(stage.give(.roomEnded(Self.link)) == [])
        guard case .asked(let question, _)? = stage.send(1, "join", Self.ana).first else {
            Issue.record("not asked")
            return
        }
        #expect(
            stage.give(.answered(question, .unknownLink))
                == [Self.exception(to: 1, "Link informado não é válido")])
    }

    @Test("an answer from before the meeting's end admits nobody")
    mutating func endsMeanwhile() {
        stage.connect(1)
        let asked = stage.send(1, "join", Self.ana)
        #expect(stage.give(.roomEnded(Self.link)) == [])
        #expect(admit(asked, as: "ana") == [Self.exception(to: 1, "Link informado não é válido")])
    }
}
