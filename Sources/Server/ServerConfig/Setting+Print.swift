// SPDX-License-Identifier: Apache-2.0

extension Setting {
    /// The value in `config`, as the configuration file would have it.
    public func value(in config: ServerConfig) -> String { text(config) }

    /// Every setting with the value in effect and where it came from, for a terminal.
    public static func table(of loaded: LoadedConfig) -> String {
        let rows = all.map { setting in
            (
                setting.key, setting.text(loaded.config), loaded.source(of: setting.key).description,
                setting.summary
            )
        }
        let keyWidth = rows.map(\.0.count).max() ?? 0
        let valueWidth = rows.map(\.1.count).max() ?? 0
        return rows.map { key, value, source, summary in
            """
            \(padded(key, to: keyWidth))  \(padded(value.isEmpty ? "-" : value, to: valueWidth))  (\(source))
            \(wrapped(plain(summary), to: 96).map { "    " + $0 }.joined(separator: "\n"))
            """
        }.joined(separator: "\n") + "\n"
    }

    /// A configuration file in which every setting is explained and commented out.
    public static var sampleFile: String {
        let entries = all.map { setting in
            let comment = wrapped("\(plain(setting.summary)) Value: \(setting.format).", to: 96)
            let value = setting.text(ServerConfig())
            return (comment.map { "# " + $0 } + ["#\(setting.key) =\(value.isEmpty ? "" : " " + value)"])
                .joined(separator: "\n")
        }
        return "# Parley's settings, with their defaults. Remove the # in front of a line to change it.\n\n"
            + entries.joined(separator: "\n\n") + "\n"
    }

    /// The options that every command with a configuration has, for its help.
    public static var options: String {
        let settings = all.compactMap { setting in setting.usage.map { ($0, plain(setting.summary)) } }
        let others = [
            ("--config FILE", "Read settings from this file and not from parley.conf in the data folder."),
            ("--set KEY=VALUE", "Any setting, e.g. --set rooms.capacity=4; parley config lists them."),
        ]
        return (settings + others).map { option, summary in
            let lines = wrapped(summary, to: 78)
            return
                (["  " + padded(option, to: 24) + lines[0]]
                + lines.dropFirst().map { String(repeating: " ", count: 26) + $0 }).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    /// `docs/configuration.md`.
    public static var markdown: String {
        let rows = all.map { setting in
            let value = setting.text(ServerConfig())
            let argument = setting.usage.map { "`\($0)`" } ?? ""
            return """
                ### `\(setting.key)`

                \(setting.summary)

                - Value: \(setting.format)
                - Default: \(value.isEmpty ? "nothing" : "`\(value)`")
                - Environment: `\(setting.environmentName)`\(argument.isEmpty ? "" : "\n- Argument: \(argument)")
                """
        }
        return preface + rows.joined(separator: "\n\n") + "\n"
    }

    private static let preface = """
        # Configuration

        <!-- Printed by `parley config --markdown`; a test compares the two. Change Sources/Server/ServerConfig. -->

        Parley needs no configuration. What you may want to change is read from four places, each over the one before:

        1. the defaults below;
        2. a file: the one named with `--config FILE`, otherwise `parley.conf` in the data folder if it is there;
        3. environment variables;
        4. arguments of `parley serve`: the ones below, and `--set KEY=VALUE` for every other setting.

        The file has one `key = value` on a line; lines that begin with `#` are comments (`parley config --sample` prints
        one to start from). Lists are separated by commas. Durations are a number and a unit: `30s`, `5m`, `12h`, `1d`.
        Relative paths start from the folder in which Parley is started.

        `parley config` shows every value in effect and where it came from. If anything is wrong, Parley says
        everything that is wrong at once and exits with status 78.

        ## Settings


        """

    /// `text` without Markdown's backquotes.
    private static func plain(_ text: String) -> String { text.filter { $0 != "`" } }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// The words of `text` in lines of at most `width` characters, longer words excepted.
    private static func wrapped(_ text: String, to width: Int) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            if lines[lines.count - 1].isEmpty {
                lines[lines.count - 1] = String(word)
            } else if lines[lines.count - 1].count + 1 + word.count <= width {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
