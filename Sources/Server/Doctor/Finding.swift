// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What one check found: for a person who has to do something about it, or for a monitor.
public struct Finding: Hashable, Sendable {
    public enum Level: String, CaseIterable, Comparable, Sendable {
        /// Nothing to do.
        case ok
        /// Parley runs, and something will not work as well as it could.
        case warning
        /// Parley will not run, or nobody will be able to use it.
        case failure

        public static func < (a: Level, b: Level) -> Bool { a.rank < b.rank }
        var rank: Int32 {
            switch self {
            case .ok: 0
            case .warning: 1
            case .failure: 2
            }
        }
    }

    /// Every check there is, in the order of the report. The names are stable: monitors may rely on them.
    public enum Check: String, CaseIterable, Sendable {
        case configuration, port, addresses, dialects, certificate, clock, files, folder, disk, database,
            metrics, relay
        case publicAddress = "public-address"
        case relayPorts = "relay-ports"
        case buffers, stun
        case turnUDP = "turn-udp"
        case turnTCP = "turn-tcp"
        case turnTLS = "turn-tls"
    }

    public var check: Check
    public var level: Level
    /// What was found, one clause.
    public var what: String
    /// What follows from it, a sentence; empty when all is well.
    public var why: String
    /// What to do, a sentence, with the exact command where there is one; empty when there is nothing to do.
    public var fix: String

    static func ok(_ check: Check, _ what: String) -> Finding {
        Finding(check: check, level: .ok, what: what, why: "", fix: "")
    }
    static func warning(_ check: Check, _ what: String, why: String, fix: String) -> Finding {
        Finding(check: check, level: .warning, what: what, why: why, fix: fix)
    }
    static func failure(_ check: Check, _ what: String, why: String, fix: String) -> Finding {
        Finding(check: check, level: .failure, what: what, why: why, fix: fix)
    }
}

/// All findings of one examination.
public struct Report: Hashable, Sendable {
    public let findings: [Finding]

    /// The worst of the findings.
    public var level: Finding.Level { findings.map(\.level).max() ?? .ok }

    /// 0 when all is well, 1 with warnings, 2 with failures.
    public var exitStatus: Int32 { level.rank }

    /// A line for each finding, what to do below it, and a summary.
    public var text: String {
        let width = Finding.Check.allCases.map(\.rawValue.count).max() ?? 0
        let lines = findings.flatMap { finding in
            let level = padded(finding.level.rawValue, to: 9)
            let head = level + padded(finding.check.rawValue, to: width + 2) + finding.what
            let indent = String(repeating: " ", count: width + 11)
            let details = [("why: ", finding.why), ("fix: ", finding.fix)].filter { !$0.1.isEmpty }
            return [head] + details.map { indent + $0.0 + $0.1 }
        }
        return lines.joined(separator: "\n") + "\n\n" + summary + "\n"
    }

    /// `{"status":"warning","findings":[{"check":"clock","level":"warning","what":…,"why":…,"fix":…}]}`
    public var json: String {
        let items = findings.map { finding in
            JSONValue.object([
                "check": .string(finding.check.rawValue), "level": .string(finding.level.rawValue),
                "what": .string(finding.what), "why": .string(finding.why), "fix": .string(finding.fix),
            ])
        }
        return JSONValue.object(["status": .string(level.rawValue), "findings": .array(items)]).formatted
            + "\n"
    }

    private var summary: String {
        let counts = [Finding.Level.failure, .warning].compactMap { level -> String? in
            let count = findings.filter { $0.level == level }.count
            guard count > 0 else { return nil }
            return "\(count) \(level.rawValue)\(count == 1 ? "" : "s")"
        }
        return counts.isEmpty ? "All is well." : counts.joined(separator: ", ") + "."
    }

    private func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
