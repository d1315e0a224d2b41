// SPDX-License-Identifier: Apache-2.0
public import Dialects

/// One dialect that is turned on, and where.
public struct DialectChoice: Hashable, Sendable {
    public var key: DialectKey
    /// Ports of its own, of which dialects may share some; 0 for any that is free. It is at its path of the main
    /// address in any case.
    public var ports: [UInt16]
    /// A folder of pages to serve on those ports.
    public var folder: String?

    public init(_ key: DialectKey, ports: [UInt16]? = nil, folder: String? = nil) {
        self.key = key
        self.ports = ports ?? key.usualPorts
        self.folder = folder
    }

    /// `NAME`, `NAME:PORT`, `NAME:PORT:PORT`, `NAME:none`, any of them with `=FOLDER`.
    fileprivate init?(_ text: Substring) {
        let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = halves[0].split(separator: ":", omittingEmptySubsequences: false)
        guard let key = DialectKey(rawValue: String(parts[0])) else { return nil }
        self.init(key)
        if parts.count == 2, parts[1] == "none" {
            ports = []
        } else if parts.count > 1 {
            ports = parts.dropFirst().compactMap { UInt16($0) }
            guard ports.count == parts.count - 1 else { return nil }
        }
        if halves.count == 2 {
            guard !halves[1].isEmpty, !ports.isEmpty else { return nil }
            folder = String(halves[1])
        }
    }

    fileprivate var text: String {
        var text = key.rawValue
        if ports.isEmpty {
            text += ":none"
        } else if ports != key.usualPorts {
            text += ports.map { ":\($0)" }.joined()
        }
        return text + (folder.map { "=" + $0 } ?? "")
    }
}

/// The dialects that are turned on, each once.
public struct DialectChoices: Hashable, SettingValue {
    /// In the order of ``DialectKey``.
    public private(set) var choices: [DialectChoice]

    public init() { choices = [] }

    /// Entries with commas or spaces between them; `all` for every dialect at its usual ports. Of several entries
    /// for one dialect, the last counts.
    public init?(setting text: String) {
        var chosen: [DialectKey: DialectChoice] = [:]
        for item in text.split(whereSeparator: { $0 == "," || $0 == " " || $0 == "\t" }) {
            if item == "all" {
                for key in DialectKey.allCases { chosen[key] = DialectChoice(key) }
            } else {
                guard let choice = DialectChoice(item) else { return nil }
                chosen[choice.key] = choice
            }
        }
        choices = DialectKey.allCases.compactMap { chosen[$0] }
    }

    public var settingText: String {
        choices == DialectKey.allCases.map { DialectChoice($0) }
            ? "all" : choices.map(\.text).joined(separator: ", ")
    }

    public static var settingFormat: String {
        let names = DialectKey.allCases.map(\.rawValue).joined(separator: ", ")
        return
            "all, or names from \(names); each with ports after it (bunch:8181), none, or a folder of pages "
            + "(bunch:8181=./pages)"
    }
}
