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
    /// Most bytes of a session description, formatted. Browsers with every codec write about 10,000.
    public var description = 64_000
    /// Most bytes of a candidate, formatted. Browsers write about 250.
    public var candidate = 4096
    /// Most rooms of a dialect, and of one client.
    public var rooms = 10_000
    public var roomsPerClient = 20
    /// Most members of a room without a limit of its own.
    public var members = 500
    /// Everything a client sends counts: a page that trickles two connections' candidates sends about 60 at once.
    public var events = TokenRate(burst: 300, perSecond: 60)
    /// Chat, and whatever else everybody is told of. A large description counts more than once.
    public var broadcasts = TokenRate(burst: 20, perSecond: 4)
    /// Descriptions and candidates for everybody, or for more than eight: a call's are about 35 at once. One
    /// for each 4,096 bytes begun.
    public var publicSignals = TokenRate(burst: 100, perSecond: 10)

    /// What one broadcast may weigh; a larger one counts as several.
    static let bytesPerBroadcast = 12_500

    public init() {}
}

/// What one client may still do at the moment.
public struct DialectAllowance: Hashable, Sendable {
    private var events = TokenLevel()
    private var broadcasts = TokenLevel()
    private var publicSignals = TokenLevel()

    public init() {}

    public mutating func takeEvent(_ limits: DialectLimits, at now: Instant) -> Bool {
        events.take(of: limits.events, at: now)
    }

    /// - Parameter bytes: How large it is for each who gets it, where that may be much.
    public mutating func takeBroadcast(_ limits: DialectLimits, bytes: Int = 0, at now: Instant) -> Bool {
        broadcasts.take(1 + bytes / DialectLimits.bytesPerBroadcast, of: limits.broadcasts, at: now)
    }

    public mutating func takePublicSignal(_ limits: DialectLimits, bytes: Int, at now: Instant) -> Bool {
        publicSignals.take(1 + bytes / 4096, of: limits.publicSignals, at: now)
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

    /// A person's name exactly as written, for pages that know themselves by it: one that had to be changed is
    /// refused. `nil` when it is no text, nothing to be seen, too long, or has control characters in it.
    public func ownName(_ value: JSONValue?) -> String? {
        guard let text = unchanged(value, most: name), !NameRoll.key(text).isEmpty else { return nil }
        return text
    }

    /// A room's name exactly as written: clients compare it. `nil` when it is no text, empty, too long, or has
    /// control characters in it.
    public func roomName(_ value: JSONValue?) -> String? { unchanged(value, most: roomName) }

    private func unchanged(_ value: JSONValue?, most: Int) -> String? {
        guard let text = value?.string, !text.isEmpty, text.utf8.count <= most * 4, text.count <= most,
            !text.unicodeScalars.contains(where: Self.isControl)
        else { return nil }
        return text
    }

    /// A chat message. `nil` when it is no text, empty or too long.
    public func text(_ value: JSONValue?) -> String? {
        guard let text = value?.string, !text.isEmpty, text.utf8.count <= self.text * 4 else { return nil }
        return text.count <= self.text ? text : nil
    }

    /// A session description, `{type, sdp}` and nothing else that may have been with them. `nil` for what is
    /// none, or too large.
    public func description(_ value: JSONValue?) -> JSONValue? {
        guard let sdp = value?["sdp"]?.string, let type = value?["type"]?.string,
            ["offer", "answer", "pranswer", "rollback"].contains(type)
        else { return nil }
        return fitting(["type": .string(type), "sdp": .string(sdp)])
    }

    /// A session description, or its SDP alone. `nil` for anything else.
    func descriptionOrText(_ value: JSONValue?) -> JSONValue? {
        guard let value, value.string != nil else { return description(value) }
        return fitting(value)
    }

    /// Formatted, as it goes out: each control character in a text has six bytes there.
    private func fitting(_ value: JSONValue) -> JSONValue? {
        guard value.formatted.utf8.count <= description else { return nil }
        return value
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
