// SPDX-License-Identifier: Apache-2.0

/// Names for the bytes that delimit HTTP text, and its character classes. RFC 9110 §5.6, RFC 3986 §2.
package enum ASCII {
    static let tab: UInt8 = 0x09
    static let lf: UInt8 = 0x0A
    static let cr: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let colon = UInt8(ascii: ":")
    static let slash = UInt8(ascii: "/")

    /// A to Z become a to z; every other byte stays. Never by locale: names are ASCII.
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    package static func isWhitespace(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

    /// `tchar`, what methods and field names are made of. RFC 9110 §5.6.2.
    package static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "!"), 0x23...0x27, UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// `unreserved` and `sub-delims`, what a registered name is made of besides escapes. RFC 3986 §3.2.2.
    static func isRegisteredName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "!"),
            UInt8(ascii: "$"), 0x26...0x2C, UInt8(ascii: ";"), UInt8(ascii: "="):
            true
        default: false
        }
    }

    /// Whether two texts are equal but for the case of ASCII letters.
    static func equal(
        _ a: some RandomAccessCollection<UInt8>, ignoringCaseOf b: some Collection<UInt8>
    ) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { lowercased($0) == lowercased($1) }
    }
}

extension BidirectionalCollection<UInt8> where SubSequence == Self {
    /// Without the spaces and tabs at both ends: `OWS`. RFC 9110 §5.6.3.
    var trimmed: Self {
        var rest = self
        while let first = rest.first, ASCII.isWhitespace(first) { rest.removeFirst() }
        while let last = rest.last, ASCII.isWhitespace(last) { rest.removeLast() }
        return rest
    }
}
