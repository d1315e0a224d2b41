// SPDX-License-Identifier: Apache-2.0

/// Which content codings a client takes. RFC 9110 §12.5.3.
public enum AcceptEncoding {
    /// How much the client wants `coding`, 0…1, where 0 means not at all. `identity` is taken unless
    /// it is refused; any other coding that is not named, by itself or by `*`, is not taken.
    /// - Parameter header: The value of `Accept-Encoding`, several joined by commas; `nil` when the
    ///   request has none.
    public static func quality(of coding: String, in header: String?) -> Double {
        let members = header.map(WeightedList.parse) ?? []
        let named = members.first { ASCII.equal($0.value, ignoringCaseOf: coding.utf8) }
        let any = members.first { $0.value.elementsEqual("*".utf8) }
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
}
