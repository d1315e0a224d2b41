// SPDX-License-Identifier: Apache-2.0

/// The unguessable name of a meeting and its path on the server: `abc-defg-hij`.
///
/// Ten letters a to z, in groups of three, four and three: 47 bits when drawn evenly.
public struct MeetingCode: Hashable, Sendable, CustomStringConvertible {
    /// Letters in a code, without the dashes.
    public static let letterCount = 10
    /// What the letters are drawn from.
    public static let alphabet = Array("abcdefghijklmnopqrstuvwxyz")

    /// The code in its one written form: lower case, with dashes.
    public let text: String

    public var description: String { text }

    /// The code that `text` means, however it was typed: capitals and missing dashes are forgiven.
    public init?(_ text: String) {
        var letters: [UInt8] = []
        var isAfterDash = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): letters.append(byte)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): letters.append(byte + 32)
            case UInt8(ascii: "-") where !isAfterDash && (letters.count == 3 || letters.count == 7): break
            default: return nil
            }
            isAfterDash = byte == UInt8(ascii: "-")
            guard letters.count <= Self.letterCount else { return nil }
        }
        guard letters.count == Self.letterCount else { return nil }
        let written =
            letters[..<3] + [UInt8(ascii: "-")] + letters[3..<7] + [UInt8(ascii: "-")] + letters[7...]
        self.text = String(decoding: written, as: UTF8.self)
    }
}
