// SPDX-License-Identifier: Apache-2.0

/// What follows the last full stop of a file's name: `exe`.
public struct FileEnding: Hashable, SettingValue {
    /// Lower case.
    public let text: String

    public init?(setting text: String) {
        let isWord = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) }
        guard (1...16).contains(text.utf8.count), isWord else { return nil }
        self.text = text.lowercased()
    }

    public var settingText: String { text }
    public static var settingFormat: String { "the ending of a file's name, e.g. exe" }

    /// What a system runs when somebody opens it without a second thought.
    static let dangerous: [FileEnding] = [
        "exe", "com", "bat", "cmd", "scr", "pif", "msi", "ps1", "vbs", "vbe", "js", "jse", "wsf", "hta",
        "lnk",
        "reg", "jar", "app", "desktop",
    ].compactMap { FileEnding(setting: $0) }
}
