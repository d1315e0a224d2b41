// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Dialects

@Suite("noom-chat")
struct NoomChatTests {
    var stage = Stage(NoomChat())

    init() { for number in 1...2 as ClosedRange<UInt64> { stage.connect(number) } }

    private mutating func hear(_ number: UInt64, _ text: String) -> [Told<Never>] {
        stage.send(number, DialectEvent.message, .string(text))
    }

    private func all(_ text: String) -> [Told<Never>] {
        [.event([1, 2], DialectEvent.message, [.string(text)])]
    }

    @Test("a message reaches everybody, its sender too, as bare text with the nickname before it")
    mutating func tellsAll() {
        #expect(hear(1, #"{"type":"new_message","payload":"hi"}"#) == all("Anon: hi"))
        #expect(hear(1, #"{"type":"nickname","payload":"Ana"}"#) == [])
        #expect(hear(1, #"{"type":"new_message","payload":"hi"}"#) == all("Ana: hi"))
    }

    @Test("a message does not become its sender's nickname, as it did in the original")
    mutating func keepsNickname() {
        _ = hear(1, #"{"type":"nickname","payload":"Ana"}"#)
        _ = hear(1, #"{"type":"new_message","payload":"hi"}"#)
        #expect(hear(1, #"{"type":"new_message","payload":"again"}"#) == all("Ana: again"))
    }

    @Test("text that is no JSON goes to everybody as it is: the page of the lesson before")
    mutating func tellsRawText() { #expect(hear(2, "hello there") == all("hello there")) }

    @Test(
        "JSON that means nothing is dropped",
        arguments: [
            #"{"type":"dance","payload":"hi"}"#, #"{"type":"new_message"}"#, #"{"payload":"hi"}"#,
            #"{"type":"new_message","payload":7}"#, #"{"type":"nickname","payload":""}"#, "",
        ])
    mutating func dropsNonsense(text: String) {
        #expect(hear(1, text) == [])
        #expect(hear(1, #"{"type":"new_message","payload":"hi"}"#) == all("Anon: hi"))
    }

    @Test("a nickname somebody has is given with a number, and is free when they are gone")
    mutating func keepsNamesApart() {
        _ = hear(1, #"{"type":"nickname","payload":"Ana"}"#)
        _ = hear(2, #"{"type":"nickname","payload":"ana "}"#)
        #expect(hear(2, #"{"type":"new_message","payload":"hi"}"#) == all("ana 2: hi"))
        stage.disconnect(1)
        _ = hear(2, #"{"type":"nickname","payload":"Ana"}"#)
        #expect(
            hear(2, #"{"type":"new_message","payload":"hi"}"#)
                == [.event([2], DialectEvent.message, ["Ana: hi"])])
    }

    @Test("who has gone is sent nothing")
    mutating func forgets() {
        stage.disconnect(1)
        #expect(hear(2, "hi") == [.event([2], DialectEvent.message, ["hi"])])
        #expect(hear(1, "hi") == [])
    }

    @Test("names and messages have a length, floods an end")
    mutating func isBounded() {
        let long = String(repeating: "x", count: 500)
        _ = hear(1, #"{"type":"nickname","payload":"\#(long)"}"#)
        #expect(
            hear(1, #"{"type":"new_message","payload":"hi"}"#) == all(long.prefix(64) + ": hi"))
        #expect(hear(1, String(repeating: "x", count: 4001)) == [])
        #expect((0..<100).filter { _ in !hear(2, "hi").isEmpty }.count <= 20)
    }
}
