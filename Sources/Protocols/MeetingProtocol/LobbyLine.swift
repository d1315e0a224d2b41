// SPDX-License-Identifier: Apache-2.0
public import JSON

/// Something that was said between those who wait and those who host. It is kept as long as the place in the lobby.
public struct LobbyLine: PayloadCodable {
    /// Who waits, whoever of the two has said it.
    public var waiting: ParticipantID
    /// Who hosts and has said it; `nil` for a line of who waits.
    public var host: Voter?
    public var text: String
    /// Milliseconds since 1970.
    public var sentAt: Int64

    public init(_ waiting: ParticipantID, host: Voter? = nil, _ text: String, sentAt: Int64) {
        self.waiting = waiting
        self.host = host
        self.text = text
        self.sentAt = sentAt
    }

    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        waiting = try reader.identifier("waiting")
        if reader.isPresent("host") {
            let host = try reader.nested("host")
            self.host = Voter(
                try host.identifier("id"), try host.string("name", maxBytes: MeetingLimits.nameBytes))
        }
        text = try reader.string("text", maxBytes: MeetingLimits.chatBytes)
        sentAt = try reader.count("sentAt")
    }

    public var payload: JSONValue {
        var object: JSONObject = [
            "waiting": .string(waiting.rawValue), "text": .string(text),
            "sentAt": .number(JSONNumber(sentAt)),
        ]
        if let host { object["host"] = ["id": .string(host.id.rawValue), "name": .string(host.name)] }
        return .object(object)
    }
}

extension PayloadReader {
    /// Lines of a lobby; none where the member is left out.
    func lobbyLines(_ name: String) throws(InvalidEvent) -> [LobbyLine] {
        guard isPresent(name) else { return [] }
        return try array(name) { (value, path) throws(InvalidEvent) in
            try LobbyLine(payload: value, at: path)
        }
    }
}
