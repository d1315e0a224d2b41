// SPDX-License-Identifier: Apache-2.0

/// A command line that cannot be understood: one sentence for the person who typed it.
public struct UsageError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
}

/// What a subcommand was given besides settings.
public struct TakenArguments: Hashable, Sendable {
    /// Its options without a value.
    public var flags: Set<String> = []
    /// Its options with a value; the last one counts.
    public var values: [String: String] = [:]
    /// What is no option, in order.
    public var words: [String] = []
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
        try take(given, flags: flags, options: [], words: 0).flags
    }

    /// The same for a subcommand that has options with values, such as `--name`, and takes words.
    /// - Parameter words: How many at most.
    public mutating func take(
        _ given: [String], flags: [String] = [], options: [String], words: Int
    ) throws(UsageError) -> TakenArguments {
        var found = TakenArguments()
        var rest = given[...]
        while let word = rest.popFirst() {
            if flags.contains(word) {
                found.flags.insert(word)
                continue
            }
            if !word.hasPrefix("-"), found.words.count < words {
                found.words.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let option = String(parts[0])
            if options.contains(option) {
                guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
                    throw UsageError("\(option) needs a value.")
                }
                found.values[option] = value
                continue
            }
            let setting = Setting.all.first { $0.argument == option }
            guard setting != nil || Self.others.contains(option) else {
                throw word.hasPrefix("-")
                    ? Self.unknown(option, flags: flags + options)
                    : UsageError("\"\(word)\" is not expected here.")
            }
            let isBare = parts.count == 1 && (rest.first?.hasPrefix("-") ?? true)
            if isBare, let setting, let value = setting.bareValue {
                try take(option, value, for: setting)
                continue
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

    private static func unknown(_ option: String, flags: [String]) -> UsageError {
        let beginning = "There is no option \"\(option)\""
        let name = String(option.drop { $0 == "-" })
        if let ours = namesElsewhere[name] {
            return UsageError("\(beginning); did you mean \"\(ours)\"?")
        }
        // Without the dashes, which would make all names look alike.
        let known = (flags + Setting.all.compactMap(\.argument) + others + ["--help"]).map { $0.dropFirst(2) }
        let nearest = Spelling.nearest(to: name, among: known.map(String.init))
        return UsageError(beginning + (nearest.map { "; did you mean \"--\($0)\"?" } ?? "."))
    }

    /// What other programs call our options: no spelling leads from there to here.
    static let namesElsewhere: [String: String] = {
        let others: [String: [String]] = [
            "--listen ADDRESS:PORT": [
                "port", "p", "host", "bind", "address", "addr", "ip", "interface", "http-port", "https-port",
            ],
            "--data FOLDER": ["data-dir", "data-folder", "data-path", "dir", "directory", "folder"],
            "--cert FILE": [
                "cert-file", "certificate", "certificate-file", "tls-cert", "tls-certificate", "ssl-cert",
            ],
            "--key FILE": ["key-file", "private-key", "tls-key", "ssl-key"],
            "--config FILE": ["c", "conf", "config-file"],
            "--tls off": ["http", "no-tls", "no-ssl", "insecure", "plain"],
            "--public-ip LIST": ["external-ip", "public-address", "nat-1to1-ips", "advertised-ip"],
            "--set turn.relay-ports=MIN-MAX": ["min-port", "max-port", "relay-ports"],
            "--set turn.realm=NAME": ["realm", "r"],
            "--set turn.secrets-file=FILE": ["static-auth-secret", "use-auth-secret"],
            "--behind-proxy LIST": [
                "proxy", "reverse-proxy", "trust-proxy", "trusted-proxy", "trusted-proxies",
            ],
        ]
        var table: [String: String] = [:]
        for (ours, theirs) in others { for name in theirs { table[name] = ours } }
        return table
    }()
}
