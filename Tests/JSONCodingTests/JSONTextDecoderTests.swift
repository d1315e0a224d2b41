// SPDX-License-Identifier: Apache-2.0
import JSON
import JSONCoding
import Testing

struct Person: Codable, Hashable {
    enum Role: String, Codable { case host, guest }
    var name: String
    var age: Int?
    var role = Role.guest
    var tags: [String] = []
}

struct Upload: Codable, Hashable {
    var name: String
    var parts: [Bytes]
    var preview: Bytes?
}

private func decode<Value: Decodable>(
    _ type: Value.Type, _ text: String, attachments: [[UInt8]] = []
) throws -> Value {
    try JSONTextDecoder().decode(type, from: JSONText(checking: text), attachments: attachments)
}

@Suite("Values from JSON texts")
struct JSONTextDecoderTests {
    @Test("reads what JSON has")
    func primitives() throws {
        #expect(try decode(String.self, #""a\nb""#) == "a\nb")
        #expect(try decode(Bool.self, "true"))
        #expect(try decode(Int.self, "-7") == -7)
        #expect(try decode(Int8.self, "-128") == -128)
        #expect(try decode(Int16.self, "32767") == 32767)
        #expect(try decode(Int32.self, "1e3") == 1000)
        #expect(try decode(Int64.self, "-9223372036854775808") == .min)
        #expect(try decode(UInt.self, "7.0") == 7)
        #expect(try decode(UInt8.self, "255") == 255)
        #expect(try decode(UInt16.self, "65535") == 65535)
        #expect(try decode(UInt32.self, "4294967295") == .max)
        #expect(try decode(UInt64.self, "18446744073709551615") == .max)
        #expect(try decode(Double.self, "1.5") == 1.5)
        #expect(try decode(Float.self, "0.1") == 0.1)
        #expect(try decode([Int].self, "[1, 2]") == [1, 2])
        #expect(try decode([String: Int].self, #"{"a":1,"b":2,"a":3}"#) == ["a": 3, "b": 2])
        #expect(try decode(Int?.self, "null") == nil)
        #expect(try decode([Int?].self, "[null,1]") == [nil, 1])
    }

    @Test("reads structures, and passes over what they do not name")
    func structures() throws {
        let person = try decode(
            Person.self, #"{"x":[{}],"name":"Ana","role":"host","tags":["a"],"name":"Ben","age":null}"#)
        #expect(person == Person(name: "Ben", age: nil, role: .host, tags: ["a"]))
    }

    @Test("keeps parts that ask for JSON as they were written")
    func rawParts() throws {
        struct Signal: Decodable {
            var data: JSONText
            var value: JSONValue
        }
        let signal = try decode(Signal.self, #"{"data":{ "a" : 1e400,"b":"\ud800"},"value":[1.0]}"#)
        #expect(signal.data.description == #"{ "a" : 1e400,"b":"\ud800"}"#)
        #expect(signal.value == [.number(try #require(JSONText(checking: "1.0").number))])
        #expect(try decode([JSONText].self, "[1,[]]").map(\.description) == ["1", "[]"])
    }

    @Test("reads bytes from the attachments")
    func bytes() throws {
        let text =
            #"{"name":"f","parts":[{"_placeholder":true,"num":1},{"num":0,"_placeholder":true}],"preview":null}"#
        #expect(
            try decode(Upload.self, text, attachments: [[1], [2, 3]])
                == Upload(name: "f", parts: [[2, 3], [1]], preview: nil))
        #expect(try decode(Bytes?.self, #"{"_placeholder":true,"num":0}"#, attachments: [[]]) == [])
    }

    typealias Readable = any (Decodable & Sendable).Type

    static let refusals: [(Readable, String, String)] = [
        (String.self, "1", "The value is a number, not a string"),
        (Int.self, #""1""#, "The value is a string, not a number"),
        (Bool.self, "{}", "The value is an object, not a boolean"),
        (Int.self, "1.5", "The value is 1.5, which no Int holds"),
        (UInt8.self, "256", "The value is 256, which no UInt8 holds"),
        (UInt.self, "-1", "The value is -1, which no UInt holds"),
        (Double.self, "null", "The value is null, not a number"),
        ([Int].self, "{}", "The value is an object, not an array"),
        ([Int].self, "[1,true]", "[1] is a boolean, not a number"),
        (Person.self, "[]", "The value is an array, not an object"),
        (Person.self, "{}", "name is missing"),
        (Person.self, #"{"name":null}"#, "name is null, not a string"),
        (
            [String: [Person]].self, #"{"people":[{"name":"a","role":"guest","tags":[1]}]}"#,
            "people[0].tags[0] is a number, not a string"
        ),
        (
            Person.self, #"{"name":"a","role":"boss","tags":[]}"#,
            "role Cannot initialize Role from invalid String value boss"
        ),
        (Bytes.self, "[1]", "The value is an array, not bytes"),
        (Bytes.self, #"{"_placeholder":true,"num":1}"#, "The value is an object, not bytes"),
        (Bytes.self, #"{"_placeholder":true,"num":-1}"#, "The value is an object, not bytes"),
        (Bytes.self, #"{"_placeholder":true}"#, "The value is an object, not bytes"),
        (Bytes.self, #"{"num":0}"#, "The value is an object, not bytes"),
    ]

    @Test("says where a value does not fit and why", arguments: refusals)
    func refuses(_ type: Readable, _ text: String, _ description: String) {
        let error = #expect(throws: JSONCodingError.self) { try decode(type, text, attachments: [[]]) }
        #expect(error?.description == description)
    }

    @Test("reads large objects as fast as small ones, the last of a name included")
    func manyMembers() throws {
        let members = (0..<5000).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
        let object = try decode([String: Int].self, "{\(members),\"k0\":-1}")
        #expect(object.count == 5000)
        #expect(object["k0"] == -1)
        #expect(object["k4999"] == 4999)
    }

    @Test("serves decoders that take values apart themselves")
    func containers() throws {
        struct Pair: Decodable, Hashable {
            enum Key: String, CodingKey { case inner, list }
            var values: [Int] = []
            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Key.self)
                #expect(container.allKeys == [.inner, .list])
                #expect(container.contains(.list))
                let inner = try container.nestedContainer(keyedBy: Key.self, forKey: .inner)
                #expect(try inner.decodeNil(forKey: .list))
                #expect(try inner.decodeIfPresent(Int.self, forKey: .inner) == nil)
                var list = try container.nestedUnkeyedContainer(forKey: .list)
                #expect(list.count == 4)
                #expect(try list.decodeNil())
                var nested = try list.nestedUnkeyedContainer()
                values.append(try nested.decode(Int.self))
                #expect(throws: DecodingError.self) { try nested.decode(Int.self) }
                // What does not fit is not passed over.
                #expect(throws: DecodingError.self) { try list.decode(String.self) }
                values.append(try list.decode(Int.self))
                let last = try list.superDecoder()
                #expect(last.codingPath.map(\.stringValue) == ["list", "3"])
                values.append(try last.singleValueContainer().decode(Int.self))
                #expect(list.isAtEnd)
            }
        }
        let pair = try decode(Pair.self, #"{"inner":{"list":null},"other":0,"list":[null,[1],2,3]}"#)
        #expect(pair.values == [1, 2, 3])
    }
}
