// SPDX-License-Identifier: Apache-2.0

import ByteCoding
import JSON
import TestKit
import Testing

@Suite("JSON texts that are only checked")
struct JSONTextTests {
    @Test(
        "accepts what the parser accepts, keeps it as it was written and builds the same value",
        arguments: [
            "null", "true", "false", "0", "-0.10E-2", "\"\"", "[]", "{}", #"[ 1 ,{ "a" : [] }]"#,
            #""\ud800\u0041\n€😀""#, JSONValueTests.image,
        ])
    func accepts(_ text: String) throws {
        let checked = try JSONText(checking: " \n\(text)\t\r")
        #expect(checked.description == text)
        #expect(try checked.value == JSONValue(parsing: text))
        #expect(JSONText(checked.value).value == checked.value)
    }

    @Test(
        "refuses what the parser refuses, with the same error",
        arguments: [
            "", " ", "nul", "1 2", "01", "[1,]", "[1", "{\"a\" 1}", "{\"a\":1]", "\"\n\"", "\"\\x\"",
            "\"12345678", "\"1234567\u{1}12345678\"", "{1:2}", "[tru]",
        ])
    func refuses(_ text: String) throws {
        let error = try #require(throws: DecodeError.self) { try JSONValue(parsing: text) }
        #expect(throws: error) { try JSONText(checking: text) }
    }

    @Test("refuses every proper prefix of an object")
    func truncation() throws {
        let text = Array(#"{"a":[1,-2.5e1,true,null,"x\ud83d\ude00\n12345678"],"é€😀":{"b":{}}}"#.utf8)
        _ = try JSONText(checking: text[...])
        for prefix in text.prefixes {
            #expect(throws: DecodeError.self) { try JSONText(checking: prefix[...]) }
        }
    }

    @Test("finds the end of a string wherever it is in a word or vector of bytes")
    func wordBoundaries() throws {
        for length in 0..<80 {
            let plain = String(repeating: "a", count: length)
            for (text, expected) in [
                ("\"\(plain)\"", plain), ("\"\(plain)\\\\b\"", plain + "\\b"), ("\"\(plain)é\"", plain + "é"),
                ("\"\(plain)\u{7F}~!#[]\"", plain + "\u{7F}~!#[]"),
            ] {
                #expect(try JSONText(checking: text).string == expected)
            }
            for stop in ["\u{0}", "\u{1F}", "\n"] {
                #expect(throws: DecodeError(.invalid, "JSON string", at: length + 1)) {
                    try JSONText(checking: "\"\(plain)\(stop)\(plain)\"")
                }
            }
        }
    }

    @Test("counts the offsets of errors from the start of the slice, and keeps within it")
    func slices() throws {
        let bytes = Array("xx[1,2]yy".utf8)
        #expect(try JSONText(checking: bytes[2..<7]).value == [1, 2])
        #expect(throws: DecodeError(.truncated, "JSON array", at: 4)) { try JSONText(checking: bytes[2..<6]) }
        #expect(throws: DecodeError(.invalid, "JSON after the value", at: 5)) {
            try JSONText(checking: bytes[2...])
        }
    }

    @Test("accepts as much depth as it was told and no more")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(try JSONText(checking: nested(64)).description == nested(64))
        #expect(throws: DecodeError(.tooLarge, "JSON depth", at: 64)) { try JSONText(checking: nested(65)) }
        #expect(try JSONText(checking: nested(100), maxDepth: 100).array?.count == 1)
    }

    @Test("reads strings, elements and null without building the rest")
    func accessors() throws {
        #expect(try JSONText(checking: "[1]").string == nil)
        #expect(try JSONText(checking: #""a\tb""#).string == "a\tb")
        #expect(try JSONText(checking: "[ 1 , [2] ]").array?.map(\.description) == ["1", "[2]"])
        #expect(try JSONText(checking: "{}").array == nil)
        #expect(try JSONText(checking: "null").isNull)
        #expect(try !JSONText(checking: "0").isNull)
    }
}
