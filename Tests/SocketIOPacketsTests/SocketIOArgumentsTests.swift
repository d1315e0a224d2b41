// SPDX-License-Identifier: Apache-2.0
import JSON
import SocketIOPackets
import Testing

@Suite("Socket.IO arguments")
struct SocketIOArgumentsTests {
    private func decoded(_ text: String) throws -> SocketIOArguments {
        var decoder = SocketIODecoder()
        let packet = try #require(try decoder.decode(.text(text)))
        guard case .event(_, let arguments, _) = packet.kind else { return ["no event"] }
        return arguments
    }

    @Test("are a collection of texts, however they were made")
    func collection() throws {
        let values: [JSONValue] = [1, "a", ["b": [nil]]]
        let texts = try ["1", #""a""#, #"{"b":[null]}"#].map { try JSONText(checking: $0) }
        let all: [SocketIOArguments] = [
            SocketIOArguments(values), SocketIOArguments(texts: texts), [1, "a", ["b": [nil]]],
            try decoded(#"2["name",1,"a",{"b":[null]}]"#),
        ]
        for arguments in all {
            #expect(arguments.count == 3)
            #expect(Array(arguments) == texts)
            #expect(arguments[1].string == "a")
            #expect(arguments.values == values)
            #expect(arguments == all[0])
            #expect(arguments.hashValue == all[0].hashValue)
        }
    }

    @Test("may be none or one")
    func few() throws {
        for none in [
            SocketIOArguments(), [], SocketIOArguments(texts: []), try decoded(#"2["a"]"#),
        ] {
            #expect(none.isEmpty && none.first == nil && none.values == [])
            #expect(none == [])
        }
        for one in [
            ["x"], SocketIOArguments(texts: [JSONText("x")]), try decoded(#"2[ "a" , "x" ]"#),
        ] {
            #expect(one.count == 1)
            #expect(one == ["x"])
        }
    }

    @Test("are equal whatever stands between them, but not when written otherwise")
    func equality() throws {
        let spaced = try decoded("2[\"a\" , 1 ,\n2]")
        #expect(spaced == [1, 2])
        #expect(spaced.hashValue == ([1, 2] as SocketIOArguments).hashValue)
        #expect(try decoded(#"2["a",1.0,2]"#) != [1, 2])
        #expect(spaced != [1])
        #expect(SocketIOArguments([1, 2], attachments: [[1]]) != [1, 2])
    }
}
