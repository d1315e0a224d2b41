// SPDX-License-Identifier: Apache-2.0
public import JSON

/// What a client says to take a seat, or to come back to one.
public struct JoinRequest: PayloadCodable {
    public var meeting: MeetingCode
    /// Cleaned: 1 to 60 characters, no control characters, no bidirectional overrides.
    public var name: String
    public var page: PageID
    /// What an earlier reply gave; `nil` for a new seat.
    public var seat: SeatToken?
    public var media: MediaState
    /// The newest message the client has; only later ones are wanted.
    public var after: Int64?
    /// Since when the participant's hand was up when the server was restarted, in milliseconds since 1970.
    public var hand: Int64?

    public init(
        meeting: MeetingCode, name: String, page: PageID, seat: SeatToken? = nil,
        media: MediaState = MediaState(), after: Int64? = nil, hand: Int64? = nil
    ) {
        self.meeting = meeting
        self.name = name
        self.page = page
        self.seat = seat
        self.media = media
        self.after = after
        self.hand = hand
    }

    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        // A mistyped code is one more code of which there is no meeting.
        guard let meeting = MeetingCode(try reader.string("meeting")) else {
            throw reader.problem("meeting", .invalid, refusal: .noSuchMeeting)
        }
        guard let name = PersonName.cleaned(try reader.string("name")) else {
            throw reader.problem("name", .invalid, refusal: .invalidName)
        }
        self.meeting = meeting
        self.name = name
        page = try reader.identifier("page")
        seat =
            reader.isPresent("seat")
            ? try reader.identifier("seat", maxBytes: MeetingLimits.seatBytes) : nil
        media = try MediaState(payload: reader.value("media"), at: "\(path).media")
        after = reader.isPresent("after") ? try reader.count("after") : nil
        hand = reader.isPresent("hand") ? try reader.count("hand") : nil
    }

    public var payload: JSONValue {
        var object: JSONObject = [
            "meeting": .string(meeting.text), "name": .string(name), "page": .string(page.rawValue),
        ]
        if let seat { object["seat"] = .string(seat.rawValue) }
        object["media"] = media.payload
        if let after { object["after"] = .number(JSONNumber(after)) }
        if let hand { object["hand"] = .number(JSONNumber(hand)) }
        return .object(object)
    }
}

/// What a client learns when it has taken a seat.
public struct JoinReply: PayloadCodable {
    /// The client's own participant.
    public var own: Participant
    /// What the client may do in the meeting.
    public var role: MeetingRole
    /// Brings the client back to this seat.
    public var seat: SeatToken
    /// Tells one run of the server from the next.
    public var server: String
    public var capacity: Int
    /// Everybody else, in the order in which they joined.
    public var participants: [Participant]
    public var chat: ChatHistory
    public var iceServers: [ICEServer]
    /// `nil` where the server carries no media, and pages connect to each other.
    public var forwarding: Forwarding?
    public var rules: MeetingRules
    /// The first one first.
    public var hands: [RaisedHand]
    /// Whom hosts want everybody to see.
    public var spotlight: ParticipantID?
    /// `nil` where nobody has said that they record.
    public var recording: Recording?
    /// Who waits to be let in; `nil` for those who do not host.
    public var lobby: [Waiting]?
    /// What the meeting takes of files; `nil` where the chat has none.
    public var files: FileLimits?
    /// The first one first.
    public var polls: [Poll]
    /// What was said with those who wait, by them in order; empty for those who do not host.
    public var lobbyChat: [LobbyLine]

    public init(
        own: Participant, role: MeetingRole = .participant, seat: SeatToken, server: String, capacity: Int,
        participants: [Participant],
        chat: ChatHistory, iceServers: [ICEServer], forwarding: Forwarding? = nil,
        rules: MeetingRules = MeetingRules(), hands: [RaisedHand] = [], spotlight: ParticipantID? = nil,
        recording: Recording? = nil, lobby: [Waiting]? = nil, files: FileLimits? = nil, polls: [Poll] = [],
        lobbyChat: [LobbyLine] = []
    ) {
        self.own = own
        self.role = role
        self.seat = seat
        self.server = server
        self.capacity = capacity
        self.participants = participants
        self.chat = chat
        self.iceServers = iceServers
        self.forwarding = forwarding
        self.rules = rules
        self.hands = hands
        self.spotlight = spotlight
        self.recording = recording
        self.lobby = lobby
        self.files = files
        self.polls = polls
        self.lobbyChat = lobbyChat
    }

    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        own = try Participant(payload: reader.value("self"), at: "\(path).self")
        guard let role = MeetingRole(rawValue: try reader.string("role")) else {
            throw reader.problem("role", .invalid)
        }
        self.role = role
        seat = try reader.identifier("seat", maxBytes: MeetingLimits.seatBytes)
        server = try reader.string("server", maxBytes: MeetingLimits.identifierBytes)
        guard let capacity = Int(exactly: try reader.count("capacity")) else {
            throw reader.problem("capacity", .invalid)
        }
        self.capacity = capacity
        participants = try reader.array("participants") { (value, path) throws(InvalidEvent) in
            try Participant(payload: value, at: path)
        }
        chat = try ChatHistory(payload: reader.value("chat"), at: "\(path).chat")
        iceServers = try reader.array("iceServers") { (value, path) throws(InvalidEvent) in
            try ICEServer(payload: value, at: path)
        }
        forwarding =
            reader.isPresent("forwarding")
            ? try Forwarding(payload: reader.value("forwarding"), at: "\(path).forwarding") : nil
        rules = try MeetingRules(payload: reader.value("rules"), at: "\(path).rules")
        hands = try reader.hands("hands")
        spotlight = reader.isPresent("spotlight") ? try reader.identifier("spotlight") : nil
        recording =
            reader.isPresent("recording")
            ? try Recording(payload: reader.value("recording"), at: "\(path).recording") : nil
        lobby = reader.isPresent("lobby") ? try reader.waiting("lobby") : nil
        files =
            reader.isPresent("files")
            ? try FileLimits(payload: reader.value("files"), at: "\(path).files") : nil
        polls =
            reader.isPresent("polls")
            ? try reader.array("polls") { (value, path) throws(InvalidEvent) in
                try Poll(payload: value, at: path)
            } : []
        lobbyChat = try reader.lobbyLines("lobbyChat")
    }

    public var payload: JSONValue {
        var object: JSONObject = [
            "self": own.payload, "role": .string(role.rawValue), "seat": .string(seat.rawValue),
            "server": .string(server),
            "capacity": .number(JSONNumber(Int64(capacity))),
            "participants": .array(participants.map(\.payload)), "chat": chat.payload,
            "iceServers": .array(iceServers.map(\.payload)), "forwarding": forwarding?.payload ?? .null,
            "rules": rules.payload, "hands": .array(hands.map(\.payload)),
            "spotlight": spotlight.map { .string($0.rawValue) } ?? .null,
        ]
        if let recording { object["recording"] = recording.payload }
        if !polls.isEmpty { object["polls"] = .array(polls.map(\.payload)) }
        if !lobbyChat.isEmpty { object["lobbyChat"] = .array(lobbyChat.map(\.payload)) }
        if let lobby { object["lobby"] = .array(lobby.map(\.payload)) }
        if let files { object["files"] = files.payload }
        return .object(object)
    }
}

/// The end of a meeting's chat, oldest first.
public struct ChatHistory: PayloadCodable {
    public var messages: [ChatMessage]
    /// False when there are older messages that were asked for and left out.
    public var complete: Bool

    public init(messages: [ChatMessage], complete: Bool) {
        self.messages = messages
        self.complete = complete
    }

    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        messages = try reader.array("messages") { (value, path) throws(InvalidEvent) in
            try ChatMessage(payload: value, at: path)
        }
        complete = try reader.bool("complete")
    }

    public var payload: JSONValue {
        ["messages": .array(messages.map(\.payload)), "complete": .bool(complete)]
    }
}

/// A STUN or TURN server, as `RTCPeerConnection` takes it. W3C WebRTC §4.2.2.
public struct ICEServer: PayloadCodable {
    public var urls: [String]
    public var username: String?
    public var credential: String?

    public init(urls: [String], username: String? = nil, credential: String? = nil) {
        self.urls = urls
        self.username = username
        self.credential = credential
    }

    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        urls = try reader.array("urls") { (value, path) throws(InvalidEvent) in
            guard let url = value.string else { throw InvalidEvent(path, .expected("a string")) }
            return url
        }
        username = try reader.optionalString("username")
        credential = try reader.optionalString("credential")
    }

    public var payload: JSONValue {
        var object: JSONObject = ["urls": .array(urls.map { .string($0) })]
        if let username { object["username"] = .string(username) }
        if let credential { object["credential"] = .string(credential) }
        return .object(object)
    }
}
