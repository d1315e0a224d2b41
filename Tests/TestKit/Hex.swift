// SPDX-License-Identifier: Apache-2.0

extension Array where Element == UInt8 {
    /// Bytes from hex digits; spaces and newlines are for the reader.
    public init(hex text: String) {
        let digits = text.filter { !$0.isWhitespace }.map { digit in
            guard let value = digit.hexDigitValue else { preconditionFailure("\(digit) is not a hex digit") }
            return UInt8(value)
        }
        precondition(digits.count % 2 == 0, "odd number of hex digits")
        self = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// Every proper prefix, shortest first: what a decoder sees while the rest is still on its way.
    public var prefixes: [[UInt8]] { (0..<count).map { Array(self[..<$0]) } }
}
