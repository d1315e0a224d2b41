// SPDX-License-Identifier: Apache-2.0
public import JSON

/// A value with a JSON form in the payload of an event.
public protocol PayloadCodable: Hashable, Sendable {
    /// Decodes the value.
    /// - Parameter path: Where it stands, for messages: `join.media`.
    init(payload: JSONValue?, at path: String) throws(InvalidEvent)
    var payload: JSONValue { get }
}

extension PayloadCodable {
    /// ``payload`` as text, for a column of a database.
    public var stored: String { payload.formatted }

    /// - Returns: `nil` for what is not ``stored`` of this version.
    public init?(stored text: String) {
        guard let value = try? JSONValue(parsing: text) else { return nil }
        try? self.init(payload: value, at: "stored")
    }
}

extension MediaState: PayloadCodable {
    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        microphone = try reader.bool("microphone")
        camera = try reader.bool("camera")
        screen = try reader.bool("screen")
        screenStream = try reader.optionalString("screenStream", maxBytes: MeetingLimits.identifierBytes)
    }

    public var payload: JSONValue {
        [
            "microphone": .bool(microphone), "camera": .bool(camera), "screen": .bool(screen),
            "screenStream": screenStream.map { .string($0) } ?? .null,
        ]
    }
}

extension Participant: PayloadCodable {
    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        id = try reader.identifier("id")
        name = try reader.string("name", maxBytes: MeetingLimits.nameBytes)
        page = try reader.identifier("page")
        connected = try reader.bool("connected")
        media = try MediaState(payload: reader.value("media"), at: "\(path).media")
        joinedAt = try reader.count("joinedAt")
        isGuest = reader.isPresent("guest") ? try reader.bool("guest") : false
        role = reader.isPresent("role") ? try reader.choice("role") : .participant
    }

    public var payload: JSONValue {
        var object: JSONObject = [
            "id": .string(id.rawValue), "name": .string(name), "page": .string(page.rawValue),
            "connected": .bool(connected), "media": media.payload, "joinedAt": .number(JSONNumber(joinedAt)),
        ]
        if isGuest { object["guest"] = true }
        if role != .participant { object["role"] = .string(role.rawValue) }
        return .object(object)
    }
}

extension ChatMessage: PayloadCodable {
    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        seq = try reader.count("seq")
        id = try reader.identifier("id")
        from = try reader.identifier("from")
        name = try reader.string("name", maxBytes: MeetingLimits.nameBytes)
        text = try reader.string("text", maxBytes: MeetingLimits.chatBytes)
        sentAt = try reader.count("sentAt")
        to = reader.isPresent("to") ? try reader.identifier("to") : nil
        reply = reader.isPresent("reply") ? try reader.count("reply") : nil
        changed = reader.isPresent("changed") ? try reader.count("changed") : nil
        isDeleted = reader.isPresent("deleted") ? try reader.bool("deleted") : false
        file =
            reader.isPresent("file") ? try ChatFile(payload: reader.value("file"), at: "\(path).file") : nil
        reactions =
            reader.isPresent("reactions")
            ? try Reactions(payload: reader.value("reactions"), at: "\(path).reactions") : Reactions()
    }

    public var payload: JSONValue {
        var object: JSONObject = [
            "seq": .number(JSONNumber(seq)), "id": .string(id.rawValue), "from": .string(from.rawValue),
            "name": .string(name), "text": .string(text), "sentAt": .number(JSONNumber(sentAt)),
        ]
        if let to { object["to"] = .string(to.rawValue) }
        if let reply { object["reply"] = .number(JSONNumber(reply)) }
        if let file, !isDeleted { object["file"] = file.payload }
        if let changed { object["changed"] = .number(JSONNumber(changed)) }
        if isDeleted { object["deleted"] = true }
        if !reactions.isEmpty { object["reactions"] = reactions.payload }
        return .object(object)
    }
}
