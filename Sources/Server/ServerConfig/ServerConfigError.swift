// SPDX-License-Identifier: Apache-2.0

/// Where a setting's value came from.
public enum SettingSource: Hashable, Sendable, CustomStringConvertible {
    case defaults
    case file(String, line: Int)
    /// The variable's name.
    case environment(String)
    /// The argument as it was written, e.g. `--listen`.
    case argument(String)
    /// Follows from another setting, named by its key.
    case implied(by: String)

    public var description: String {
        switch self {
        case .defaults: "default"
        case .file(let path, let line): "\(path):\(line)"
        case .environment(let name): name
        case .argument(let argument): argument
        case .implied(let key): "because of \(key)"
        }
    }
}

/// Everything that is wrong with a configuration, at once: the operator repairs it in one go.
public struct ServerConfigError: Error, Hashable, Sendable, CustomStringConvertible {
    public struct Problem: Hashable, Sendable, CustomStringConvertible {
        /// `nil` when the problem is a file and not a setting in it.
        public var key: String?
        /// A file, a file and line, a variable, an argument; empty for a default.
        public var source: String
        /// One clause, no full stop.
        public var reason: String

        public var description: String {
            [source, key ?? "", reason].filter { !$0.isEmpty }.joined(separator: ": ")
        }
    }

    /// At least one.
    public var problems: [Problem]

    /// One line for each problem.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
