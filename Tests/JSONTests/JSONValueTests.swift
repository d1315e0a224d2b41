// SPDX-License-Identifier: Apache-2.0

import ByteCoding
import JSON
import TestKit
import Testing

@Suite("JSON texts")
struct JSONValueTests {
    /// RFC 8259 §13.
    static let image = """
        {"Image":{"Width":800,"Height":600,"Title":"View from 15th Floor","Thumbnail":{"Url":\
        "http://www.example.com/image/481989943","Height":125,"Width":100},"Animated":false,\
        "IDs":[116,943,234,38793]}}
        """

    @Test(
        "parses and formats compact texts unchanged",
        arguments: [
            image, "null", "true", "false", "0", "-0", "-1.50e+07", "\"\"", "[]", "{}", "[[],{}]",
            #"{"b":1,"a":2,"b":3}"#, #"["a/b","\\\"","\b\f\n\r\t\u0000\u001f","é\#u{7F}\#u{2028}😀"]"#,
            "[123456789012345678901234567890.00]",
        ])
    func keepsText(_ text: String) throws {
        #expect(try JSONValue(parsing: text).formatted == text)
    }

    @Test("reads every kind of value")
    func kinds() throws {
        let value = try JSONValue(parsing: " { \"a\" : [ null , true,\t-1, 2.5, \"x\" ] ,\r\n\"b\":{} } ")
        #expect(value == ["a": [nil, true, -1, 2.5, "x"], "b": [:]])
        let array = try #require(value["a"]?.array)
        #expect(array[0] == .null)
        #expect(array[1].bool == true)
        #expect(array[2].integer == -1)
        #expect(array[3].number?.double == 2.5)
        #expect(array[4].string == "x")
        #expect(value["b"]?.object?.members.isEmpty == true)
        #expect(array[4].integer == nil && array[2].string == nil && value.array == nil)
    }

    @Test(
        "resolves escapes",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#""\u0041\u00e9\u20AC""#, "Aé€"),
            (#""\ud83d\ude00""#, "😀"),
            (#""\ud83d""#, "\u{FFFD}"),
            (#""\ude00x""#, "\u{FFFD}x"),
            (#""\ud83d\n""#, "\u{FFFD}\n"),
            (#""\ud83d\u0041""#, "\u{FFFD}A"),
            (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
            (#""\u0000""#, "\0"),
        ])
    func escapes(_ text: String, _ expected: String) throws {
        #expect(try JSONValue(parsing: text).string == expected)
    }

    @Test(
        "rejects what RFC 8259 does not allow",
        arguments: [
            ("", DecodeError(.truncated, "JSON value", at: 0)),
            (" ", DecodeError(.truncated, "JSON value", at: 1)),
            ("nul", DecodeError(.truncated, "JSON value", at: 3)),
            ("True", DecodeError(.invalid, "JSON value", at: 0)),
            ("NaN", DecodeError(.invalid, "JSON value", at: 0)),
            ("\u{FEFF}1", DecodeError(.invalid, "JSON value", at: 0)),
            ("1 2", DecodeError(.invalid, "JSON after the value", at: 2)),
            ("01", DecodeError(.invalid, "JSON after the value", at: 1)),
            ("+1", DecodeError(.invalid, "JSON value", at: 0)),
            (".5", DecodeError(.invalid, "JSON value", at: 0)),
            ("1.", DecodeError(.truncated, "JSON number", at: 2)),
            ("-", DecodeError(.truncated, "JSON number", at: 1)),
            ("1e", DecodeError(.truncated, "JSON number", at: 2)),
            ("1e+-1", DecodeError(.invalid, "JSON number", at: 3)),
            ("[1,]", DecodeError(.invalid, "JSON value", at: 3)),
            ("[1", DecodeError(.truncated, "JSON array", at: 2)),
            ("[1}", DecodeError(.invalid, "JSON array", at: 2)),
            ("{\"a\":1,}", DecodeError(.invalid, "JSON member name", at: 7)),
            ("{a:1}", DecodeError(.invalid, "JSON member name", at: 1)),
            ("{\"a\" 1}", DecodeError(.invalid, "JSON member", at: 5)),
            ("{\"a\":1]", DecodeError(.invalid, "JSON object", at: 6)),
            ("\"a", DecodeError(.truncated, "JSON string", at: 2)),
            ("\"\n\"", DecodeError(.invalid, "JSON string", at: 1)),
            ("\"\0\"", DecodeError(.invalid, "JSON string", at: 1)),
            ("\"\\x\"", DecodeError(.invalid, "JSON escape", at: 2)),
            ("\"\\u12G4\"", DecodeError(.invalid, "JSON escape", at: 5)),
            ("'a'", DecodeError(.invalid, "JSON value", at: 0)),
            ("[1]//", DecodeError(.invalid, "JSON after the value", at: 3)),
        ])
    func rejects(_ text: String, _ expected: DecodeError) {
        #expect(throws: expected) { try JSONValue(parsing: text) }
    }

    @Test("rejects every proper prefix of an object as truncated")
    func truncation() throws {
        let text = Array(#"{"a":[1,-2.5e1,true,null,"x\ud83d\ude00\n"],"é":{"b":{}}}"#.utf8)
        _ = try JSONValue(parsing: text)
        for prefix in text.prefixes {
            let error = #expect(throws: DecodeError.self) { try JSONValue(parsing: prefix) }
            // A prefix that ends inside a character is not UTF-8, whatever else it is.
            #expect(prefix.isValidUTF8 ? error?.reason == .truncated : error?.field == "JSON UTF-8")
        }
    }

    @Test(
        "rejects bytes that are not UTF-8",
        arguments: [
            "22FF22", "22C0AF22", "22EDA08022", "22F490808022", "22C3", "22C322", "22E282", "22E28222",
            "22F09F9822",
        ])
    func invalidUTF8(_ hex: String) {
        #expect(throws: DecodeError(.invalid, "JSON UTF-8", at: 1)) {
            try JSONValue(parsing: [UInt8](hex: hex))
        }
    }

    @Test("accepts as much depth as it was told and no more")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSONValue(parsing: nested(64))
        #expect(throws: DecodeError(.tooLarge, "JSON depth", at: 64)) { try JSONValue(parsing: nested(65)) }
        _ = try JSONValue(parsing: #"{"a":{}}"#, maxDepth: 2)
        #expect(throws: DecodeError(.tooLarge, "JSON depth", at: 5)) {
            try JSONValue(parsing: #"{"a":{}}"#, maxDepth: 1)
        }
    }

    @Test("the last of several members with one name is the one that counts")
    func duplicates() throws {
        var object = try #require(JSONValue(parsing: #"{"a":1,"b":2,"a":3}"#).object)
        #expect(object["a"] == 3)
        object["a"] = 4
        #expect(object == ["a": 4, "b": 2])
        object["c"] = 5
        object["b"] = nil
        #expect(object == ["a": 4, "c": 5])
        #expect(object["d"] == nil)
    }
}

@Suite("JSON numbers")
struct JSONNumberTests {
    @Test(
        "a whole number is an integer however it is written",
        arguments: [
            ("0", 0), ("-0", 0), ("-0.0e5", 0), ("1000", 1000), ("1000.0", 1000), ("1e3", 1000),
            ("1.5E+1", 15),
            ("15000e-3", 15), ("-12.50e1", -125), ("9223372036854775807", Int64.max),
            ("-9223372036854775808", Int64.min), ("9223372036854775807.0", Int64.max),
            ("1e18", 1_000_000_000_000_000_000),
        ])
    func integers(_ text: String, _ expected: Int64) throws {
        #expect(try JSONValue(parsing: text).integer == expected)
    }

    @Test(
        "a number that is not whole or does not fit is no integer",
        arguments: [
            "0.5", "1.0001", "1e-1", "9223372036854775808", "-9223372036854775809", "1e19", "1e400",
            "1e99999999999999999999", "1.5e-9223372036854775808",
        ])
    func notIntegers(_ text: String) throws {
        #expect(try JSONValue(parsing: text).integer == nil)
    }

    @Test(
        "doubles are written as JavaScript writes whole ones and read back unchanged",
        arguments: [
            (0.0, "0"), (1, "1"), (-2.5, "-2.5"), (0.1, "0.1"), (1e21, "1e+21"), (1e-7, "1e-07"),
            (1_700_000_000_123, "1700000000123"),
        ])
    func doubles(_ value: Double, _ text: String) throws {
        #expect(JSONNumber(value).text == text)
        #expect(try JSONValue(parsing: text).number?.double == value)
    }

    @Test("what a double or JSON cannot hold stays finite")
    func finite() throws {
        #expect(try JSONValue(parsing: "1e999").number?.double == .greatestFiniteMagnitude)
        #expect(try JSONValue(parsing: "-1e999").number?.double == -.greatestFiniteMagnitude)
        #expect(JSONNumber(Double.infinity).double == .greatestFiniteMagnitude)
        #expect(JSONNumber(Double.nan).text == "0")
    }
}
