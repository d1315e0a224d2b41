// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Dialects

/// The contract of Devameet: names, arguments, order and receivers of every event, and what is refused.
@Suite("Devameet") struct DevameetTests: DevameetTesting {
    var stage = Stage(Devameet())

    // MARK: Joining and leaving

    @Test("a join asks whether there is such a meeting and such a user, with the address it comes from")
    mutating func asks() {
        stage.connect(1, auth: ["token": "t"], address: "192.0.2.7")
        #expect(
            stage.send(1, "join", Self.ana) == [
                .asked(
                    QuestionID(1),
                    .admission(link: Self.link, user: "ana", address: "192.0.2.7", token: "t"))
            ])
    }

    @Test("a newcomer gets the list with everybody before the others hear of the newcomer")
    mutating func joins() {
        #expect(join(1, as: "ana") == [Self.list(to: [1], Self.place(1, "ana", 1))])
        #expect(
            join(2, as: "ben") == [
                Self.list(to: [1, 2], Self.place(1, "ana", 1), Self.place(2, "ben", 2)),
                .event([1], "\(Self.link)-add-user", [["user": "s2", "clientId": "s2"]]),
            ])
    }

    @Test("joining again brings the list to all and announces nobody")
    mutating func joinsAgain() {
        join(1, as: "ana")
        join(2, as: "ben")
        #expect(
            stage.send(1, "join", Self.ana) == [
                Self.list(to: [1, 2], Self.place(1, "ana", 1), Self.place(2, "ben", 2))
            ])
    }

    @Test("closing the page is leaving: the others hear of it, and get no list")
    mutating func leaves() {
        join(1, as: "ana")
        join(2, as: "ben")
        #expect(
            stage.disconnect(1) == [
                .event(
                    [2], "\(Self.link)-remove-user",
                    [["socketId": "s1", "socket": "s1", "clientId": "s1"]])
            ])
        #expect(stage.disconnect(2) == [])
    }

    @Test("two pages of one person have two places, and one of them leaving leaves the other")
    mutating func twoPages() {
        join(1, as: "ana")
        join(2, as: "ben")
        let told = join(3, as: "ana")
        #expect(
            told.first
                == Self.list(
                    to: [1, 2, 3], Self.place(1, "ana", 1), Self.place(2, "ben", 2), Self.place(3, "ana", 3)))
        stage.disconnect(3)
        #expect(
            stage.send(
                2, "move", ["userId": "ben", "link": "abc-defg-hij", "x": 2, "y": 2, "orientation": "left"])
                == [
                    Self.list(
                        to: [1, 2], Self.place(1, "ana", 1),
                        Self.place(2, "ben", 2, x: 2, y: 2, orientation: "left"))
                ])
    }

    @Test("what a page sends right after its join waits for the answer")
    mutating func waits() {
        stage.connect(1)
        let asked = stage.send(1, "join", Self.ana)
        #expect(
            stage.send(1, "toggl-mute-user", ["userId": "ana", "link": "abc-defg-hij", "muted": true]) == [])
        let muted = Self.place(1, "ana", 1, muted: true)
        #expect(
            admit(asked, as: "ana")
                == [Self.list(to: [1], Self.place(1, "ana", 1)), Self.list(to: [1], muted)])
    }

    @Test("an answer for somebody who has gone is for nobody")
    mutating func goneMeanwhile() {
        stage.connect(1)
        let asked = stage.send(1, "join", Self.ana)
        stage.disconnect(1)
        #expect(admit(asked, as: "ana") == [])
    }

    // MARK: Refusals

    @Test("who asked too often for what is not there is told so")
    mutating func tooFast() {
        stage.connect(1)
        guard case .asked(let question, _)? = stage.send(1, "join", Self.ana).first else {
            Issue.record("not asked")
            return
        }
        #expect(
            stage.give(.answered(question, .tooFast))
                == [Self.exception(to: 1, "Muitas tentativas. Tente novamente em alguns minutos.")])
    }

    @Test("an unknown link or user is refused in the words of the course, and leaves no trace")
    mutating func refuses() {
        join(1, as: "ana")
        stage.connect(2)
        for (answer, text) in [
            (DevameetAnswer.unknownLink, "Link informado não é válido"),
            (.unknownUser, "Usuário informado não é válido"),
        ] {
            guard case .asked(let question, _)? = stage.send(2, "join", Self.ana).first else {
                Issue.record("not asked")
                return
            }
            #expect(stage.give(.answered(question, answer)) == [Self.exception(to: 2, text)])
        }
        #expect(stage.send(2, "call-user", ["offer": offer, "to": "s1", "link": "abc-defg-hij"]) == [])
        #expect(stage.disconnect(2) == [])
    }

    @Test("the eleventh person is refused, at every try, and learns nothing")
    mutating func full() {
        for number in 1...10 { join(UInt64(number), as: "user\(number)") }
        for _ in 1...2 {
            #expect(
                join(11, as: "eve") == [
                    Self.exception(to: 11, "A quantidade máxima de usuários por sala é de 10 pessoas.")
                ])
        }
        #expect(stage.send(11, "call-user", ["offer": offer, "to": "s1"]) == [])
        stage.disconnect(4)
        #expect(join(12, as: "eve").count == 2)
    }

    @Test(
        "joins without a link or a user are refused",
        arguments: [
            [:], ["link": 7, "userId": "ana"], ["link": "", "userId": "ana"],
        ] as [JSONValue])
    mutating func refusesLink(_ message: JSONValue) {
        stage.connect(1)
        #expect(stage.send(1, "join", message) == [Self.exception(to: 1, "Link informado não é válido")])
    }

    @Test("a socket is one user: a second join as another is refused")
    mutating func bindsUser() {
        join(1, as: "ana")
        #expect(
            stage.send(1, "join", ["link": "xyz-defg-hij", "userId": "ben"])
                == [Self.exception(to: 1, "Usuário informado não é válido")])
    }

    // MARK: Moving and muting

    @Test("a move is told to everybody, the mover too, even when nothing changed")
    mutating func moves() {
        join(1, as: "ana")
        join(2, as: "ben")
        let message: JSONValue = [
            "userId": "ana", "link": "abc-defg-hij", "x": 7, "y": 8, "orientation": "back",
        ]
        for _ in 1...2 {
            #expect(
                stage.send(1, "move", message) == [
                    Self.list(
                        to: [1, 2], Self.place(1, "ana", 1, x: 7, y: 8, orientation: "back"),
                        Self.place(2, "ben", 2))
                ])
        }
    }

    @Test(
        "a move beyond the board is refused",
        arguments: [(-1, 0), (0, 9), (8.5, 1)] as [(JSONValue, JSONValue)])
    mutating func refusesMove(_ x: JSONValue, _ y: JSONValue) {
        join(1, as: "ana")
        #expect(
            stage.send(
                1, "move", ["userId": "ana", "link": "abc-defg-hij", "x": x, "y": y, "orientation": "left"])
                == [Self.exception(to: 1, "Eixo x e y deve ser entre 0 e 8")])
    }

    @Test("muting is told to everybody, and is of the person, in all their pages")
    mutating func mutes() {
        join(1, as: "ana")
        join(2, as: "ana")
        #expect(
            stage.send(2, "toggl-mute-user", ["userId": "ana", "link": "abc-defg-hij", "muted": true]) == [
                Self.list(
                    to: [1, 2], Self.place(1, "ana", 1, muted: true), Self.place(2, "ana", 2, muted: true))
            ])
        #expect(
            stage.send(2, "toggl-mute-user", ["userId": "ana", "link": "abc-defg-hij", "muted": "yes"])
                == [Self.exception(to: 2, "Valor para mudo não é válido")])
    }

    @Test("nobody moves or mutes another, or acts where they are not")
    mutating func ignoresImpostors() {
        join(1, as: "ana")
        join(2, as: "ben")
        join(3, as: "eve", link: "xyz-defg-hij")
        for sender in [2, 3] as [UInt64] {
            let move: JSONValue = [
                "userId": "ana", "link": "abc-defg-hij", "x": 2, "y": 2, "orientation": "left",
            ]
            #expect(stage.send(sender, "move", move) == [])
            let mute: JSONValue = ["userId": "ana", "link": "abc-defg-hij", "muted": true]
            #expect(stage.send(sender, "toggl-mute-user", mute) == [])
        }
        let own: JSONValue = ["userId": "eve", "link": "abc-defg-hij", "x": 2, "y": 2, "orientation": "left"]
        #expect(stage.send(3, "move", own) == [])
    }

    // MARK: Calls

    @Test("an offer and its answer reach the one they are for, with the sender's socket")
    mutating func calls() {
        join(1, as: "ana")
        join(2, as: "ben")
        join(3, as: "cy")
        #expect(
            stage.send(1, "call-user", ["offer": offer, "to": "s2", "link": "abc-defg-hij"])
                == [.event([2], "call-made", [["offer": offer, "socket": "s1"]])])
        #expect(
            stage.send(2, "make-answer", ["answer": answer, "to": "s1", "link": "abc-defg-hij"])
                == [.event([1], "answer-made", [["answer": answer, "socket": "s2"]])])
    }

    @Test("the test client of the course calls without a link")
    mutating func callsWithoutLink() {
        join(1, as: "ana")
        join(2, as: "ben")
        #expect(
            stage.send(1, "call-user", ["offer": offer, "to": "s2"])
                == [.event([2], "call-made", [["offer": offer, "socket": "s1"]])])
    }

    @Test("a fork's names for the same are understood and given back")
    mutating func forks() {
        join(1, as: "ana")
        join(2, as: "ben")
        #expect(
            stage.send(1, "call-user", ["offerDescription": offer, "clientId": "s2"]) == [
                .event(
                    [2], "call-made",
                    [["offer": offer, "socket": "s1", "offerDescription": offer, "clientId": "s1"]])
            ])
        for name in ["toggl-cam-user", "toggl-camera-user", "move-challenge"] {
            #expect(stage.send(1, name, ["userId": "ana", "link": "abc-defg-hij"]) == [])
        }
    }

    @Test("calls stay within the room, and are no way to oneself")
    mutating func keepsCallsInside() {
        join(1, as: "ana")
        join(2, as: "ben")
        join(3, as: "eve", link: "xyz-defg-hij")
        for message in [
            ["offer": offer, "to": "s1"], ["offer": offer, "to": "s1", "link": "abc-defg-hij"],
            ["offer": offer, "to": "s1", "link": "xyz-defg-hij"], ["offer": offer, "to": "s3"],
        ] as [JSONValue] {
            #expect(stage.send(3, "call-user", message) == [])
        }
    }

    @Test("hundreds of calls in quick succession are normal, and so are moves on every key")
    mutating func allowsPingPong() {
        join(1, as: "ana")
        join(2, as: "ben")
        for _ in 1...100 {
            #expect(stage.send(1, "call-user", ["offer": offer, "to": "s2"]).count == 1)
            #expect(stage.send(2, "make-answer", ["answer": answer, "to": "s1"]).count == 1)
            #expect(
                stage.send(1, "move", ["userId": "ana", "x": 1, "y": 1, "orientation": "front"]).count == 1)
        }
    }

    @Test("descriptions are bounded and have the shape of one")
    mutating func boundsDescriptions() {
        join(1, as: "ana")
        join(2, as: "ben")
        for value in [
            nil, .null, "v=0", ["type": "offer"], ["type": "offer", "sdp": 7], ["type": "bye", "sdp": ""],
            ["type": "offer", "sdp": .string(String(repeating: "a", count: 100_001))],
        ] as [JSONValue?] {
            var message: JSONObject = ["to": "s2"]
            message["offer"] = value
            #expect(stage.send(1, "call-user", .object(message)) == [])
        }
    }

    // MARK: Entries

    @Test(
        "every entry has a picture's name that pages can take apart",
        arguments: [
            ("avatar_07", "avatar_07"), ("avatar_07_front", "avatar_07_front"), ("", "avatar_01"),
            ("assets/images/avatars/avatar_07_front.png", "avatar_07_front"), ("robot", "avatar_01"),
            ("a_b\" onerror=\"x", "avatar_01"), ("../../x_y/..", "avatar_01"),
        ])
    mutating func avatars(_ stored: String, _ shown: String) {
        #expect(
            join(1, as: "ana", avatar: stored)
                == [Self.list(to: [1], Self.place(1, "ana", 1, avatar: shown))])
    }

    @Test("malformed events change nothing for others")
    mutating func survives() {
        join(1, as: "ana")
        join(2, as: "eve")
        for name in ["join", "move", "toggl-mute-user", "call-user", "make-answer", "other"] {
            for value in [.null, 7, "x", [], [[]], .object([:]), ["link": [], "to": 7, "x": "y"]]
                as [JSONValue]
            {
                for told in stage.send(2, name, value) {
                    guard case .event([2], "exception", _) = told else {
                        Issue.record("\(told)")
                        continue
                    }
                }
            }
            #expect(stage.send(2, name) == [])
        }
    }

    @Test("ids of meetings are their links in another writing")
    func ids() {
        #expect(DevameetID.link(of: DevameetID.of(link: Self.link)) == Self.link)
        for id in ["", "6162632d646566672d68696", "6162632D646566672D68696A", "ff62632d646566672d68696a"] {
            #expect(DevameetID.link(of: id) == nil)
        }
    }
}
