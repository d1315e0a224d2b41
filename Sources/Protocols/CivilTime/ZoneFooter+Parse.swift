// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding

extension ZoneFooter {
    /// Parses `std offset [dst [offset] , start [/time] , end [/time]]`. RFC 9636 §3.3, POSIX.1-2017 §8.3.
    /// - Parameter text: Without the line feeds around it.
    init(parsing text: [UInt8], at offset: Int) throws(DecodeError) {
        var parser = ZoneFooterParser(text, at: offset)
        try parser.skipName()
        // West is positive in these strings.
        self.offset = -(try parser.time(hours: 24))
        guard !parser.isAtEnd else { return }
        try parser.skipName()
        let summerOffset =
            parser.peek == UInt8(ascii: ",") ? self.offset + 3600 : -(try parser.time(hours: 24))
        let start = try parser.turn()
        let end = try parser.turn()
        guard parser.isAtEnd else { throw parser.invalid }
        summer = Summer(offset: summerOffset, start: start, end: end)
    }
}

/// Reads the parts of a `TZ` string one after the other.
private struct ZoneFooterParser {
    private let text: [UInt8]
    private var index = 0
    /// Of the string in its file, for complaints.
    private let base: Int

    init(_ text: [UInt8], at base: Int) {
        self.text = text
        self.base = base
    }

    var isAtEnd: Bool { index == text.count }
    var peek: UInt8? { isAtEnd ? nil : text[index] }
    var invalid: DecodeError { DecodeError(.invalid, "TZif footer", at: base + index) }

    private mutating func take(_ byte: Character) -> Bool {
        guard peek == byte.asciiValue else { return false }
        index += 1
        return true
    }

    /// An abbreviation: letters, or anything alphanumeric with a sign between angle brackets.
    mutating func skipName() throws(DecodeError) {
        let isQuoted = take("<")
        let start = index
        while let byte = peek, Self.isNameByte(byte, quoted: isQuoted) { index += 1 }
        guard index - start >= 3, !isQuoted || take(">") else { throw invalid }
    }

    private static func isNameByte(_ byte: UInt8, quoted: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"): quoted
        default: false
        }
    }

    private mutating func number(_ range: ClosedRange<Int>) throws(DecodeError) -> Int {
        var value = 0
        let start = index
        while let byte = peek, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte, index - start < 3 {
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
            index += 1
        }
        guard index > start, range ~= value else { throw invalid }
        return value
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func time(hours: Int) throws(DecodeError) -> Int64 {
        let isNegative = take("-")
        if !isNegative { _ = take("+") }
        var seconds = try number(0...hours) * 3600
        if take(":") {
            seconds += try number(0...59) * 60
            if take(":") { seconds += try number(0...59) }
        }
        return Int64(isNegative ? -seconds : seconds)
    }

    /// `,date[/time]`, at two o'clock where no time is given.
    mutating func turn() throws(DecodeError) -> ZoneFooter.Turn {
        guard take(",") else { throw invalid }
        let day: ZoneFooter.Turn.Day
        if take("M") {
            let month = try number(1...12)
            guard take(".") else { throw invalid }
            let week = try number(1...5)
            guard take(".") else { throw invalid }
            day = .weekday(month: month, week: week, day: try number(0...6))
        } else if take("J") {
            day = .julian(try number(1...365))
        } else {
            day = .zeroBased(try number(0...365))
        }
        return ZoneFooter.Turn(day: day, time: take("/") ? try time(hours: 167) : 7200)
    }
}
