// SPDX-License-Identifier: Apache-2.0
public import ByteCoding

extension TimeZoneRules {
    /// More than any place has seen, and little enough to keep.
    private static let maxChanges = 10_000

    /// Decodes a TZif file of any version. RFC 9636 §3.
    ///
    /// Since version 2 the table is there twice, and the second one has room for all times.
    public init(decoding bytes: [UInt8]) throws(DecodeError) {
        self = try bytes.withReader { (reader) throws(DecodeError) in
            let first = try Header(decoding: &reader)
            guard first.hasLongTimes else {
                return try Self.table(of: first, timeSize: 4, &reader, footer: false)
            }
            try reader.skip("TZif version 1 data", count: first.size(timeSize: 4))
            let second = try Header(decoding: &reader)
            return try Self.table(of: second, timeSize: 8, &reader, footer: true)
        }
    }

    /// RFC 9636 §3.1.
    private struct Header {
        var hasLongTimes: Bool
        var utIndicators: Int, standardIndicators: Int, leapSeconds: Int
        var changes: Int, types: Int, designationBytes: Int

        init(decoding reader: inout ByteReader) throws(DecodeError) {
            let start = reader.offset
            guard try reader.readBytes("TZif magic", count: 4) == Array("TZif".utf8) else {
                throw DecodeError(.invalid, "TZif magic", at: start)
            }
            hasLongTimes = try reader.read("TZif version", as: UInt8.self) >= UInt8(ascii: "2")
            try reader.skip("TZif header", count: 15)
            utIndicators = try Self.count("isutcnt", &reader)
            standardIndicators = try Self.count("isstdcnt", &reader)
            leapSeconds = try Self.count("leapcnt", &reader)
            changes = try Self.count("timecnt", &reader)
            types = try Self.count("typecnt", &reader)
            designationBytes = try Self.count("charcnt", &reader)
            guard types > 0 else { throw DecodeError(.invalid, "typecnt", at: start) }
        }

        private static func count(
            _ field: String, _ reader: inout ByteReader
        ) throws(DecodeError) -> Int {
            let start = reader.offset
            let count = Int(try reader.read(field, as: UInt32.self))
            guard count <= maxChanges else { throw DecodeError(.tooLarge, field, at: start) }
            return count
        }

        /// Bytes of the data that follow.
        func size(timeSize: Int) -> Int {
            changes * (timeSize + 1) + types * 6 + designationBytes + leapSeconds * (timeSize + 4)
                + standardIndicators + utIndicators
        }
    }

    /// RFC 9636 §3.2.
    private static func table(
        of header: Header, timeSize: Int, _ reader: inout ByteReader, footer hasFooter: Bool
    ) throws(DecodeError) -> TimeZoneRules {
        let start = reader.offset
        // Such files count seconds that the clocks of computers skip.
        guard header.leapSeconds == 0 else { throw DecodeError(.unsupported, "leapcnt", at: start) }
        var times: [Int64] = []
        for _ in 0..<header.changes {
            let at = reader.offset
            let time =
                timeSize == 8
                ? try reader.read("transition time", as: Int64.self)
                : Int64(try reader.read("transition time", as: Int32.self))
            guard time > times.last ?? .min else { throw DecodeError(.invalid, "transition time", at: at) }
            times.append(time)
        }
        let kinds = try reader.readBytes("transition types", count: header.changes)
        let offsets = try offsets(header.types, &reader)
        guard kinds.allSatisfy({ Int($0) < offsets.count }) else {
            throw DecodeError(.invalid, "transition types", at: start)
        }
        try reader.skip(
            "designations", count: header.designationBytes + header.standardIndicators + header.utIndicators)
        let changes = zip(times, kinds).map { Change(at: $0, offset: offsets[Int($1)]) }
        return TimeZoneRules(
            firstOffset: offsets[0], changes: changes, footer: hasFooter ? try footer(&reader) : nil)
    }

    private static func offsets(
        _ count: Int, _ reader: inout ByteReader
    ) throws(DecodeError) -> [Int64] {
        var offsets: [Int64] = []
        for _ in 0..<count {
            let at = reader.offset
            let offset = Int64(try reader.read("utoff", as: Int32.self))
            // One day and two hours: RFC 9636 §3.2 advises less than that.
            guard abs(offset) < 26 * 3600 else { throw DecodeError(.invalid, "utoff", at: at) }
            try reader.skip("local time type", count: 2)
            offsets.append(offset)
        }
        return offsets
    }

    /// RFC 9636 §3.3. Empty when the table says all there is to say.
    private static func footer(_ reader: inout ByteReader) throws(DecodeError) -> ZoneFooter? {
        let lineFeed = UInt8(ascii: "\n")
        let start = reader.offset
        guard try reader.read("TZif footer", as: UInt8.self) == lineFeed else {
            throw DecodeError(.invalid, "TZif footer", at: start)
        }
        guard let length = reader.distance(to: lineFeed) else {
            throw DecodeError(.truncated, "TZif footer", at: reader.offset)
        }
        guard length > 0 else { return nil }
        return try ZoneFooter(
            parsing: reader.readBytes("TZif footer", count: length), at: start + 1)
    }
}
