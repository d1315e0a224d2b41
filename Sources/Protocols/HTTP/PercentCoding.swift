// SPDX-License-Identifier: Apache-2.0

internal import ByteCoding

/// `%41` for `A`. RFC 3986 §2.1.
public enum PercentCoding {
    /// `text` with its escapes resolved; `nil` when an escape is not two hex digits or the result is
    /// not UTF-8. The result may hold any character, NUL and `/` included: check after decoding.
    public static func decode(_ text: String) -> String? { decode(text.utf8, plusIsSpace: false) }

    static func decode(_ text: some Collection<UInt8>, plusIsSpace: Bool) -> String? {
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
    public subscript(_ name: String) -> String? { pairs.last { $0.name == name }?.value }

    /// Every pair, decoded, in order.
    public var pairs: [(name: String, value: String)] {
        text.utf8.split(separator: UInt8(ascii: "&")).compactMap { pair in
            let end = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard let name = PercentCoding.decode(pair[..<end], plusIsSpace: true),
                let value = PercentCoding.decode(pair[end...].dropFirst(), plusIsSpace: true)
            else { return nil }
            return (name, value)
        }
    }
}
