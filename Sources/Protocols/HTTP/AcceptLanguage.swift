// SPDX-License-Identifier: Apache-2.0

/// Which languages a person reads. RFC 9110 §12.5.4.
public enum AcceptLanguage {
    /// The tag of `tags` that the person reads best; `nil` when they read none of them.
    ///
    /// What is asked for is shortened until it fits (RFC 4647 §3.4: `de-CH` takes `de`), and any variety of a
    /// language is better than another language: `pt` and `pt-PT` take `pt-BR`.
    /// - Parameter header: The value of `Accept-Language`, several joined by commas.
    public static func best(of tags: [String], in header: String) -> String? {
        let ranges = WeightedList.parse(header).enumerated().filter { $0.element.quality > 0 }.sorted {
            ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset)
        }
        for (_, range) in ranges {
            if let tag = match(Array(range.value), tags) { return tag }
        }
        return nil
    }

    private static func match(_ range: [UInt8], _ tags: [String]) -> String? {
        var subtags = range.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard let language = subtags.first, !language.isEmpty else { return nil }
        while !subtags.isEmpty {
            let prefix = subtags.joined(separator: [UInt8(ascii: "-")])
            if let tag = tags.first(where: { ASCII.equal(Array(prefix), ignoringCaseOf: $0.utf8) }) {
                return tag
            }
            subtags.removeLast()
        }
        return tags.first { tag in
            ASCII.equal(language, ignoringCaseOf: tag.utf8.prefix { $0 != UInt8(ascii: "-") })
        }
    }
}
