// SPDX-License-Identifier: Apache-2.0
public import ByteCoding

/// What stands between `BEGIN` and `END`: properties, and components inside. RFC 5545 §3.6.
public struct ICalendarComponent: Hashable, Sendable {
    /// In capitals: `VCALENDAR`.
    public var name: String
    public var lines: [ICalendarLine]
    public var components: [ICalendarComponent]

    public init(
        _ name: String, _ lines: [ICalendarLine] = [], components: [ICalendarComponent] = []
    ) {
        self.name = name
        self.lines = lines
        self.components = components
    }

    /// The value of the first property called `name`.
    public subscript(_ name: String) -> String? { lines.first { $0.name == name }?.value }

    /// The file that holds this component alone.
    public var formatted: [UInt8] {
        var bytes: [UInt8] = []
        format(into: &bytes)
        return bytes
    }

    private func format(into bytes: inout [UInt8]) {
        ICalendarLine("BEGIN", name).format(into: &bytes)
        for line in lines { line.format(into: &bytes) }
        for component in components { component.format(into: &bytes) }
        ICalendarLine("END", name).format(into: &bytes)
    }

    // MARK: Reading

    /// A file larger than this holds more than we know what to do with.
    public static let maxBytes = 1_048_576
    private static let maxDepth = 8

    /// Parses a file that holds one component. Bare line feeds are forgiven, as RFC 5545 readers do.
    public init(parsing bytes: [UInt8]) throws(DecodeError) {
        guard bytes.count <= Self.maxBytes else { throw DecodeError(.tooLarge, "iCalendar file", at: 0) }
        var open: [ICalendarComponent] = []
        for (text, offset) in Self.unfolded(bytes) {
            let line = try ICalendarLine(parsing: text[...], at: offset)
            switch line.name {
            case "BEGIN":
                guard open.count < Self.maxDepth else {
                    throw DecodeError(.tooLarge, "iCalendar depth", at: offset)
                }
                open.append(ICalendarComponent(line.value.uppercased()))
            case "END":
                guard let closed = open.popLast(), closed.name == line.value.uppercased() else {
                    throw DecodeError(.invalid, "iCalendar END", at: offset)
                }
                guard !open.isEmpty else {
                    self = closed
                    return
                }
                open[open.count - 1].components.append(closed)
            default:
                guard !open.isEmpty else { throw DecodeError(.invalid, "iCalendar BEGIN", at: offset) }
                open[open.count - 1].lines.append(line)
            }
        }
        throw DecodeError(.truncated, "iCalendar END", at: bytes.count)
    }

    /// The lines with their continuations, and where each began. Empty lines are passed over.
    private static func unfolded(_ bytes: [UInt8]) -> [(text: [UInt8], offset: Int)] {
        var lines: [(text: [UInt8], offset: Int)] = []
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 10) ?? bytes.count
            let isContinued = !lines.isEmpty && (bytes[start] == 32 || bytes[start] == 9)
            var text = bytes[(isContinued ? start + 1 : start)..<end]
            if text.last == 13 { text.removeLast() }
            if isContinued {
                lines[lines.count - 1].text += text
            } else if !text.isEmpty {
                lines.append((Array(text), start))
            }
            start = end + 1
        }
        return lines
    }
}
