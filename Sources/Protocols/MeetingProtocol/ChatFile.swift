// SPDX-License-Identifier: Apache-2.0
public import JSON

/// A file that was sent to the server, chosen by the server and hard to guess: who has it may fetch the file.
public struct FileID: MeetingIdentifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A file in the chat: what is told of it. The bytes are fetched over HTTP.
public struct ChatFile: PayloadCodable {
    public var id: FileID
    /// As everybody may see it: see ``FileName``.
    public var name: String
    /// What the bytes are by their own beginning; `application/octet-stream` for all that is not shown in place.
    public var type: String
    /// Bytes.
    public var size: Int64
    /// When it is deleted at the latest, in milliseconds since 1970.
    public var expiresAt: Int64

    public init(id: FileID, name: String, type: String, size: Int64, expiresAt: Int64) {
        self.id = id
        self.name = name
        self.type = type
        self.size = size
        self.expiresAt = expiresAt
    }

    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        id = try reader.identifier("id")
        name = try reader.string("name", maxBytes: MeetingLimits.fileNameBytes)
        type = try reader.string("type", maxBytes: MeetingLimits.identifierBytes)
        size = try reader.count("size")
        expiresAt = try reader.count("expiresAt")
    }

    public var payload: JSONValue {
        [
            "id": .string(id.rawValue), "name": .string(name), "type": .string(type),
            "size": .number(JSONNumber(size)), "expiresAt": .number(JSONNumber(expiresAt)),
        ]
    }
}

/// What a meeting takes of files.
public struct FileLimits: PayloadCodable {
    /// Most bytes of one file.
    public var size: Int64
    /// Most bytes of one request of an upload.
    public var part: Int64

    public init(size: Int64, part: Int64) {
        self.size = size
        self.part = part
    }

    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        size = try reader.count("size")
        part = try reader.count("part")
    }

    public var payload: JSONValue {
        ["size": .number(JSONNumber(size)), "part": .number(JSONNumber(part))]
    }
}

/// Names of files as everybody else may see and keep them.
public enum FileName {
    private static let characters = 120
    private static let longestEnding = 16
    /// Devices of Windows, whatever follows the first full stop.
    private static let devices: Set<String> = ["con", "prn", "aux", "nul"]

    /// `text` as a name that leads to no other folder, hides nothing and says in the end what it is.
    ///
    /// Folders before the name go, as do control, format and bidirectional characters (`exe.gnp` that reads
    /// as `png.exe`), dots and spaces at both ends, and what file systems refuse.
    /// - Returns: `file` when nothing else is left.
    public static func cleaned(_ text: String) -> String {
        // Longer names are nobody's; the end is what tells the kind.
        let bytes = text.utf8.suffix(4 * MeetingLimits.fileNameBytes)
        let last =
            String(decoding: bytes, as: UTF8.self)
            .split { $0 == "/" || $0 == "\\" }.last.map(String.init) ?? ""
        var name = String.UnicodeScalarView()
        for scalar in last.unicodeScalars {
            if scalar.properties.isWhitespace {
                if name.last != " " { name.append(" ") }
            } else if !isForbidden(scalar) {
                name.append("<>:\"|?*".unicodeScalars.contains(scalar) ? "_" : scalar)
            }
        }
        let cleaned = trimmed(shortened(trimmed(String(name))))
        guard !cleaned.isEmpty else { return "file" }
        let stem = cleaned.prefix { $0 != "." }.lowercased()
        let isPort = stem.utf8.count == 4 && (stem.hasPrefix("com") || stem.hasPrefix("lpt"))
        return isPort || devices.contains(stem) ? "_" + cleaned : cleaned
    }

    /// What follows the last full stop, in lower case; empty where there is none.
    public static func ending(of name: String) -> String {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
        return name[name.index(after: dot)...].lowercased()
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
            true
        default: scalar.value == 0xFFFD
        }
    }

    private static func trimmed(_ name: String) -> String {
        let isEdge = { (character: Character) in character == "." || character == " " }
        let start = name.drop(while: isEdge)
        return String(start.reversed().drop(while: isEdge).reversed())
    }

    /// The beginning and the ending of a name that is too long.
    private static func shortened(_ name: String) -> String {
        let ending = ending(of: name)
        let kept = ending.isEmpty || ending.count > longestEnding ? "" : "." + ending
        var stem = kept.isEmpty ? name : String(name.dropLast(kept.count))
        if stem.count + kept.count > characters { stem = String(stem.prefix(characters - kept.count)) }
        while stem.utf8.count + kept.utf8.count > MeetingLimits.fileNameBytes { stem.removeLast() }
        return stem + kept
    }
}
