// SPDX-License-Identifier: Apache-2.0

/// Names of people as everybody else may see them.
public enum PersonName {
    /// `text` without what a name must not carry, or `nil` when nothing visible or too much is left.
    ///
    /// Control characters and bidirectional overrides could forge the line a name stands in; runs of
    /// white space become one space, so that a name cannot push others out of sight.
    public static func cleaned(_ text: String) -> String? {
        // Nothing honest is cut down to the limit from several times its size.
        guard text.utf8.count <= 4 * MeetingLimits.nameBytes else { return nil }
        var name = String.UnicodeScalarView()
        var pendingSpace = false
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace {
                pendingSpace = !name.isEmpty
            } else if !isForbidden(scalar) {
                if pendingSpace { name.append(" ") }
                pendingSpace = false
                name.append(scalar)
            }
        }
        let cleaned = String(name)
        guard name.contains(where: isVisible), cleaned.count <= MeetingLimits.nameCharacters,
            cleaned.utf8.count <= MeetingLimits.nameBytes
        else { return nil }
        return cleaned
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // Embeddings, overrides and isolates. Unicode Standard Annex 9 §2.
        case 0x202A...0x202E, 0x2066...0x2069: true
        // Byte order mark, interlinear annotation, replacement.
        case 0xFEFF, 0xFFF9...0xFFFD: true
        default: scalar.properties.generalCategory == .control
        }
    }

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator: false
        default: !scalar.properties.isDefaultIgnorableCodePoint
        }
    }
}
