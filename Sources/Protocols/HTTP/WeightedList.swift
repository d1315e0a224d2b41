// SPDX-License-Identifier: Apache-2.0

/// The members of a list of preferences, such as `Accept-Encoding`. RFC 9110 §12.4.2.
enum WeightedList {
    /// The members as sent, in their order, with weights of 0…1. A member with a malformed weight is left
    /// out, as if it were not there.
    static func parse(_ header: String) -> [(value: ArraySlice<UInt8>, quality: Double)] {
        Array(header.utf8).split(separator: UInt8(ascii: ",")).compactMap { member in
            let parts = member.split(
                separator: UInt8(ascii: ";"), maxSplits: 1, omittingEmptySubsequences: false
            ).map(\.trimmed)
            guard parts.count == 2 else { return (parts[0], 1) }
            let weight = parts[1]
            guard weight.count > 2, ASCII.equal(weight.prefix(2), ignoringCaseOf: "q=".utf8) else {
                return nil
            }
            return quality(weight.dropFirst(2)).map { (parts[0], $0) }
        }
    }

    /// `0` or `1` with up to three decimals.
    private static func quality(_ text: ArraySlice<UInt8>) -> Double? {
        guard text.count <= 5, let first = text.first, first == 0x30 || first == 0x31 else { return nil }
        let decimals = text.dropFirst(2)
        guard text.dropFirst().first ?? UInt8(ascii: ".") == UInt8(ascii: "."),
            decimals.allSatisfy(ASCII.isDigit)
        else { return nil }
        var thousandths = first == 0x31 ? 1000 : 0
        for (digit, scale) in zip(decimals, [100, 10, 1]) { thousandths += Int(digit - 0x30) * scale }
        return thousandths <= 1000 ? Double(thousandths) / 1000 : nil
    }
}
