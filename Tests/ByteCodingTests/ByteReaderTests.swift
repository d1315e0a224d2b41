// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import TestKit
import Testing

@Suite("Byte readers")
struct ByteReaderTests {
    @Test("reads network order and counts what it consumed")
    func readsIntegers() throws {
        let bytes = [UInt8](hex: "01 0203 04050607 ff")
        try bytes.withReader { (reader) throws(DecodeError) in
            #expect(try reader.read("first", as: UInt8.self) == 1)
            #expect(try reader.read("second", as: UInt16.self) == 0x0203)
            #expect(try reader.read("third", as: UInt32.self) == 0x0405_0607)
            #expect(reader.offset == 7)
            #expect(reader.remaining == 1)
        }
    }

    @Test("names the field and the place when bytes are missing")
    func truncated() {
        #expect(throws: DecodeError(.truncated, "length", at: 1)) {
            try [UInt8](hex: "01 02").withReader { (reader) throws(DecodeError) in
                try reader.skip("type", count: 1)
                _ = try reader.read("length", as: UInt16.self)
            }
        }
    }

    @Test("refuses counts below zero")
    func negative() {
        #expect(throws: DecodeError(.truncated, "value", at: 0)) {
            try [UInt8](hex: "01").withReader { (reader) throws(DecodeError) in
                _ = try reader.readBytes("value", count: -1)
            }
        }
    }

    @Test("looks ahead without consuming")
    func looksAhead() {
        [UInt8]("ab\r\n".utf8).withReader { (reader) in
            #expect(reader.distance(to: 13) == 2)
            #expect(reader.distance(to: 13, limit: 2) == nil)
            #expect(reader.peek(3) == 10)
            #expect(reader.peek(4) == nil)
            #expect(reader.offset == 0)
        }
    }

    @Test("a nested value must use its bytes up")
    func nested() {
        #expect(throws: DecodeError(.invalid, "block", at: 1)) {
            try [UInt8](hex: "01 02").withReader { (reader) throws(DecodeError) in
                _ = try reader.readNested("block", count: 2) { (nested) throws(DecodeError) in
                    try nested.read("byte", as: UInt8.self)
                }
            }
        }
    }
}
