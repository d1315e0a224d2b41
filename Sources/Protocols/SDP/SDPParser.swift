// SPDX-License-Identifier: Apache-2.0
public import ByteCoding

/// How much of a description is read before it is refused.
public struct SDPLimits: Hashable, Sendable {
    /// A Chromium offer has about 6 KB for each section of video.
    public var maxBytes = 262_144
    public var maxLineBytes = 8_192
    public var maxMedia = 128
    /// Lines of one media section, or of the part before the first.
    public var maxLines = 640

    public init() {}
}

extension SDPDescription {
    /// Parses an offer or answer. Bare line feeds are taken for line ends too.
    ///
    /// - Throws: an error whose field names the line: `SDP line 12 a=rtpmap`.
    public init(parsing bytes: [UInt8], limits: SDPLimits = SDPLimits()) throws(DecodeError) {
        var parser = try SDPParser(bytes, limits)
        guard let version = try parser.next(), version.type == UInt8(ascii: "v"), version.value == [0x30]
        else {
            throw parser.error(.invalid, "v=")
        }
        guard let line = try parser.next(), line.type == UInt8(ascii: "o"),
            let origin = Origin(parsing: line.value)
        else { throw parser.error(.invalid, "o=") }
        guard let line = try parser.next(), line.type == UInt8(ascii: "s") else {
            throw parser.error(.invalid, "s=")
        }
        self.init(origin: origin, name: SDPText.string(line.value), lines: [])
        try parser.sections(lines: &lines, attributes: &attributes, media: &media)
    }

    /// ``init(parsing:limits:)`` of a string.
    public init(parsing text: String, limits: SDPLimits = SDPLimits()) throws(DecodeError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }
}

extension SDPFragment {
    /// Parses the body of a PATCH. RFC 8840 §9.
    public init(parsing bytes: [UInt8], limits: SDPLimits = SDPLimits()) throws(DecodeError) {
        var parser = try SDPParser(bytes, limits)
        self.init()
        var lines: [SDPDescription.Line] = []
        try parser.sections(lines: &lines, attributes: &attributes, media: &media)
        guard lines.isEmpty else { throw DecodeError(.invalid, "SDP fragment with session lines", at: 0) }
    }
}

extension SDPDescription.Origin {
    /// The value of `o=`: six words.
    init?(parsing value: ArraySlice<UInt8>) {
        var scanner = SDPScanner(value)
        guard let username = scanner.wordText(), let session = scanner.word(),
            let version = scanner.word()
        else { return nil }
        let address = scanner.remainder()
        // Numbers that are too long for us are somebody's own business: only their order counts, and only for us.
        self.init(
            username: username, session: Self.number(session), version: Self.number(version),
            address: address)
        guard SDPText.isDigits(session), SDPText.isDigits(version), !address.isEmpty else { return nil }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64 {
        UInt64(SDPText.string(digits)) ?? UInt64.max
    }
}

extension SDPText {
    static func isDigits(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }
}

/// Cuts a description into lines and puts them where they belong.
private struct SDPParser {
    struct Line {
        var type: UInt8
        var value: ArraySlice<UInt8>
    }

    private let bytes: [UInt8]
    private let limits: SDPLimits
    private var position = 0
    /// Of the line that was read last: where it began, and which one it is, counted from 1.
    private var lineStart = 0
    private var lineNumber = 0

    init(_ bytes: [UInt8], _ limits: SDPLimits) throws(DecodeError) {
        guard bytes.count <= limits.maxBytes else { throw DecodeError(.tooLarge, "SDP", at: limits.maxBytes) }
        guard bytes.isValidUTF8, !bytes.contains(0) else {
            throw DecodeError(.invalid, "SDP characters", at: 0)
        }
        self.bytes = bytes
        self.limits = limits
    }

    func error(_ reason: DecodeError.Reason, _ what: String) -> DecodeError {
        DecodeError(reason, "SDP line \(lineNumber) \(what)", at: lineStart)
    }

    /// The next line; `nil` at the end. Empty lines are passed over.
    mutating func next() throws(DecodeError) -> Line? {
        while position < bytes.count {
            let end = bytes[position...].firstIndex(of: SDPText.lineFeed) ?? bytes.count
            lineStart = position
            lineNumber += 1
            var text = bytes[position..<end]
            position = end + 1
            if text.last == SDPText.carriageReturn { text.removeLast() }
            guard !text.isEmpty else { continue }
            guard text.count <= limits.maxLineBytes else { throw error(.tooLarge, "length") }
            let value = text.dropFirst(2)
            guard text.count >= 2, text[text.startIndex + 1] == SDPText.equals,
                text[text.startIndex] >= UInt8(ascii: "a"), text[text.startIndex] <= UInt8(ascii: "z"),
                !value.contains(SDPText.carriageReturn)
            else { throw error(.invalid, "form") }
            return Line(type: text[text.startIndex], value: value)
        }
        return nil
    }

    mutating func sections(
        lines: inout [SDPDescription.Line], attributes: inout [SDPAttribute], media: inout [SDPMedia]
    ) throws(DecodeError) {
        var count = 0
        var section: SDPMedia?
        while let line = try next() {
            count += 1
            guard count <= limits.maxLines else { throw error(.tooLarge, "number of lines") }
            switch line.type {
            case UInt8(ascii: "m"):
                if let done = section { media.append(done) }
                guard media.count < limits.maxMedia else { throw error(.tooLarge, "number of m=") }
                guard let begun = SDPMedia(parsing: line.value) else { throw error(.invalid, "m=") }
                section = begun
                count = 0
            case UInt8(ascii: "a"):
                let attribute = try attribute(line.value)
                if section == nil {
                    attributes.append(attribute)
                } else {
                    section?.attributes.append(attribute)
                }
            default:
                guard let other = Self.other(line) else { throw error(.invalid, "type") }
                if section == nil { lines.append(other) } else { section?.lines.append(other) }
            }
        }
        if let done = section { media.append(done) }
    }

    private func attribute(_ value: ArraySlice<UInt8>) throws(DecodeError) -> SDPAttribute {
        var scanner = SDPScanner(value)
        let name = scanner.field(before: SDPText.colon)
        guard SDPText.isToken(name) else { throw error(.invalid, "a=") }
        let hasValue = name.endIndex < value.endIndex
        guard let attribute = SDPAttribute(name: SDPText.string(name), value: hasValue ? scanner.rest : nil)
        else { throw error(.invalid, "a=" + SDPText.string(name)) }
        return attribute
    }

    private static func other(_ line: Line) -> SDPDescription.Line? {
        // `v`, `o` and `s` stand once, at the beginning.
        guard line.type != UInt8(ascii: "v"), line.type != UInt8(ascii: "o"), line.type != UInt8(ascii: "s")
        else { return nil }
        return SDPDescription.Line(Character(Unicode.Scalar(line.type)), SDPText.string(line.value))
    }
}

extension SDPMedia {
    /// The value of `m=`. `9/2` stands for two ports, which WebRTC never has: the number is passed over.
    init?(parsing value: ArraySlice<UInt8>) {
        var scanner = SDPScanner(value)
        guard let kind = scanner.word(), SDPText.isToken(kind), var port = scanner.word(),
            let transport = scanner.wordText()
        else { return nil }
        if let slash = port.firstIndex(of: SDPText.slash) { port = port[..<slash] }
        guard let number = SDPText.number(port, upTo: 65_535) else { return nil }
        var formats: [String] = []
        while let format = scanner.wordText() { formats.append(format) }
        guard !formats.isEmpty, formats.count <= 128 else { return nil }
        self.init(
            kind: SDPText.string(kind), port: UInt16(truncatingIfNeeded: number), transport: transport,
            formats: formats)
    }
}
