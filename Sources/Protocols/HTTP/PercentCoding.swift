// SPDX-License-Identifier: Apache-2.0

internal import ByteCoding

/// `%41` for `A`. RFC 3986 §2.1.
public enum PercentCoding {
    /// `text` with its escapes resolved; `nil` when an escape is not two hex digits or the result is
    /// not UTF-8. The result may hold any character, NUL and `/` included: check after decoding.
    public static func decode(_ text: String) -> String? { decode(text.utf8[...], plusIsSpace: false) }

    /// `text` as one part of a path: everything but unreserved characters is escaped. RFC 3986 §2.3.
    public static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func decode(_ text: Substring.UTF8View, plusIsSpace: Bool) -> String? {
        if isPlain(text) { return String(Substring(text)) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.next()?.hexDigitValue,
                    let low = rest.next()?.hexDigitValue
                else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace:
                bytes.append(ASCII.space)
            default:
                bytes.append(byte)
            }
        }
        return bytes.isValidUTF8 ? String(decoding: bytes, as: UTF8.self) : nil
    }

    /// Whether decoding changes nothing.
    static func isPlain(_ text: Substring.UTF8View) -> Bool {
        !text.contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }
    }
}

/// The pairs of a query, `application/x-www-form-urlencoded`. WHATWG URL §5.1.
public struct HTTPQuery: Hashable, Sendable {
    /// As sent, without the `?`.
    public var text: String

    public init(_ text: String) { self.text = text }

    /// The decoded value of `name`, the last one when repeated; a pair with a broken escape is absent.
    public subscript(_ name: String) -> String? {
        var found: String?
        forEachPair { encodedName, encodedValue in
            guard
                PercentCoding.isPlain(encodedName)
                    ? encodedName.elementsEqual(name.utf8)
                    : PercentCoding.decode(encodedName, plusIsSpace: true) == name
            else { return }
            found = PercentCoding.decode(encodedValue, plusIsSpace: true) ?? found
        }
        return found
    }

    /// Every pair, decoded, in order.
    public var pairs: [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        forEachPair { name, value in
            guard let name = PercentCoding.decode(name, plusIsSpace: true),
                let value = PercentCoding.decode(value, plusIsSpace: true)
            else { return }
            pairs.append((name, value))
        }
        return pairs
    }

    private func forEachPair(_ body: (Substring.UTF8View, Substring.UTF8View) -> Void) {
        var rest = text.utf8[...]
        while !rest.isEmpty {
            let pair = rest.prefix { $0 != UInt8(ascii: "&") }
            rest = rest[pair.endIndex...].dropFirst()
            guard !pair.isEmpty else { continue }
            let name = pair.prefix { $0 != UInt8(ascii: "=") }
            body(name, pair[name.endIndex...].dropFirst())
        }
    }
}
