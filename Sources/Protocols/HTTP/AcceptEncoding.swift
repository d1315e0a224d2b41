// SPDX-License-Identifier: Apache-2.0

/// Which content codings a client takes. RFC 9110 §12.5.3.
public enum AcceptEncoding {
    /// How much the client wants `coding`, 0…1, where 0 means not at all. `identity` is taken unless
    /// it is refused; any other coding that is not named, by itself or by `*`, is not taken.
    /// - Parameter header: The value of `Accept-Encoding`, several joined by commas; `nil` when the
    ///   request has none.
    public static func quality(of coding: String, in header: String?) -> Double {
        let members = header.map(parse) ?? []
        let named = members.first { ASCII.equal($0.coding, ignoringCaseOf: coding.utf8) }
        let any = members.first { $0.coding.elementsEqual("*".utf8) }
        if let member = named ?? any { return member.quality }
        return ASCII.equal(Array("identity".utf8), ignoringCaseOf: coding.utf8) ? 1 : 0
    }

    /// The coding of `codings` that the client wants most, the first of equals; `nil` when it takes
    /// none of them. Offer them in the server's order of preference.
    public static func best(of codings: [String], in header: String?) -> String? {
        var best: (coding: String, quality: Double)?
        for coding in codings {
            let quality = quality(of: coding, in: header)
            if quality > best?.quality ?? 0 { best = (coding, quality) }
        }
        return best?.coding
    }

    /// A member with a malformed weight is left out, as if it were not there.
    private static func parse(_ header: String) -> [(coding: ArraySlice<UInt8>, quality: Double)] {
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

    /// `0` or `1` with up to three decimals. RFC 9110 §12.4.2.
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
