// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Dialects

@Suite("ycyw-netty")
struct YCYWNettyTests {
    var stage = Stage(YCYWNetty())

    init() { for number in 1...3 as ClosedRange<UInt64> { stage.connect(number) } }

    private mutating func join(_ number: UInt64, _ name: JSONValue) -> [Told<Never>] {
        stage.send(number, "chat.addUser", ["sender": name, "type": "JOIN", "message": ""])
    }

    @Test("who comes and who goes is told to all, with everybody's names")
    mutating func comesAndGoes() {
        #expect(
            join(1, "Ana")
                == [.event([1, 2, 3], "JOIN", [["sender": "Ana", "type": "JOIN", "users": ["Ana"]]])])
        _ = join(2, "Ben")
        #expect(stage.disconnect(3) == [])
        #expect(
            stage.disconnect(1)
                == [.event([2], "LEAVE", [["sender": "Ana", "type": "LEAVE", "users": ["Ben"]]])])
    }

    @Test("a message reaches all as the same object, but under its sender's own name")
    mutating func says() {
        _ = join(1, "Ana")
        _ = join(2, "Ben")
        let message: JSONValue = ["sender": "Ana", "type": "CHAT", "message": "hi"]
        #expect(stage.send(1, "chat.sendMessage", message) == [.event([1, 2, 3], "CHAT", [message])])
        #expect(
            stage.send(2, "chat.sendMessage", message)
                == [.event([1, 2, 3], "CHAT", [["sender": "Ben", "type": "CHAT", "message": "hi"]])])
        #expect(stage.send(3, "chat.sendMessage", message) == [], "a name that is taken")
        #expect(join(3, "ana") == [])
        let cy: JSONValue = ["sender": "Cy", "message": "hi"]
        #expect(stage.send(3, "chat.sendMessage", cy) == [.event([1, 2, 3], "CHAT", [cy])])
    }

    @Test("a name stays as its page writes it; one that would have to be changed is refused")
    mutating func keepsNamesAsWritten() {
        #expect(
            join(1, "Bob ")
                == [.event([1, 2, 3], "JOIN", [["sender": "Bob ", "type": "JOIN", "users": ["Bob "]]])])
        #expect(join(2, "BOB") == [])
        #expect(join(3, "A\u{202E}na") == [])
        #expect(join(3, .string(String(repeating: "x", count: 65))) == [])
    }

    @Test("the first makes a room, the second is told whom to call, a third that it is full")
    mutating func joinsRooms() {
        #expect(stage.send(1, "joinRoom", "tea") == [.event([1], "created", ["tea"])])
        #expect(
            stage.send(2, "joinRoom", "tea")
                == [.event([2], "joined", ["tea"]), .event([2], "setCaller", ["s1"])])
        #expect(stage.send(3, "joinRoom", "tea") == [.event([3], "full", ["tea"])])
        #expect(stage.send(2, "joinRoom", "tea") == [], "once is enough")
    }

    @Test("what is sent to a room reaches both, the sender too; descriptions without their envelope")
    mutating func relays() {
        stage.send(1, "joinRoom", "tea")
        stage.send(2, "joinRoom", "tea")
        let trickled: JSONValue = ["room": "tea", "label": 0, "id": "0", "candidate": "candidate:1"]
        let cases: [(String, JSONValue, JSONValue)] = [
            ("ready", "tea", "tea"), ("candidate", trickled, trickled),
            ("offer", ["room": "tea", "sdp": offer], offer),
            ("answer", ["room": "tea", "sdp": "v=0\r\n"], "v=0\r\n"),
        ]
        for (name, message, argument) in cases {
            #expect(stage.send(1, name, message) == [.event([1, 2], name, [argument])])
            #expect(stage.send(3, name, message) == [], "from outside nothing gets in")
        }
    }

    @Test("who leaves a room makes a place in it")
    mutating func leavesRooms() {
        stage.send(1, "joinRoom", "tea")
        stage.send(2, "joinRoom", "tea")
        #expect(stage.send(1, "leaveRoom", "tea") == [])
        #expect(stage.send(1, "offer", ["room": "tea", "sdp": offer]) == [])
        #expect(
            stage.send(3, "joinRoom", "tea")
                == [.event([3], "joined", ["tea"]), .event([3], "setCaller", ["s2"])])
        stage.disconnect(2)
        stage.disconnect(3)
        #expect(stage.send(1, "joinRoom", "tea") == [.event([1], "created", ["tea"])])
    }

    @Test("a room named like somebody's socket is a room like any other; nonsense and floods are dropped")
    mutating func isBounded() {
        stage.send(2, "joinRoom", "s1")
        #expect(stage.send(2, "offer", ["room": "s1", "sdp": offer]) == [.event([2], "offer", [offer])])
        for name in [
            "chat.addUser", "chat.sendMessage", "joinRoom", "leaveRoom", "ready", "offer", "answer",
            "candidate",
        ] {
            #expect(stage.send(3, name) == [])
            for value in [nil, 7, [], ["room": 7], ["sender": 7]] as [JSONValue] {
                #expect(stage.send(3, name, value) == [])
            }
        }
        let huge: JSONValue = ["room": "s1", "candidate": .string(String(repeating: "x", count: 5000))]
        #expect(stage.send(2, "candidate", huge) == [])
        let made = (0..<100).filter { stage.send(1, "joinRoom", .string("r\($0)")).first?.isCreated == true }
        #expect(made.count == 20)
        _ = join(2, "Ben")
        let flood = (0..<1000).map { _ in stage.send(2, "chat.sendMessage", ["message": "x"]).count }
        #expect(flood.reduce(0, +) < 30)
    }
}

extension Told {
    fileprivate var isCreated: Bool { if case .event(_, "created", _) = self { true } else { false } }
}
