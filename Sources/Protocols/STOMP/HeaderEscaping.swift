// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding

/// How names and values stand in the header lines of one frame. STOMP 1.2, "Value Encoding".
///
/// - 1.0 has no escapes, and its peers pad values with spaces that do not belong to them.
/// - 1.1 writes `\n`, `\c` and `\\`, and ends lines with a line feed alone.
/// - 1.2 adds `\r`, and lets a carriage return stand before the line feed.
/// - The frames that open a connection are never escaped.
struct HeaderEscaping {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let colon = UInt8(ascii: ":")
    private static let backslash = UInt8(ascii: "\\")

    /// `nil` before the peers have agreed on one.
    let version: STOMPVersion?
    /// Whether the frame's entries are escaped at all.
    private let escapes: Bool

    init(version: STOMPVersion?, command: STOMPFrame.Command) {
        self.version = version
        escapes = (version ?? .v10) > .v10 && !command.isUnescaped
    }

    /// Whether a carriage return before the line feed belongs to the end of the line.
    static func endsLinesWithCarriageReturn(_ version: STOMPVersion?) -> Bool {
        version == nil || version == .v12
    }

    func append(_ text: String, isName: Bool, to bytes: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case Self.backslash where escapes: bytes.append(contentsOf: #"\\"#.utf8)
            case Self.lineFeed: bytes.append(contentsOf: escapes ? #"\n"#.utf8 : " ".utf8)
            case Self.colon where escapes: bytes.append(contentsOf: #"\c"#.utf8)
            case Self.colon where isName: bytes.append(UInt8(ascii: " "))
            case Self.carriageReturn where escapes && version == .v12: bytes.append(contentsOf: #"\r"#.utf8)
            // Only 1.1 has a place for it that no reader takes for the end of a line.
            case Self.carriageReturn where !escapes: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
    }

    /// - Returns: `nil` for an escape that the version does not have, and for what is not UTF-8.
    func text(of bytes: ArraySlice<UInt8>) -> String? {
        guard escapes else { return Self.string(Array(version == .v10 ? Self.trimmed(bytes) : bytes)) }
        guard bytes.contains(Self.backslash) else { return Self.string(Array(bytes)) }
        var unescaped: [UInt8] = []
        unescaped.reserveCapacity(bytes.count)
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == Self.backslash else {
                unescaped.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "n"): unescaped.append(Self.lineFeed)
            case UInt8(ascii: "c"): unescaped.append(Self.colon)
            case Self.backslash: unescaped.append(Self.backslash)
            case UInt8(ascii: "r") where version == .v12: unescaped.append(Self.carriageReturn)
            default: return nil
            }
        }
        return Self.string(unescaped)
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let front = bytes.drop { $0 == UInt8(ascii: " ") }
        let last = front.lastIndex { $0 != UInt8(ascii: " ") }
        return front[..<(last.map { $0 + 1 } ?? front.startIndex)]
    }

    private static func string(_ bytes: [UInt8]) -> String? {
        bytes.isValidUTF8 ? String(decoding: bytes, as: UTF8.self) : nil
    }
}
