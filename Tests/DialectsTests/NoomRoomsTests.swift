// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Dialects

@Suite("noom-rooms")
struct NoomRoomsTests {
    var stage = Stage(NoomRooms())

    init() { for number in 1...3 as ClosedRange<UInt64> { stage.connect(number) } }

    @Test("the answer to entering has no argument and comes first; then all, outside too, get the list")
    mutating func enters() {
        #expect(
            stage.ask(1, "enter_room", "tea")
                == [.answered(1, []), .event([1, 2, 3], "room_change", [["tea"]])])
    }

    @Test("those inside are told who came and how many there are")
    mutating func welcomes() {
        stage.ask(1, "enter_room", "tea")
        stage.send(2, "nickname", "Bo")
        #expect(
            stage.ask(2, "enter_room", "tea")
                == [
                    .answered(2, []), .event([1], "welcome", ["Bo", 2]),
                    .event([1, 2, 3], "room_change", [["tea"]]),
                ])
    }

    @Test("a message goes to the others only, with the nickname before it, and is answered afterwards")
    mutating func says() {
        for number in 1...2 as ClosedRange<UInt64> { stage.ask(number, "enter_room", "tea") }
        #expect(
            stage.ask(1, "new_message", "hi", "tea")
                == [.event([2], "new_message", ["Anon: hi"]), .answered(1, [])])
        stage.send(1, "nickname", "Ana")
        #expect(
            stage.send(1, "new_message", "hi", "tea") == [.event([2], "new_message", ["Ana: hi"])],
            "forks want no answer")
    }

    @Test("who leaves is said goodbye to in each of their rooms, with the number that is left")
    mutating func disconnects() {
        for number in 1...2 as ClosedRange<UInt64> { stage.ask(number, "enter_room", "tea") }
        stage.ask(2, "enter_room", "milk")
        stage.send(2, "nickname", "Bo")
        #expect(
            stage.disconnect(2)
                == [.event([1], "bye", ["Bo", 1]), .event([1, 3], "room_change", [["tea"]])])
        #expect(stage.disconnect(3) == [], "who was in no room changes no list")
    }

    @Test("forks that send the nickname along when entering or an object with a payload are understood")
    mutating func understandsForks() {
        stage.ask(1, "enter_room", "tea")
        #expect(stage.ask(2, "enter_room", "tea", "Bo").contains(.event([1], "welcome", ["Bo", 2])))
        #expect(
            stage.ask(3, "enter_room", ["payload": "milk"])
                == [.answered(3, []), .event([1, 2, 3], "room_change", [["tea", "milk"]])])
        #expect(stage.ask(1, "nickname", "Ana", "tea") == [.answered(1, [])])
        #expect(stage.ask(1, "room", ["payload": "tea"]) == [.answered(1, [])])
    }

    @Test("entering twice is answered and told nobody twice")
    mutating func entersOnce() {
        stage.ask(1, "enter_room", "tea")
        #expect(stage.ask(1, "enter_room", "tea") == [.answered(1, [])])
    }

    @Test("nobody speaks into a room they are not in, or under another's name")
    mutating func staysInside() {
        stage.ask(1, "enter_room", "tea")
        #expect(stage.ask(3, "new_message", "hi", "tea") == [])
        stage.send(1, "nickname", "Ana")
        stage.send(2, "nickname", "Ana")
        stage.ask(2, "enter_room", "tea")
        #expect(
            stage.send(2, "new_message", "hi", "tea") == [.event([1], "new_message", ["Ana 2: hi"])])
    }

    @Test("a room named like somebody's socket is a room like any other")
    mutating func keepsNamesApart() {
        stage.ask(2, "enter_room", "s1")
        #expect(stage.send(2, "new_message", "hi", "s1") == [])
    }

    @Test("beyond what ordinary pages do the list is sent once for many changes, as it is then")
    mutating func coalescesTheList() {
        for number in 4...50 as ClosedRange<UInt64> { stage.connect(number) }
        let told = (1...50 as ClosedRange<UInt64>).map {
            stage.ask($0, "enter_room", .string("r\($0)")).compactMap { $0.argument(of: "room_change") }
        }
        #expect(told.prefix(20).allSatisfy { $0.count == 1 })
        #expect(told.dropFirst(20).allSatisfy { $0.isEmpty })
        let list = stage.waitForDeadline().first?.argument(of: "room_change")?.array ?? []
        #expect(list == (1...50).map { .string("r\($0)") })
        #expect(stage.dialect.deadline == nil)
        stage.wait(.seconds(60))
        #expect(stage.give(.tick) == [], "it is owed once")
    }

    @Test("a list of long names is not longer than it may be")
    mutating func boundsTheList() {
        for number in 10...600 as ClosedRange<UInt64> {
            stage.connect(number)
            stage.wait(.seconds(60))
            let name = "\(number)" + String(repeating: "é", count: 120)
            let told = stage.ask(number, "enter_room", .string(name))
            #expect(told.count == 2 && told.allSatisfy { $0.bytes <= 100_100 })
        }
    }

    @Test(
        "a room whose name has control characters in it is none", arguments: ["a\nb", "\u{202E}tea", "\u{0}"])
    mutating func refusesNames(name: String) {
        #expect(stage.ask(1, "enter_room", .string(name)) == [])
    }

    @Test("nonsense, floods and too many rooms are dropped; others notice nothing")
    mutating func isBounded() {
        for name in ["enter_room", "new_message", "nickname", "unheard_of"] {
            #expect(stage.send(1, name) == [])
            #expect(stage.send(1, name, 7, [1]) == [])
        }
        let answered = (0..<100).filter { stage.ask(1, "enter_room", .string("r\($0)")).count == 2 }
        #expect(answered.count == 20)
        #expect(stage.ask(2, "enter_room", "tea").first == .answered(2, []))
    }
}
