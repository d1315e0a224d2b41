// SPDX-License-Identifier: Apache-2.0
import JSON
import JSONCoding
import SocketIOPackets
import Testing

private func encode(_ value: some Encodable) throws -> String {
    var attachments: [[UInt8]] = []
    let text = try JSONTextEncoder().encode(value, attachments: &attachments)
    #expect(attachments.isEmpty)
    // What it writes is JSON.
    return try JSONText(checking: text.bytes).description
}

@Suite("JSON texts from values")
struct JSONTextEncoderTests {
    @Test("writes what JSON has")
    func primitives() throws {
        #expect(try encode("a\n\"€\"") == #""a\n\"€\"""#)
        #expect(try encode(true) == "true")
        #expect(try encode(Int8.min) == "-128")
        #expect(try encode(Int64.min) == "-9223372036854775808")
        #expect(try encode(UInt64.max) == "18446744073709551615")
        #expect(try encode(UInt(7)) == "7")
        #expect(try encode(1.5) == "1.5")
        #expect(try encode(2.0) == "2")
        #expect(try encode(Float(0.1)) == "0.1")
        #expect(try encode([1, nil, 3]) == "[1,null,3]")
        #expect(try encode([String: Int]()) == "{}")
        #expect(try encode([Int]()) == "[]")
        #expect(try encode(["a": [true]]) == #"{"a":[true]}"#)
        #expect(try encode(Int?.none) == "null")
    }

    @Test("writes members in the order of their declaration, without those that are nil")
    func structures() throws {
        #expect(
            try encode(Person(name: "Ana", age: nil, role: .host, tags: ["x"]))
                == #"{"name":"Ana","role":"host","tags":["x"]}"#)
    }

    @Test("passes raw JSON on as it is")
    func rawParts() throws {
        let text = try JSONText(checking: #"{ "a" : 1e400 }"#)
        #expect(try encode([text, text]) == #"[{ "a" : 1e400 },{ "a" : 1e400 }]"#)
        #expect(try encode(["v": [1, "x", nil] as JSONValue]) == #"{"v":[1,"x",null]}"#)
    }

    @Test("makes attachments of bytes, and values of attachments")
    func bytes() throws {
        let upload = Upload(name: "f", parts: [[1], [2, 3]], preview: [])
        var attachments: [[UInt8]] = [[9]]
        let text = try JSONTextEncoder().encode(upload, attachments: &attachments)
        #expect(attachments == [[9], [1], [2, 3], []])
        #expect(
            text.description
                == #"{"name":"f","parts":[{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}],"#
                + #""preview":{"_placeholder":true,"num":3}}"#)
        #expect(try JSONTextDecoder().decode(from: text, attachments: attachments) == upload)
    }

    @Test("refuses what JSON cannot hold, and says where")
    func refusals() {
        var attachments: [[UInt8]] = []
        let infinite = #expect(throws: JSONCodingError.self) {
            try JSONTextEncoder().encode(["a": [1, Double.infinity]], attachments: &attachments)
        }
        #expect(infinite?.description == "a[1] is inf, which JSON cannot hold")
        struct Nothing: Encodable { func encode(to encoder: any Encoder) {} }
        let nothing = #expect(throws: JSONCodingError.self) {
            try JSONTextEncoder().encode([Nothing()], attachments: &attachments)
        }
        #expect(nothing?.description == "[0] encodes nothing")
        // Nothing is attached for a value that was refused.
        struct Half: Encodable {
            var bytes: Bytes = [1]
            var number = Double.nan
        }
        #expect(throws: JSONCodingError.self) {
            try JSONTextEncoder().encode(Half(), attachments: &attachments)
        }
        #expect(attachments.isEmpty)
    }

    @Test("serves encoders that fill several containers")
    func containers() throws {
        struct Both: Encodable {
            enum Key: String, CodingKey { case a, b, c }
            func encode(to encoder: any Encoder) throws {
                var outer = encoder.container(keyedBy: Key.self)
                var list = outer.nestedUnkeyedContainer(forKey: .a)
                var nested = outer.nestedContainer(keyedBy: Key.self, forKey: .b)
                try list.encode(1)
                try nested.encode("x", forKey: .c)
                try list.encodeNil()
                var inner = list.nestedContainer(keyedBy: Key.self)
                #expect(inner.codingPath.map(\.stringValue) == ["a", "2"])
                try inner.encodeNil(forKey: .a)
                try 2.encode(to: list.superEncoder())
                #expect(list.count == 4)
                try 3.encode(to: outer.superEncoder())
                // A second container of the same kind goes on with the first.
                var again = encoder.container(keyedBy: Key.self)
                try again.encode(true, forKey: .c)
            }
        }
        #expect(try encode(Both()) == #"{"a":[1,null,{"a":null},2],"b":{"c":"x"},"super":3,"c":true}"#)
    }
}

@Suite("Socket.IO arguments and Codable values")
struct SocketIOArgumentsCodableTests {
    @Test("one argument for each value, and one value for each argument")
    func roundTrip() throws {
        let upload = Upload(name: "f", parts: [[1]], preview: nil)
        let arguments = try SocketIOArguments(encoding: "a", Bytes([7]), upload, 1)
        #expect(arguments.count == 4)
        #expect(arguments.attachments == [[7], [1]])
        let (name, bytes, sameUpload, number) = try arguments.decode(
            String.self, Bytes.self, Upload.self, Int.self)
        #expect(name == "a" && bytes == [7] && sameUpload == upload && number == 1)
        #expect(try arguments.decode(Int.self, at: 3) == 1)
        #expect(try SocketIOArguments(encoding: "x") == ["x"])
        #expect(SocketIOArguments().isEmpty)
        let parts = (0...10).map { Bytes([$0]) }
        #expect(try SocketIOArguments(encoding: Array(parts.dropLast())).attachments.count == 10)
        let tooMany = #expect(throws: JSONCodingError.self) { try SocketIOArguments(encoding: parts) }
        #expect(tooMany?.description == "The value has 11 attachments; clients take 10")
    }

    @Test("an argument that is not there is nil or missing; further ones are not looked at")
    func missing() throws {
        let arguments: SocketIOArguments = ["a", ["b": 1], nil]
        let (name, rest) = try arguments.decode(String.self, [String: Int].self)
        #expect(name == "a" && rest == ["b": 1])
        #expect(try arguments.decode(Int?.self, at: 9) == nil)
        #expect(try arguments.decode(Int?.self, at: 2) == nil)
        let missing = #expect(throws: JSONCodingError.self) { try arguments.decode(Int.self, at: 3) }
        #expect(missing?.description == "[3] is missing")
        let wrong = #expect(throws: JSONCodingError.self) { try arguments.decode([String: Bool].self, at: 1) }
        #expect(wrong?.description == "[1].b is a number, not a boolean")
        let infinite = #expect(throws: JSONCodingError.self) {
            try SocketIOArguments(encoding: 1, Double.nan)
        }
        #expect(infinite?.description == "[1] is nan, which JSON cannot hold")
    }
}
