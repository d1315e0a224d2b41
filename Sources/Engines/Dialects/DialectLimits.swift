// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import JSON

/// How much clients of a dialect may do and leave behind. Ordinary pages stay far below.
public struct DialectLimits: Hashable, Sendable {
    /// Most characters of a person's name.
    public var name = 64
    /// Most characters of a room's name.
    public var roomName = 128
    /// Most characters of a chat message.
    public var text = 4000
    /// Most bytes of a session description's SDP. Browsers with every codec write about 10,000.
    public var description = 100_000
    /// Most bytes of a candidate, formatted. Browsers write about 250.
    public var candidate = 4096
    /// Most rooms of a dialect, and of one client.
    public var rooms = 10_000
    public var roomsPerClient = 20
    /// Most members of a room without a limit of its own.
    public var members = 500
    /// Everything a client sends counts: a page that trickles two connections' candidates sends about 60 at once.
    public var events = TokenRate(burst: 300, perSecond: 60)
    /// Chat, and whatever else everybody is told of.
    public var broadcasts = TokenRate(burst: 20, perSecond: 4)

    public init() {}
}

/// What one client may still do at the moment.
public struct DialectAllowance: Hashable, Sendable {
    private var events = TokenLevel()
    private var broadcasts = TokenLevel()

    public init() {}

    public mutating func takeEvent(_ limits: DialectLimits, at now: Instant) -> Bool {
        events.take(of: limits.events, at: now)
    }

    public mutating func takeBroadcast(_ limits: DialectLimits, at now: Instant) -> Bool {
        broadcasts.take(of: limits.broadcasts, at: now)
    }
}

extension DialectLimits {
    /// A name of a person or room as others may see it: without control characters and spaces around it.
    /// `nil` for what is no text, or empty.
    public func cleaned(_ value: JSONValue?, most: Int) -> String? {
        guard let text = value?.string else { return nil }
        // Limits count characters; one of them may be long, and a text of only such would be very long.
        guard text.utf8.count <= most * 16 else { return nil }
        let kept = text.unicodeScalars.filter { !Self.isControl($0) }
        var name = String(String.UnicodeScalarView(kept))[...]
        while name.first?.isWhitespace == true { name = name.dropFirst() }
        while name.last?.isWhitespace == true { name = name.dropLast() }
        return name.isEmpty ? nil : String(name.prefix(most))
    }

    public func name(_ value: JSONValue?) -> String? { cleaned(value, most: name) }

    /// A room's name exactly as written: clients compare it. `nil` when it is no text, empty or too long.
    public func roomName(_ value: JSONValue?) -> String? {
        guard let text = value?.string, !text.isEmpty, text.utf8.count <= roomName * 4,
            text.count <= roomName
        else { return nil }
        return text
    }

    /// A chat message. `nil` when it is no text, empty or too long.
    public func text(_ value: JSONValue?) -> String? {
        guard let text = value?.string, !text.isEmpty, text.utf8.count <= self.text * 4 else { return nil }
        return text.count <= self.text ? text : nil
    }

    /// A session description, `{type, sdp}`, as the browser made it. `nil` for anything else.
    public func description(_ value: JSONValue?) -> JSONValue? {
        guard let value, let sdp = value["sdp"]?.string, sdp.utf8.count <= description,
            let type = value["type"]?.string, ["offer", "answer", "pranswer", "rollback"].contains(type),
            (value.object?.members.count ?? 0) <= 16
        else { return nil }
        return value
    }

    /// A session description as the browser made it, or its SDP alone. `nil` for anything else.
    func descriptionOrText(_ value: JSONValue?) -> JSONValue? {
        guard let text = value?.string else { return description(value) }
        return text.utf8.count <= description ? value : nil
    }

    /// An ICE candidate as the browser made it, or `null` at the end of them. `nil` for anything else.
    public func candidate(_ value: JSONValue?) -> JSONValue? {
        guard let value else { return nil }
        if value == .null { return value }
        guard value["candidate"]?.string != nil, value.formatted.utf8.count <= candidate else { return nil }
        return value
    }

    /// A chat message with whatever else the page put into it, but with the name of who really sent it.
    /// `nil` for what is no object, or much larger than its text may be.
    func said(_ message: JSONValue?, by name: String, type: JSONValue? = nil) -> JSONValue? {
        guard var object = message?.object, object.members.count <= 16 else { return nil }
        guard JSONValue.object(object).formatted.utf8.count <= text * 8 else { return nil }
        object["sender"] = .string(name)
        if let type { object["type"] = type }
        return .object(object)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        // Format characters too: they turn the direction of what stands around a name. Joiners make letters.
        case .control, .lineSeparator, .paragraphSeparator: true
        case .format: scalar != "\u{200D}" && scalar != "\u{200C}"
        default: false
        }
    }
}
