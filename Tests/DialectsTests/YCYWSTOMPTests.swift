// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Dialects

@Suite("ycyw-stomp")
struct YCYWSTOMPTests {
    private static let add = "/app/chat.addUser"
    private static let send = "/app/chat.sendMessage"
    private static let signal = "/app/webrtc.sdp"

    var stage = Stage(YCYWSTOMP())

    init() { for number in 1...4 as ClosedRange<UInt64> { stage.connect(number) } }

    private mutating func join(_ number: UInt64, _ name: JSONValue) -> [Told<Never>] {
        stage.send(number, Self.add, ["sender": name, "type": "JOIN", "message": ""])
    }
    private mutating func meet() {
        for (number, name) in [(1, "Ana"), (2, "Ben"), (3, "Cy")] as [(UInt64, JSONValue)] {
            _ = join(number, name)
        }
    }
    private static func told(_ name: JSONValue, _ type: JSONValue, _ users: JSONValue) -> [JSONValue] {
        [["sender": name, "type": type, "users": users]]
    }

    @Test("who comes is told to all, with everybody's names")
    mutating func joins() {
        #expect(
            join(1, "Ana") == [.event([1, 2, 3, 4], "/topic/public", Self.told("Ana", "JOIN", ["Ana"]))])
        #expect(
            join(2, "Ben")
                == [.event([1, 2, 3, 4], "/topic/public", Self.told("Ben", "JOIN", ["Ana", "Ben"]))])
    }

    @Test("a message reaches all, its sender too, with fields that siblings of the page have")
    mutating func says() {
        meet()
        for message in [
            ["message": "hi", "sender": "Ana", "type": "CHAT"],
            ["content": "hi", "sender": "Ana", "type": "CHAT", "other": 1],
        ] as [JSONValue] {
            #expect(stage.send(1, Self.send, message) == [.event([1, 2, 3, 4], "/topic/public", [message])])
        }
    }

    @Test("who had a name is said goodbye to, who had none is not")
    mutating func leaves() {
        meet()
        #expect(stage.disconnect(4) == [])
        #expect(
            stage.disconnect(1) == [
                .event([2, 3], "/topic/public", Self.told("Ana", "LEAVE", ["Ben", "Cy"]))
            ])
    }

    @Test("a description has its four fields and reaches those it is for, and its sender")
    mutating func signals() {
        meet()
        for (type, body) in [("offer", "v=0\r\n"), ("answer", answer), ("candidate", candidate)]
            as [(JSONValue, JSONValue)]
        {
            let message: JSONValue = [
                "type": type, "sdp": body, "fromUsername": "Ana", "toUsernames": ["Ben"],
            ]
            #expect(stage.send(1, Self.signal, message) == [.event([1, 2], "/signaling", [message])])
        }
        let all: JSONValue = ["type": "offer", "sdp": offer, "fromUsername": "Ana", "toUsernames": []]
        #expect(
            stage.send(1, Self.signal, all) == [.event([1, 2, 3], "/signaling", [all])],
            "to nobody in particular is to everybody with a name")
    }

    @Test("the first name counts, for chat and for descriptions, whatever a message says")
    mutating func bindsNames() {
        meet()
        #expect(
            stage.send(2, Self.send, ["message": "hi", "sender": "Ana", "type": "JOIN"])
                == [
                    .event(
                        [1, 2, 3, 4], "/topic/public", [["message": "hi", "sender": "Ben", "type": "CHAT"]])
                ])
        let forged: JSONValue = [
            "type": "offer", "sdp": "v=0", "fromUsername": "Ana", "toUsernames": ["Cy"],
        ]
        let honest: JSONValue = [
            "type": "offer", "sdp": "v=0", "fromUsername": "Ben", "toUsernames": ["Cy"],
        ]
        #expect(stage.send(2, Self.signal, forged) == [.event([2, 3], "/signaling", [honest])])
        #expect(join(4, "Ana") == [], "a name that is taken")
        #expect(stage.send(4, Self.send, ["message": "hi", "sender": "Ana"]) == [])
        #expect(
            stage.disconnect(1)
                == [
                    .event([2, 3, 4], "/topic/public", Self.told("Ana", "LEAVE", ["Ben", "Cy"])),
                    .event([2, 3, 4], "/topic/public", Self.told("Ana", "JOIN", ["Ben", "Cy", "Ana"])),
                ], "and comes back to who waits for it")
    }

    @Test("a name stays as its page writes it, and is found with and without spaces around it")
    mutating func keepsNamesAsWritten() {
        _ = join(1, "Ana")
        #expect(
            join(2, "Bob ")
                == [.event([1, 2, 3, 4], "/topic/public", Self.told("Bob ", "JOIN", ["Ana", "Bob "]))])
        #expect(join(3, "bob") == [])
        #expect(join(4, "A\u{202E}na") == [])
        let signal: JSONValue = [
            "type": "offer", "sdp": "v=0", "fromUsername": "Bob ", "toUsernames": ["Ana"],
        ]
        #expect(stage.send(2, Self.signal, signal) == [.event([1, 2], "/signaling", [signal])])
        let answer: JSONValue = [
            "type": "answer", "sdp": "v=0", "fromUsername": "Ana", "toUsernames": ["Bob"],
        ]
        #expect(stage.send(1, Self.signal, answer) == [.event([1, 2], "/signaling", [answer])])
    }

    @Test("of those whom a description is for only names are passed on")
    mutating func passesOnNamesAlone() {
        meet()
        let huge = JSONValue.string(String(repeating: "x", count: 10_000))
        func message(_ to: JSONValue) -> JSONValue {
            ["type": "offer", "sdp": offer, "fromUsername": "Ana", "toUsernames": to]
        }
        #expect(
            stage.send(1, Self.signal, message(["Ben", 7, ["x": huge], huge]))
                == [.event([1, 2], "/signaling", [message(["Ben"])])])
        #expect(
            stage.send(1, Self.signal, message([7])) == [.event([1], "/signaling", [message([])])],
            "nobody in particular is everybody, nobody at all is nobody")
    }

    @Test("calls to everybody pass with all their candidates, floods of them do not", arguments: [0, 9])
    mutating func boundsPublicSignals(names: Int) {
        meet()
        let to = JSONValue.array((0..<names).map { $0 == 0 ? "Ben" : .string("n\($0)") })
        func signal(_ type: JSONValue, _ body: JSONValue) -> JSONValue {
            ["type": type, "sdp": body, "fromUsername": "Ana", "toUsernames": to]
        }
        var passed = stage.send(1, Self.signal, signal("offer", largeOffer(10_000))).count
        for _ in 0..<30 { passed += stage.send(1, Self.signal, signal("candidate", candidate)).count }
        #expect(passed == 31)
        for _ in 0..<200 { passed += stage.send(1, Self.signal, signal("candidate", candidate)).count }
        #expect(passed < 110)
        #expect(stage.send(1, Self.send, ["message": "x"]).count == 1, "chat is something else")
        let ben: JSONValue = [
            "type": "candidate", "sdp": candidate, "fromUsername": "Ana", "toUsernames": ["Ben"],
        ]
        #expect(stage.send(1, Self.signal, ben).count == 1, "what is for few is not counted")
        stage.wait(.seconds(60))
        let large = (0..<20).map { _ in stage.send(1, Self.signal, signal("offer", largeOffer(60_000))).count
        }
        #expect(large.reduce(0, +) == 6, "large ones count more")
    }

    @Test("who only spoke under a name that is taken gets it later without being announced")
    mutating func waitsQuietly() {
        meet()
        #expect(stage.send(4, Self.send, ["message": "hi", "sender": "Ana"]) == [])
        #expect(stage.disconnect(1).count == 1)
        #expect(
            stage.send(4, Self.send, ["message": "hi", "sender": "Ana"])
                == [
                    .event(
                        [2, 3, 4], "/topic/public", [["message": "hi", "sender": "Ana", "type": "CHAT"]])
                ])
    }

    @Test("messages to destinations that are none go nowhere, to topics themselves too")
    mutating func dropsOthers() {
        meet()
        for destination in ["/webrtc.signal", "/topic/public", "/signaling", "/app/other", ""] {
            #expect(stage.send(1, destination, ["username": "Ana", "offer": offer, "type": "CHAT"]) == [])
        }
    }

    @Test("nonsense and floods are dropped")
    mutating func isBounded() {
        for destination in [Self.add, Self.send, Self.signal] {
            for value in [nil, 7, [], "text", ["sender": 7, "type": 7, "sdp": 7]] as [JSONValue] {
                #expect(stage.send(1, destination, value) == [])
            }
            #expect(stage.send(1, destination) == [])
        }
        meet()
        let huge = JSONValue.string(String(repeating: "x", count: 200_000))
        #expect(stage.send(1, Self.signal, ["type": "offer", "sdp": huge, "toUsernames": []]) == [])
        #expect(stage.send(1, Self.signal, ["type": "candidate", "sdp": huge, "toUsernames": []]) == [])
        #expect(stage.send(1, Self.signal, ["type": "bye", "sdp": "x", "toUsernames": []]) == [])
        let flood = (0..<1000).map { _ in stage.send(1, Self.send, ["message": "x"]).count }
        #expect(flood.reduce(0, +) < 30)
        #expect(stage.send(2, Self.send, ["message": "still here"]).count == 1)
    }
}
