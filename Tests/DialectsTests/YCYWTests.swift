// SPDX-License-Identifier: Apache-2.0
import EngineKit
import JSON
import Testing

@testable import Dialects

@Suite("ycyw")
struct YCYWTests {
    var stage = Stage(YCYW())

    init() {
        for (number, name) in [(1, "Ana"), (2, "Ben"), (3, "Cy")] as [(UInt64, JSONValue)] {
            stage.connect(number, auth: ["userName": name])
        }
    }

    private static func said(_ name: JSONValue, _ type: JSONValue, _ users: JSONValue) -> JSONValue {
        ["sender": name, "type": type, "message": "", "users": users]
    }
    private static func hello(_ name: JSONValue) -> JSONValue {
        ["sender": name, "type": "JOIN", "message": ""]
    }
    private static func error(_ message: JSONValue) -> Told<Never> {
        .event([1], "room-error", [["message": message]])
    }

    /// Everybody says their name; 1 makes a room and 2 joins it.
    private mutating func meet() {
        for (number, name) in [(1, "Ana"), (2, "Ben"), (3, "Cy")] as [(UInt64, JSONValue)] {
            stage.send(number, "join", Self.hello(name))
        }
        stage.send(1, "create-room", "Ana")
        stage.send(2, "join-room", ["roomName": "Ana", "joinerName": "Ben"])
        stage.wait(.seconds(60))
    }

    // MARK: Names and chat

    @Test("every connection has all get the list of rooms, and a test is answered before anything else")
    mutating func connects() {
        #expect(
            stage.connect(4, auth: ["userName": "Di"]) == [.event([1, 2, 3, 4], "room-list", [[]])])
        #expect(stage.send(4, "test", "hello") == [.event([4], "test", ["test (server)"])])
    }

    @Test("joining is told to all, the one who joins too, with everybody's names in order")
    mutating func joins() {
        #expect(
            stage.send(1, "join", Self.hello("Ana"))
                == [.event([1, 2, 3], "join", [Self.said("Ana", "JOIN", ["Ana"])])])
        #expect(
            stage.send(2, "join", Self.hello("Ben"))
                == [.event([1, 2, 3], "join", [Self.said("Ben", "JOIN", ["Ana", "Ben"])])])
    }

    @Test("chat reaches all, its sender too, as the object that was sent")
    mutating func chats() {
        stage.send(1, "join", Self.hello("Ana"))
        let message: JSONValue = ["sender": "Ana", "message": "hi", "more": 1]
        #expect(stage.send(1, "chat", message) == [.event([1, 2, 3], "chat", [message])])
        #expect(
            stage.send(2, "chat", message)
                == [.event([1, 2, 3], "chat", [["sender": "Ben", "message": "hi", "more": 1]])],
            "before joining, too, under the name of the handshake while nobody has it")
    }

    @Test("leaving is told to all with the names that are left, once, also when the connection ends")
    mutating func leaves() {
        for (number, name) in [(1, "Ana"), (2, "Ben")] as [(UInt64, JSONValue)] {
            stage.send(number, "join", Self.hello(name))
        }
        #expect(
            stage.send(1, "leave", ["sender": "Ana", "type": "LEAVE", "message": ""])
                == [.event([1, 2, 3], "leave", [Self.said("Ana", "LEAVE", ["Ben"])])])
        #expect(stage.disconnect(1) == [.event([2, 3], "room-list", [[]])])
        #expect(
            stage.disconnect(2)
                == [
                    .event([3], "leave", [Self.said("Ben", "LEAVE", [])]), .event([3], "room-list", [[]]),
                ])
    }

    @Test("the name of the handshake counts, whatever an event says")
    mutating func bindsNames() {
        stage.send(1, "join", Self.hello("Ana"))
        #expect(
            stage.send(2, "join", Self.hello("Ana"))
                == [.event([1, 2, 3], "join", [Self.said("Ben", "JOIN", ["Ana", "Ben"])])])
        #expect(
            stage.send(2, "chat", ["sender": "Ana", "message": "hi"])
                == [.event([1, 2, 3], "chat", [["sender": "Ben", "message": "hi"]])])
        #expect(
            stage.send(2, "leave", ["sender": "Ana", "type": "LEAVE", "message": ""])
                == [.event([1, 2, 3], "leave", [Self.said("Ben", "LEAVE", ["Ana"])])])
    }

    @Test("a name is not stolen, and comes back to who waits for it when its connection is found dead")
    mutating func keepsNames() {
        stage.send(1, "join", Self.hello("Ana"))
        stage.connect(4, auth: ["userName": "ANA"])
        #expect(
            stage.send(4, "join", Self.hello("ANA"))
                == [.event([4], "room-error", [["message": "Username already taken"]])])
        #expect(stage.send(4, "chat", ["sender": "Ana", "message": "hi"]) == [])
        #expect(
            stage.disconnect(1)
                == [
                    .event([2, 3, 4], "leave", [Self.said("Ana", "LEAVE", [])]),
                    .event([2, 3, 4], "join", [Self.said("ANA", "JOIN", ["ANA"])]),
                    .event([2, 3, 4], "room-list", [[]]),
                ])
    }

    @Test("whether a name is free is answered to those who are no clients, and taken only by joining")
    mutating func checksNames() {
        #expect(stage.route(9, YCYW.checkUserName, "Ana") == [.answered(9, [])])
        stage.send(1, "join", Self.hello("Ana"))
        #expect(stage.route(9, YCYW.checkUserName, " aNA ") == [.answered(9, ["Username already taken"])])
        for wrong in ["", "  ", 7, nil, "\u{200D}", "A\u{202E}na", "A\nna"] as [JSONValue] {
            #expect(
                stage.route(9, YCYW.checkUserName, wrong)
                    == [.answered(9, ["Bad request, invalid body or username"])])
        }
    }

    @Test("only the route asks whether a name is free: sent as an event, it is dropped")
    mutating func keepsTheQuestionToTheRoute() {
        for number in [1, 9] as [UInt64] {
            #expect(stage.ask(number, YCYW.checkUserName, "Ana") == [])
        }
    }

    @Test("a name stays as its page writes it, and is the same name with spaces around it")
    mutating func keepsNamesAsWritten() {
        stage.connect(4, auth: ["userName": "Bob "])
        #expect(
            stage.send(4, "join", Self.hello("Bob "))
                == [.event([1, 2, 3, 4], "join", [Self.said("Bob ", "JOIN", ["Bob "])])])
        stage.connect(5, auth: ["userName": "bob"])
        #expect(
            stage.send(5, "join", Self.hello("bob"))
                == [.event([5], "room-error", [["message": "Username already taken"]])])
        stage.send(1, "join", Self.hello("Ana"))
        stage.send(1, "create-room", "Ana")
        #expect(
            stage.send(4, "join-room", ["roomName": "Ana", "joinerName": "Bob "]).first
                == .event([4], "room-joined", [["roomName": "Ana", "joinerName": "Bob "]]))
    }

    @Test("a name that would have to be changed is refused")
    mutating func refusesNames() {
        let refused: [Told<Never>] = [
            .event([4], "room-error", [["message": "Bad request, invalid body or username"]])
        ]
        for name in [
            "", " ", "A\u{202E}na", "A\u{0}na", .string(String(repeating: "x", count: 65)),
        ] as [JSONValue] {
            stage.connect(4, auth: ["userName": name])
            #expect(stage.send(4, "join", Self.hello(name)) == refused)
            stage.disconnect(4)
            stage.wait(.seconds(60))
        }
    }

    // MARK: Rooms

    @Test("a room is told to its maker, then the list to all")
    mutating func makesRooms() {
        stage.send(1, "join", Self.hello("Ana"))
        #expect(
            stage.send(1, "create-room", "Ana")
                == [
                    .event([1], "room-created", [["roomName": "Ana"]]),
                    .event([1, 2, 3], "room-list", [[["roomName": "Ana", "isFull": false]]]),
                ])
    }

    @Test("making a room is refused in the order of the course's checks")
    mutating func refusesRooms() {
        #expect(
            stage.send(1, "create-room", "") == [Self.error("Cannot create room because user does not exist")]
        )
        stage.send(1, "join", Self.hello("Ana"))
        #expect(
            stage.send(1, "create-room", "")
                == [Self.error("Cannot create room because the room name was not specified")])
        stage.send(1, "create-room", "Ana")
        for name in ["Ana", "other"] as [JSONValue] {
            #expect(
                stage.send(1, "create-room", name)
                    == [Self.error("Cannot create new room because it already exists")])
        }
    }

    @Test("joining a room is told to the one who joins and to the maker, then the list to all")
    mutating func joinsRooms() {
        stage.send(1, "join", Self.hello("Ana"))
        stage.send(2, "join", Self.hello("Ben"))
        stage.send(1, "create-room", "Ana")
        let joined: JSONValue = ["roomName": "Ana", "joinerName": "Ben"]
        #expect(
            stage.send(2, "join-room", ["roomName": "Ana", "joinerName": "Zoe"])
                == [
                    .event([2], "room-joined", [joined]), .event([1], "room-joined", [joined]),
                    .event([1, 2, 3], "room-list", [[["roomName": "Ana", "isFull": true]]]),
                ])
    }

    @Test("joining is refused to strangers, when one is in a room, when there is none, when it is full")
    mutating func refusesJoining() {
        let room: JSONValue = ["roomName": "Cy", "joinerName": "Ana"]
        #expect(
            stage.send(1, "join-room", room) == [Self.error("Cannot join room because user does not exist")])
        stage.send(1, "join", Self.hello("Ana"))
        #expect(stage.send(1, "join-room", room) == [Self.error("Room does not exist")])
        for number in [2, 3] as [UInt64] { stage.send(number, "join", ["sender": "x"]) }
        stage.send(3, "create-room", "Cy")
        stage.send(2, "join-room", room)
        #expect(stage.send(1, "join-room", room) == [Self.error("Room is already full")])
        stage.send(1, "create-room", "Ana")
        #expect(stage.send(1, "join-room", room) == [Self.error("You are already in a room")])
    }

    @Test("who leaves a room ends it; the other is told, the one who left is not")
    mutating func leavesRooms() {
        meet()
        #expect(
            stage.send(2, "leave-room", "Ana")
                == [
                    .event([1], "room-deleted", [["roomName": "Ana", "userName": "Ben"]]),
                    .event([1, 2, 3], "room-list", [[]]),
                ])
        #expect(stage.send(1, "leave-room", "") == [Self.error("Room is falsy")])
        #expect(stage.send(1, "leave-room", "Ana") == [Self.error("Room does not exist")])
        stage.send(2, "create-room", "Ben")
        #expect(stage.send(1, "leave-room", "Ben") == [Self.error("You are not part of this room")])
    }

    @Test("who deletes a room is told like the other")
    mutating func deletesRooms() {
        meet()
        let deleted: [JSONValue] = [["roomName": "Ana", "userName": "Ana"]]
        #expect(
            stage.send(1, "room-deleted", "Ana")
                == [
                    .event([2], "room-deleted", deleted), .event([1], "room-deleted", deleted),
                    .event([1, 2, 3], "room-list", [[]]),
                ])
        #expect(
            stage.send(1, "room-deleted", "")
                == [Self.error("Cannot delete room because the room name was not specified")])
        #expect(
            stage.send(1, "room-deleted", "Ana")
                == [Self.error("Cannot delete room because it doesn't exist")])
    }

    @Test("nobody deletes a room of others, and its members may start again afterwards")
    mutating func guardsRooms() {
        meet()
        #expect(
            stage.send(3, "room-deleted", "Ana")
                == [.event([3], "room-error", [["message": "You are not part of this room"]])])
        #expect(
            stage.disconnect(2)
                == [
                    .event([1], "room-deleted", [["roomName": "Ana", "userName": "Ben"]]),
                    .event([1, 3], "leave", [Self.said("Ben", "LEAVE", ["Ana", "Cy"])]),
                    .event([1, 3], "room-list", [[]]),
                ], "a room does not stay full when the one who joined is gone")
        #expect(stage.send(1, "create-room", "Ana").count == 2)
        stage.send(3, "join-room", ["roomName": "Ana", "joinerName": "Cy"])
        #expect(
            stage.send(3, "leave", ["sender": "Cy", "type": "LEAVE", "message": ""])
                == [
                    .event([1], "room-deleted", [["roomName": "Ana", "userName": "Cy"]]),
                    .event([1, 3], "leave", [Self.said("Cy", "LEAVE", ["Ana"])]),
                    .event([1, 3], "room-list", [[]]),
                ])
    }

    @Test(
        "beyond what ordinary pages do the list of rooms is sent once for many changes, and is not too long")
    mutating func boundsTheList() {
        stage.wait(.seconds(60))
        let lists = (10..<110).map { stage.connect($0) }
        #expect(lists.prefix(20).allSatisfy { $0.first?.argument(of: "room-list") == [] })
        #expect(lists.dropFirst(20).allSatisfy { $0.isEmpty })
        #expect(stage.waitForDeadline().map { $0.argument(of: "room-list") } == [[]])
        #expect(stage.dialect.deadline == nil)
        for number in 200..<600 as Range<UInt64> {
            stage.wait(.seconds(60))
            stage.connect(number, auth: ["userName": .string("n\(number)")])
            stage.send(number, "join", Self.hello("x"))
            let told = stage.send(
                number, "create-room", .string("\(number)" + String(repeating: "é", count: 120)))
            #expect(told.allSatisfy { $0.bytes <= 101_000 })
        }
    }

    @Test("a room whose name has control characters in it is none")
    mutating func refusesRoomNames() {
        stage.send(1, "join", Self.hello("Ana"))
        for name in ["A\u{202E}na", "A\nna", "\u{7F}"] as [JSONValue] {
            #expect(
                stage.send(1, "create-room", name)
                    == [Self.error("Cannot create room because the room name was not specified")])
        }
    }

    // MARK: Relays

    @Test("relays reach the other in the room without their envelope")
    mutating func relays() {
        meet()
        let on: JSONValue = ["video": true, "audio": false]
        let cases: [(String, JSONValue, [JSONValue])] = [
            ("webrtc-session-start", ["roomName": "Ana"], []),
            ("offer", ["roomName": "Ana", "offer": offer], [offer]),
            ("answer", ["roomName": "Ana", "answer": answer], [answer]),
            ("ice-candidate", ["roomName": "Ana", "candidate": candidate], [candidate]),
            ("ice-candidate", ["roomName": "Ana", "candidate": nil], [nil]),
            ("enabled-local-media", ["roomName": "Ana", "remotePeerHasSharedLocalMedia": on], [on]),
            ("toggled-media", ["roomName": "Ana", "deviceToggles": on], [on]),
            ("toggled-screen-share", ["roomName": "Ana", "isSharingScreen": true], [true]),
            ("wrtc-test", ["roomName": "Ana", "message": "hi"], ["hi"]),
        ]
        for (name, message, arguments) in cases {
            #expect(stage.send(1, name, message) == [.event([2], name, arguments)])
            #expect(stage.send(2, name, message) == [.event([1], name, arguments)])
            #expect(stage.send(3, name, message) == [], "from outside nothing gets in")
        }
    }

    @Test("a room of which the other is gone, or another room's name, relays nothing")
    mutating func relaysInside() {
        meet()
        stage.send(3, "create-room", "Cy")
        #expect(stage.send(1, "offer", ["roomName": "Cy", "offer": offer]) == [])
        stage.send(1, "room-deleted", "Ana")
        #expect(stage.send(2, "offer", ["roomName": "Ana", "offer": offer]) == [])
        stage.send(1, "create-room", "Ana")
        #expect(stage.send(1, "offer", ["roomName": "Ana", "offer": offer]) == [], "old members are out")
    }

    @Test("clients without a name, nonsense and floods do no harm to others")
    mutating func isBounded() {
        stage.connect(4)
        stage.connect(5, auth: ["userName": 7])
        meet()
        let names = [
            "join", "chat", "leave", "create-room", "join-room", "leave-room", "room-deleted", "offer",
            "answer",
            "ice-candidate", "enabled-local-media", "toggled-media", "toggled-screen-share", "wrtc-test", "x",
        ]
        for name in names {
            stage.wait(.seconds(10))
            for arguments in [[], [nil], [7], [["roomName": 7]], [["roomName": "Ana", "offer": 7]]]
                as [[JSONValue]]
            {
                let told = stage.give(.event(ClientID(4), DialectEvent(name, arguments)))
                #expect(told.allSatisfy { if case .event([4], "room-error", _) = $0 { true } else { false } })
            }
        }
        let flood = (0..<1000).map { stage.send(1, "chat", ["message": .string("\($0)")]).count }
        #expect(flood.reduce(0, +) < 30)
        #expect(stage.send(2, "chat", ["message": "still here"]).count == 1)
        #expect(stage.send(2, "chat", ["message": .string(String(repeating: "x", count: 5000))]) == [])
    }
}
