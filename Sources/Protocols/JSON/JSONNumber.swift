// SPDX-License-Identifier: Apache-2.0

/// A number as it is written, so that none loses digits on its way through. RFC 8259 §6.
///
/// Equal means written alike: `1` and `1.0` are two values here. Compare ``integer`` or ``double``
/// where the amount matters.
public struct JSONNumber: Hashable, Sendable, CustomStringConvertible {
    /// Follows the grammar of RFC 8259 §6.
    public let text: String

    public init(_ value: Int64) { text = String(value) }

    public init(_ value: UInt64) { text = String(value) }

    /// The shortest text that reads back as `value`. JSON has no infinity and no NaN: those become the
    /// largest finite numbers and 0.
    public init(_ value: Double) {
        let finite = value.isNaN ? 0 : value.clampedToFinite
        let text = "\(finite)"
        self.text = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// - Parameter text: Already checked against the grammar.
    init(checked text: String) { self.text = text }

    /// The nearest double; the largest finite one for numbers beyond it.
    public var double: Double { (Double(text) ?? 0).clampedToFinite }

    /// The value if it is whole and fits, however it is written: `1000`, `1000.0` and `1e3` are alike.
    public var integer: Int64? {
        if let value = Int64(text) { return value }
        let parts = text.utf8.split(maxSplits: 1) { $0 | 0x20 == UInt8(ascii: "e") }
        guard let mantissa = parts.first, let exponent = parts.count > 1 ? Int64(Substring(parts[1])) : 0
        else { return nil }
        let point = mantissa.firstIndex(of: UInt8(ascii: ".")) ?? mantissa.endIndex
        let decimals = mantissa[point...].dropFirst()
        var digits = mantissa[..<point].filter { $0 != UInt8(ascii: "-") } + decimals
        let significant = digits.lastIndex { $0 != UInt8(ascii: "0") }
        guard let significant else { return 0 }
        let trailingZeros = digits.count - 1 - significant
        digits.removeLast(trailingZeros)
        // The value is now `digits` × 10^shift, and `digits` does not end in zero.
        let (shift, overflow) = exponent.subtractingReportingOverflow(Int64(decimals.count - trailingZeros))
        guard !overflow, 0...18 ~= shift else { return nil }
        let sign = text.hasPrefix("-") ? "-" : ""
        return Int64(
            sign + String(decoding: digits, as: UTF8.self) + String(repeating: "0", count: Int(shift)))
    }

    public var description: String { text }
}

extension Double {
    fileprivate var clampedToFinite: Double {
        isFinite ? self : sign == .plus ? .greatestFiniteMagnitude : -.greatestFiniteMagnitude
    }
}
