// SPDX-License-Identifier: Apache-2.0

/// A command line that cannot be understood: one sentence for the person who typed it.
public struct UsageError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
}

extension ConfigLayers {
    /// Options that take a value and are not settings.
    private static let others = ["--config", "--set"]

    /// Takes over what a subcommand was given: `--option value`, `--option=value` and `--set KEY=VALUE`.
    ///
    /// Only the shape is checked here; ``ServerConfig/load(_:)`` checks the values.
    /// - Parameter flags: The options without a value that this subcommand has, e.g. `--json`.
    /// - Returns: Those of them that were given.
    public mutating func take(_ given: [String], flags: [String] = []) throws(UsageError) -> Set<String> {
        var found: Set<String> = []
        var rest = given[...]
        while let word = rest.popFirst() {
            if flags.contains(word) {
                found.insert(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let option = String(parts[0])
            let setting = Setting.all.first { $0.argument == option }
            guard setting != nil || Self.others.contains(option) else {
                throw Self.unknown(word, flags: flags)
            }
            guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
                throw UsageError("\(option) needs a value.")
            }
            try take(option, value, for: setting)
        }
        return found
    }

    private mutating func take(
        _ option: String, _ value: String, for setting: Setting?
    ) throws(UsageError) {
        if let setting {
            arguments.append(Argument(key: setting.key, value: value, written: option))
        } else if option == "--config" {
            guard file == nil else { throw UsageError("--config can be given once.") }
            file = value
        } else {
            let pair = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, !pair[0].isEmpty else {
                throw UsageError("--set needs a setting and its value, e.g. --set rooms.capacity=4.")
            }
            arguments.append(Argument(key: String(pair[0]), value: String(pair[1]), written: option))
        }
    }

    private static func unknown(_ word: String, flags: [String]) -> UsageError {
        guard word.hasPrefix("-") else { return UsageError("\"\(word)\" is not expected here.") }
        let known = flags + Setting.all.compactMap(\.argument) + others + ["--help"]
        return UsageError(
            "There is no option \"\(word)\"\(Spelling.suggestion(for: word, among: known, otherwise: "."))")
    }
}
