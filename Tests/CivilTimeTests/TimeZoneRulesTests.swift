// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import CivilTime
import TestKit
import Testing

@Suite("Time zone rules")
struct TimeZoneRulesTests {
    /// RFC 9636 Appendix B.2, Pacific/Honolulu, without the designations' meaning for us.
    static let honolulu = file(
        changes: [
            (-2_334_101_314, 1), (-1_157_283_000, 2), (-1_155_436_200, 1), (-880_198_200, 3),
            (-769_395_600, 4), (-765_376_200, 1), (-712_150_200, 5),
        ], offsets: [-37_886, -37_800, -34_200, -34_200, -34_200, -36_000], footer: "HST10")
    static let paris = file(
        changes: [(1_761_440_400, 0)], offsets: [3600], footer: "CET-1CEST,M3.5.0,M10.5.0/3")

    /// A file of version 2 whose first table is empty, as RFC 9636 §4 advises.
    static func file(changes: [(at: Int64, type: UInt8)], offsets: [Int32], footer: String) -> [UInt8] {
        func header(_ changes: Int, _ types: Int) -> [UInt8] {
            Array("TZif2".utf8) + Array(repeating: 0, count: 15)
                + [0, 0, 0, changes, types, 4].flatMap { bytes(UInt32($0)) }
        }
        var file = header(0, 1) + Array(repeating: 0, count: 10) + header(changes.count, offsets.count)
        for change in changes { file += bytes(UInt64(bitPattern: change.at)) }
        file += changes.map(\.type)
        for offset in offsets { file += bytes(UInt32(bitPattern: offset)) + [0, 0] }
        return file + Array("LMT\0\n\(footer)\n".utf8)
    }

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        (0..<value.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    private func rules(_ footer: String, changes: [(Int64, UInt8)] = [], offset: Int32 = 0) throws
        -> TimeZoneRules
    {
        try TimeZoneRules(decoding: Self.file(changes: changes, offsets: [offset], footer: footer))
    }

    @Test("the offset is that of the last change before a time")
    func table() throws {
        let rules = try TimeZoneRules(decoding: Self.honolulu)
        #expect(rules.offset(at: -3_000_000_000) == -37_886)
        #expect(rules.offset(at: -2_334_101_315) == -37_886)
        #expect(rules.offset(at: -2_334_101_314) == -37_800)
        #expect(rules.offset(at: -1_157_282_999) == -34_200)
        #expect(rules.offset(at: 1_800_000_000) == -36_000)
    }

    @Test("after the table the footer's rule goes on for ever")
    func footer() throws {
        let rules = try TimeZoneRules(decoding: Self.paris)
        // 2026-03-29T01:00:00Z and 2026-10-25T01:00:00Z.
        #expect(rules.offset(at: 1_774_745_999) == 3600)
        #expect(rules.offset(at: 1_774_746_000) == 7200)
        #expect(rules.offset(at: 1_792_889_999) == 7200)
        #expect(rules.offset(at: 1_792_890_000) == 3600)
        // 2100-07-01.
        #expect(rules.offset(at: 4_118_083_200) == 7200)
    }

    @Test("a year in spans has one change to summer and one back")
    func spans() throws {
        let rules = try TimeZoneRules(decoding: Self.paris)
        let spans = rules.spans(from: 1_767_225_600, until: 1_798_761_600)
        #expect(
            spans == [
                OffsetSpan(start: 1_767_225_600, end: 1_774_746_000, offset: 3600),
                OffsetSpan(start: 1_774_746_000, end: 1_792_890_000, offset: 7200),
                OffsetSpan(start: 1_792_890_000, end: 1_798_761_600, offset: 3600),
            ])
        #expect(rules.spans(from: 5, until: 5) == [])
        #expect(TimeZoneRules.utc.spans(from: 0, until: 9) == [OffsetSpan(start: 0, end: 9, offset: 0)])
        #expect(!rules.spans(from: .min, until: .max).isEmpty, "the ends of time do not overflow")
    }

    @Test("rules of the south, of negative summers and of odd hours are understood")
    func rules() throws {
        // New Zealand: the year begins and ends in summer. 2026-01-15 and 2026-07-15.
        let auckland = try rules("NZST-12NZDT,M9.5.0,M4.1.0/3")
        #expect(auckland.offset(at: 1_768_435_200) == 46_800)
        #expect(auckland.offset(at: 1_784_073_600) == 43_200)
        // Ireland's law has the winter as the exception.
        let dublin = try rules("IST-1GMT0,M10.5.0,M3.5.0/1")
        #expect(dublin.offset(at: 1_768_435_200) == 0)
        #expect(dublin.offset(at: 1_784_073_600) == 3600)
        // Before and after midnight, and days later.
        let nuuk = try rules("<-02>2<-01>,M3.5.0/-1,M10.5.0/0")
        #expect(nuuk.offset(at: 1_774_745_999) == -7200)
        #expect(nuuk.offset(at: 1_774_746_000) == -3600)
        let gaza = try rules("EET-2EEST,M3.4.4/50,M10.4.4/50")
        // 2026-03-28T00:00:00Z is two o'clock on the Saturday after the fourth Thursday.
        #expect(gaza.offset(at: 1_774_655_999) == 7200)
        #expect(gaza.offset(at: 1_774_656_000) == 10_800)
        // Days counted through the year, with and without the leap day. 2024-03-01 is the 60th of J.
        let julian = try rules("AAA0BBB,J60/0,J300/0")
        #expect(julian.offset(at: 1_709_251_199) == 0)
        #expect(julian.offset(at: 1_709_251_200) == 3600)
        let zeroBased = try rules("AAA0BBB,59/0,300/0")
        #expect(zeroBased.offset(at: 1_709_164_800) == 3600, "the 59th after New Year is 29 February in 2024")
    }

    @Test("a file of version 1 has its table alone")
    func versionOne() throws {
        let file =
            Array("TZif".utf8) + Array(repeating: 0, count: 16)
            + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4]
            + [0, 0, 0, 100, 1, 0, 0, 0, 0, 0, 0, 0, 0, 14, 16, 0, 0] + Array("LMT\0".utf8)
        let rules = try TimeZoneRules(decoding: file)
        #expect(rules.offset(at: 99) == 0)
        #expect(rules.offset(at: 100) == 3600)
    }

    @Test("no prefix of a file is taken for one")
    func truncated() {
        for file in [Self.honolulu, Self.paris] {
            for prefix in file.prefixes {
                #expect(throws: DecodeError.self) { try TimeZoneRules(decoding: prefix) }
            }
        }
    }

    @Test(
        "footers that break the grammar are refused",
        arguments: [
            "X", "AB1", "ABC", "ABC1DEF,", "ABC1DEF,M1.1.1", "ABC1DEF,M13.1.1,M2.1.1",
            "ABC1DEF,M1.6.1,M2.1.1",
            "ABC1DEF,M1.1.7,M2.1.1", "ABC1DEF,J0,J1", "ABC1DEF,366,1", "ABC1DEF,1/168,2", "ABC25", "<AB",
            "ABC1DEF,M1.1.1,M2.1.1x", "ABC1:60", "ABC1DEF",
        ])
    func footers(_ footer: String) {
        #expect(throws: DecodeError.self) { try rules(footer) }
    }

    @Test("tables that contradict themselves are refused")
    func contradictions() {
        for changes in [[(5, 0), (5, 0)], [(5, 0), (4, 0)], [(5, 1)]] as [[(Int64, UInt8)]] {
            #expect(throws: DecodeError.self) { try rules("", changes: changes) }
        }
        #expect(throws: DecodeError.self) { try rules("", offset: 26 * 3600) }
        #expect(throws: DecodeError.self) { try TimeZoneRules(decoding: Array("TZi".utf8) + Self.paris) }
    }
}
