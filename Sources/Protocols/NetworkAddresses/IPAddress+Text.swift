// SPDX-License-Identifier: Apache-2.0

extension IPAddress: LosslessStringConvertible {
    /// Reads four decimal numbers without leading zeros, or an IPv6 address in any form of RFC 4291 §2.2, without
    /// brackets, zone or prefix.
    ///
    /// An IPv4 address that is written in IPv6 (`::ffff:192.0.2.1`) is that IPv4 address.
    public init?(_ text: String) { self.init(text: text.utf8) }

    /// ``init(_:)`` of characters that are not a string.
    public init?(text: some Collection<UInt8>) {
        // The longest form has 45 characters: six groups and an IPv4 address.
        guard text.count <= 45 else { return nil }
        var scanner = AddressScanner(Array(text))
        if let number = scanner.v4(), scanner.isAtEnd {
            self.init(v4: number)
            return
        }
        scanner = AddressScanner(Array(text))
        guard let address = scanner.v6(), scanner.isAtEnd else { return nil }
        self = address.unmapped
    }

    /// The canonical form: four decimal numbers, or groups in lower case with the longest run of zeros left out;
    /// the IPv4 part of `::ffff:192.0.2.1` stays decimal. RFC 5952 §4, §5.
    public var description: String {
        if let v4 { return Self.decimal(v4) }
        if isMapped { return "::ffff:" + Self.decimal(UInt32(truncatingIfNeeded: low)) }
        let groups = (0..<8).map { index in
            UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - index % 4 * 16))
        }
        guard let zeros = Self.longestZeros(groups) else { return Self.hexadecimal(groups[...]) }
        return Self.hexadecimal(groups[..<zeros.lowerBound]) + "::"
            + Self.hexadecimal(groups[zeros.upperBound...])
    }

    private static func decimal(_ number: UInt32) -> String {
        "\(number >> 24).\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)"
    }

    private static func hexadecimal(_ groups: ArraySlice<UInt16>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }

    /// The first of the longest runs of two or more zeros.
    private static func longestZeros(_ groups: [UInt16]) -> Range<Int>? {
        var longest = 0..<1
        var start = 0
        for (index, group) in groups.enumerated() {
            if group != 0 {
                start = index + 1
            } else if index + 1 - start > longest.count {
                longest = start..<index + 1
            }
        }
        return longest.count > 1 ? longest : nil
    }
}

/// Reads addresses from the front of ASCII text.
struct AddressScanner {
    private let text: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) { self.text = text }

    var isAtEnd: Bool { position == text.count }

    private var next: UInt8? { position < text.count ? text[position] : nil }

    /// Passes over `character` if it is next.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// A decimal number of at most five digits without leading zeros.
    mutating func number(upTo limit: Int) -> Int? {
        let start = position
        var value = 0
        while let digit = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit), position - start < 5
        {
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
            position += 1
        }
        let count = position - start
        guard count > 0, count == 1 || text[start] != UInt8(ascii: "0"), value <= limit else { return nil }
        return value
    }

    /// `192.0.2.1`
    mutating func v4() -> UInt32? {
        var number: UInt32 = 0
        for index in 0..<4 {
            guard index == 0 || take("."), let part = self.number(upTo: 255) else { return nil }
            number = number << 8 | UInt32(part)
        }
        return number
    }

    /// Eight groups, or fewer around one `::`; the last two may be an IPv4 address.
    mutating func v6() -> IPAddress? {
        var groups: [UInt16] = []
        var gap: Int?
        if take(":") {
            guard take(":") else { return nil }
            gap = 0
        }
        while groups.count < 8, let group = self.group() {
            guard next != UInt8(ascii: ".") else {
                position -= group.digits
                guard groups.count <= 6, let number = v4() else { return nil }
                groups += [UInt16(truncatingIfNeeded: number >> 16), UInt16(truncatingIfNeeded: number)]
                break
            }
            groups.append(group.value)
            guard take(":") else { break }
            if take(":") {
                guard gap == nil else { return nil }
                gap = groups.count
            } else if groups.count == 8 || next == nil {
                return nil
            }
        }
        if let gap {
            // The gap stands for one group at least.
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        return IPAddress(
            high: groups[..<4].reduce(0) { $0 << 16 | UInt64($1) },
            low: groups[4...].reduce(0) { $0 << 16 | UInt64($1) })
    }

    /// One to four hexadecimal digits.
    private mutating func group() -> (value: UInt16, digits: Int)? {
        var value: UInt16 = 0
        var digits = 0
        while digits < 4, let digit = next, let nibble = Self.nibble(digit) {
            value = value << 4 | UInt16(nibble)
            digits += 1
            position += 1
        }
        return digits > 0 ? (value, digits) : nil
    }

    private static func nibble(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
