// SPDX-License-Identifier: Apache-2.0
internal import CivilTime
internal import Glibc
internal import JSON

/// Writes one line per thing an operator would act on, to standard error.
///
/// Nothing about people is written as it is: names, addresses and chat never enter a line, and what
/// must be told apart goes in as ``LogValue/personal(_:)``.
public struct Log: Sendable {
    public enum Level: Int, Comparable, Sendable {
        case debug, info, warning, error

        public static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }

        public var name: String {
            switch self {
            case .debug: "debug"
            case .info: "info"
            case .warning: "warning"
            case .error: "error"
            }
        }
    }

    public enum Format: Sendable { case text, json }

    private let level: Level
    private let format: Format
    private let write: @Sendable (String) -> Void
    /// Hears of every line, whether it is written or not.
    private var note: (@Sendable (LogLine) -> Void)?

    /// - Parameter write: Takes one line without its end.
    public init(
        level: Level, format: Format, write: @escaping @Sendable (String) -> Void = Log.standardError
    ) {
        self.level = level
        self.format = format
        self.write = write
    }

    /// The same log, of which `note` hears, too, whatever its level and format.
    public func noting(_ note: @escaping @Sendable (LogLine) -> Void) -> Log {
        var log = self
        log.note = note
        return log
    }

    public func debug(_ event: String, _ fields: [(String, LogValue)] = []) { log(.debug, event, fields) }
    public func info(_ event: String, _ fields: [(String, LogValue)] = []) { log(.info, event, fields) }
    public func warning(_ event: String, _ fields: [(String, LogValue)] = []) { log(.warning, event, fields) }
    public func error(_ event: String, _ fields: [(String, LogValue)] = []) { log(.error, event, fields) }

    private func log(_ level: Level, _ event: String, _ fields: [(String, LogValue)]) {
        let now = Self.milliseconds()
        note?(LogLine(at: now, level: level, event: event, fields))
        guard level >= self.level else { return }
        let time = timestamp(milliseconds: now)
        switch format {
        case .json:
            var object = JSONObject([
                ("time", .string(time)), ("level", .string(level.name)),
                ("event", .string(event)),
            ])
            for (name, value) in fields { object[name] = value.json }
            write(JSONValue.object(object).formatted)
        case .text:
            let details = fields.map { " \($0.0)=\($0.1.text)" }.joined()
            write("\(time) \(level.name) \(event)\(details)")
        }
    }

    /// One `write` call a line, so that lines of several threads do not mix.
    public static let standardError: @Sendable (String) -> Void = { line in
        let bytes = Array((line + "\n").utf8)
        _ = unsafe Glibc.write(2, bytes, bytes.count)
    }

    /// Since 1970.
    private static func milliseconds() -> Int64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}

/// One thing that was logged, as it stands in the log: what is personal is a hash already.
public struct LogLine: Hashable, Sendable {
    /// Milliseconds since 1970.
    public let at: Int64
    public let level: Log.Level
    public let event: String
    /// `name=value`, one after the other; empty when there is no more to say.
    public let details: String

    init(at time: Int64, level: Log.Level, event: String, _ fields: [(String, LogValue)]) {
        at = time
        self.level = level
        self.event = event
        details = fields.map { "\($0.0)=\($0.1.text)" }.joined(separator: " ")
    }
}

/// What a log line may hold.
public enum LogValue: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case text(String)
    case number(Int64)
    /// Something about a person: written as a short hash with a salt that this process made up, so that
    /// lines can be matched with each other and with nothing else.
    case personal(String)

    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int64) { self = .number(value) }

    var json: JSONValue {
        switch self {
        case .text(let text): .string(text)
        case .number(let number): .number(JSONNumber(number))
        case .personal(let text): .string(Self.hash(text))
        }
    }

    var text: String {
        switch self {
        case .text(let text):
            text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x7F } && !text.isEmpty
                ? text : JSONValue.string(text).formatted
        case .number(let number): String(number)
        case .personal(let text): Self.hash(text)
        }
    }

    private static func hash(_ text: String) -> String {
        // The standard library salts its hasher anew in every process.
        var hasher = Hasher()
        hasher.combine(text)
        return "#" + String(UInt32(truncatingIfNeeded: hasher.finalize()), radix: 16)
    }
}
