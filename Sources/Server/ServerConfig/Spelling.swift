// SPDX-License-Identifier: Apache-2.0

/// Suggestions for names that do not exist.
public enum Spelling {
    /// `; did you mean "…"?` for the candidate nearest to `word`, or `otherwise` when none is near.
    public static func suggestion(
        for word: String, among candidates: [String], otherwise: String = ""
    ) -> String {
        guard let nearest = nearest(to: word, among: candidates) else { return otherwise }
        return "; did you mean \"\(nearest)\"?"
    }

    /// The candidate with the fewest edits to `word`: at most one for every three letters.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        // Nobody mistypes a name into something this long, and the distance takes quadratic time.
        guard word.count <= 64 else { return nil }
        let limit = max(1, word.count / 3)
        let distances = candidates.map { (name: $0, edits: edits(from: Array(word), to: Array($0))) }
        return distances.filter { $0.edits <= limit }.min { $0.edits < $1.edits }?.name
    }

    /// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`.
    private static func edits(from a: [Character], to b: [Character]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var least = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    least = min(least, beforeLast[j - 1] + 1)
                }
                row.append(least)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
