// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding

/// One property: `NAME;PARAMETER=VALUE:value`. RFC 5545 §3.1.
///
/// The value is kept as it stands in the file; ``ICalendarText`` knows how text is escaped in it.
public struct ICalendarLine: Hashable, Sendable {
    public struct Parameter: Hashable, Sendable {
        /// In capitals.
        public var name: String
        public var values: [String]

        public init(_ name: String, _ values: [String]) {
            self.name = name
            self.values = values
        }
    }

    /// In capitals.
    public var name: String
    public var parameters: [Parameter]
    public var value: String

    public init(_ name: String, _ value: String, parameters: [Parameter] = []) {
        self.name = name
        self.value = value
        self.parameters = parameters
    }

    // MARK: Writing

    /// Octets in a line, without its end. RFC 5545 §3.1.
    private static let foldedOctets = 75

    /// Appends the line, folded, with its end.
    func format(into bytes: inout [UInt8]) {
        var room = Self.foldedOctets
        for scalar in text.unicodeScalars {
            let octets = UTF8.width(scalar)
            // A character is never cut in two, though the standard would allow it: many readers do not.
            if octets > room {
                bytes += [13, 10, 32]
                room = Self.foldedOctets - 1
            }
            bytes += Array(String(scalar).utf8)
            room -= octets
        }
        bytes += [13, 10]
    }

    private var text: String {
        var text = name
        for parameter in parameters {
            let values = parameter.values.map(Self.quoted).joined(separator: ",")
            text += ";\(parameter.name)=\(values)"
        }
        return text + ":" + value.removingLineEnds
    }

    /// In quotation marks where RFC 5545 §3.2 asks for them; what even they cannot hold is escaped as
    /// RFC 6868 says.
    private static func quoted(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "^": text += "^^"
            case "\"": text += "^'"
            case "\n": text += "^n"
            case _ where scalar.value < 0x20 && scalar != "\t" || scalar.value == 0x7F: break
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text.contains { ":;,".contains($0) } ? "\"\(text)\"" : text
    }

    // MARK: Reading

    /// - Parameters:
    ///   - text: Unfolded, without its end.
    ///   - offset: Of the line in its file, for complaints.
    init(parsing text: ArraySlice<UInt8>, at offset: Int) throws(DecodeError) {
        var parser = LineParser(text, at: offset)
        name = try parser.name()
        parameters = []
        while parser.take(UInt8(ascii: ";")) {
            let name = try parser.name()
            guard parser.take(UInt8(ascii: "=")) else { throw parser.invalid("parameter") }
            var values = [try parser.parameterValue()]
            while parser.take(UInt8(ascii: ",")) { values.append(try parser.parameterValue()) }
            parameters.append(Parameter(name, values))
        }
        guard parser.take(UInt8(ascii: ":")) else { throw parser.invalid("content line") }
        value = try parser.rest()
    }
}

extension String {
    /// Text in which nothing can end a line early. Control characters have no place in a calendar but tabs.
    fileprivate var removingLineEnds: String {
        guard unicodeScalars.contains(where: Self.isControl) else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.filter { !Self.isControl($0) }))
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 && scalar != "\t" || scalar.value == 0x7F
    }
}

/// Reads the parts of a content line one after the other.
private struct LineParser {
    private var remaining: ArraySlice<UInt8>
    private let start: Int
    private let base: Int

    init(_ text: ArraySlice<UInt8>, at base: Int) {
        remaining = text
        start = text.startIndex
        self.base = base
    }

    func invalid(_ field: String) -> DecodeError {
        DecodeError(.invalid, "iCalendar \(field)", at: base + remaining.startIndex - start)
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard remaining.first == byte else { return false }
        remaining.removeFirst()
        return true
    }

    /// Letters, digits and dashes, in capitals.
    mutating func name() throws(DecodeError) -> String {
        let name = remaining.prefix { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard !name.isEmpty else { throw invalid("name") }
        remaining = remaining[name.endIndex...]
        return String(decoding: name, as: UTF8.self).uppercased()
    }

    mutating func parameterValue() throws(DecodeError) -> String {
        let isQuoted = take(UInt8(ascii: "\""))
        let value = remaining.prefix { byte in
            byte != UInt8(ascii: "\"") && (isQuoted || !Array(":;,".utf8).contains(byte))
        }
        remaining = remaining[value.endIndex...]
        guard !isQuoted || take(UInt8(ascii: "\"")) else { throw invalid("quoted value") }
        guard let text = String(validating: value, as: UTF8.self) else { throw invalid("parameter value") }
        return Self.unescaped(text)
    }

    /// RFC 6868 §3.
    private static func unescaped(_ text: String) -> String {
        guard text.contains("^") else { return text }
        var plain = String.UnicodeScalarView()
        var isEscaped = false
        for scalar in text.unicodeScalars {
            guard isEscaped else {
                if scalar == "^" { isEscaped = true } else { plain.append(scalar) }
                continue
            }
            isEscaped = false
            switch scalar {
            case "n": plain.append("\n")
            case "'": plain.append("\"")
            case "^": plain.append("^")
            default: plain.append(contentsOf: ["^", scalar])
            }
        }
        if isEscaped { plain.append("^") }
        return String(plain)
    }

    mutating func rest() throws(DecodeError) -> String {
        guard let text = String(validating: remaining, as: UTF8.self) else { throw invalid("value") }
        return text
    }
}
