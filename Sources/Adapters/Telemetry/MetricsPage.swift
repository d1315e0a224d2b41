// SPDX-License-Identifier: Apache-2.0

/// Builds the Prometheus text format, version 0.0.4.
public struct MetricsPage: Sendable {
    public private(set) var text = ""

    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    public init() {}

    /// A number that only grows while the process lives. By convention its name ends in `_total`.
    public mutating func counter(_ name: String, _ help: String, _ value: UInt64) {
        metric("counter", name, help, [([], String(value))])
    }

    /// One counter per set of labels. Label values must come from a small fixed list.
    public mutating func counter(
        _ name: String, _ help: String, _ rows: [([(String, String)], UInt64)]
    ) {
        metric("counter", name, help, rows.map { ($0.0, String($0.1)) })
    }

    public mutating func gauge(_ name: String, _ help: String, _ value: Int) {
        metric("gauge", name, help, [([], String(value))])
    }

    /// One gauge per set of labels. Label values must come from a small fixed list.
    public mutating func gauge(_ name: String, _ help: String, _ rows: [([(String, String)], Int)]) {
        metric("gauge", name, help, rows.map { ($0.0, String($0.1)) })
    }

    private mutating func metric(
        _ type: String, _ name: String, _ help: String, _ rows: [([(String, String)], String)]
    ) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        for (labels, value) in rows {
            let list = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
            text += "\(name)\(list.isEmpty ? "" : "{\(list)}") \(value)\n"
        }
    }

    private static func escaped(_ value: String) -> String {
        value.flatMap { character -> [Character] in
            switch character {
            case "\\": ["\\", "\\"]
            case "\"": ["\\", "\""]
            case "\n": ["\\", "n"]
            default: [character]
            }
        }.reduce(into: "") { $0.append($1) }
    }
}
