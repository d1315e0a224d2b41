// SPDX-License-Identifier: Apache-2.0

internal import ByteCoding

/// `%41` for `A`. RFC 3986 §2.1.
public enum PercentCoding {
    /// `text` with its escapes resolved; `nil` when an escape is not two hex digits or the result is
    /// not UTF-8. The result may hold any character, NUL and `/` included: check after decoding.
    public static func decode(_ text: String) -> String? { decode(text.utf8[...], plusIsSpace: false) }

    static func decode(_ text: Substring.UTF8View, plusIsSpace: Bool) -> String? {
        guard text.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(Substring(text))
        }
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
}

/// The pairs of a query, `application/x-www-form-urlencoded`. WHATWG URL §5.1.
public struct HTTPQuery: Hashable, Sendable {
    /// As sent, without the `?`.
    public var text: String

    public init(_ text: String) { self.text = text }

    /// The decoded value of `name`, the last one when repeated; a pair with a broken escape is absent.
    public subscript(_ name: String) -> String? {
        for pair in encoded.reversed() where PercentCoding.decode(pair.name, plusIsSpace: true) == name {
            if let value = PercentCoding.decode(pair.value, plusIsSpace: true) { return value }
        }
        return nil
    }

    /// Every pair, decoded, in order.
    public var pairs: [(name: String, value: String)] {
        encoded.compactMap { pair in
            guard let name = PercentCoding.decode(pair.name, plusIsSpace: true),
                let value = PercentCoding.decode(pair.value, plusIsSpace: true)
            else { return nil }
            return (name, value)
        }
    }

    private var encoded: [(name: Substring.UTF8View, value: Substring.UTF8View)] {
        text.utf8.split(separator: UInt8(ascii: "&")).map { pair in
            let end = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            return (pair[..<end], pair[end...].dropFirst())
        }
    }
}
