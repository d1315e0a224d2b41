// SPDX-License-Identifier: Apache-2.0
public import JSON

/// Offers the peer connection by which a page sends its media, or a change of it.
public struct PublishRequest: PayloadCodable {
    /// What one section of the offer carries.
    public struct Track: Hashable, Sendable {
        public var section: MediaSectionID
        public var source: MediaSource

        public init(_ section: MediaSectionID, _ source: MediaSource) {
            self.section = section
            self.source = source
        }
    }

    public var connection: MediaConnectionID
    /// The session description. JSEP, RFC 9429 §5.2.
    public var offer: String
    /// In the order in which they stand in the payload; no section and no source twice.
    public var tracks: [Track]

    public init(connection: MediaConnectionID, offer: String, tracks: [Track]) {
        self.connection = connection
        self.offer = offer
        self.tracks = tracks
    }

    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        connection = try reader.identifier("connection")
        offer = try reader.sessionDescription("offer")
        tracks = []
        for (section, value) in try reader.sections("tracks", most: MediaSource.allCases.count) {
            guard let source = value.string.flatMap(MediaSource.init(rawValue:)) else {
                throw InvalidEvent("\(path).tracks.\(section)", .invalid)
            }
            guard !tracks.contains(where: { $0.source == source }) else {
                throw InvalidEvent("\(path).tracks.\(section)", .expected("a source named once"))
            }
            tracks.append(Track(section, source))
        }
    }

    public var payload: JSONValue {
        [
            "connection": .string(connection.rawValue), "offer": .string(offer),
            "tracks": bySection(tracks.map { ($0.section, .string($0.source.rawValue)) }),
        ]
    }
}

/// Offers the peer connection by which a page receives, or a change of it: each section that receives is a slot.
public struct SubscribeRequest: PayloadCodable {
    public var connection: MediaConnectionID
    /// The session description. JSEP, RFC 9429 §5.2.
    public var offer: String

    public init(connection: MediaConnectionID, offer: String) {
        self.connection = connection
        self.offer = offer
    }

    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        connection = try reader.identifier("connection")
        offer = try reader.sessionDescription("offer")
    }

    public var payload: JSONValue {
        ["connection": .string(connection.rawValue), "offer": .string(offer)]
    }
}

/// What a page wants to see in one of its slots.
public struct SlotWish: Hashable, Sendable {
    /// What is shown and how large, in pixels of the screen.
    public struct Picture: Hashable, Sendable {
        public var track: MediaTrack
        /// 0 to ``MeetingLimits/pictureSize``; larger ones are taken as that.
        public var width: Int
        public var height: Int
        /// 0 to 255. What has more is served first when there is not enough for all.
        public var priority: Int

        public init(_ track: MediaTrack, width: Int, height: Int, priority: Int = 0) {
            self.track = track
            self.width = width
            self.height = height
            self.priority = priority
        }
    }

    public var section: MediaSectionID
    /// `nil` to have the slot empty.
    public var picture: Picture?

    public init(_ section: MediaSectionID, _ picture: Picture?) {
        self.section = section
        self.picture = picture
    }

    init(_ section: MediaSectionID, payload: JSONValue, at path: String) throws(InvalidEvent) {
        self.section = section
        guard payload != .null else { return }
        let reader = try PayloadReader(payload, at: path)
        let source: MediaSource = try reader.choice("source")
        guard source.isVideo else { throw reader.problem("source", .expected("a camera or a screen")) }
        let priority = try reader.count("priority")
        guard priority <= 255 else { throw reader.problem("priority", .expected("at most 255")) }
        picture = Picture(
            MediaTrack(try reader.identifier("participant"), source),
            width: Int(min(try reader.count("width"), MeetingLimits.pictureSize)),
            height: Int(min(try reader.count("height"), MeetingLimits.pictureSize)), priority: Int(priority))
    }

    var payload: JSONValue {
        guard let picture else { return .null }
        return [
            "participant": .string(picture.track.participant.rawValue),
            "source": .string(picture.track.source.rawValue),
            "width": .number(JSONNumber(Int64(picture.width))),
            "height": .number(JSONNumber(Int64(picture.height))),
            "priority": .number(JSONNumber(Int64(picture.priority))),
        ]
    }
}

/// What one slot of a page now carries.
public struct SlotContent: Hashable, Sendable {
    public var section: MediaSectionID
    /// `nil` when the slot is empty.
    public var track: MediaTrack?

    public init(_ section: MediaSectionID, _ track: MediaTrack?) {
        self.section = section
        self.track = track
    }

    init(_ section: MediaSectionID, payload: JSONValue, at path: String) throws(InvalidEvent) {
        self.section = section
        guard payload != .null else { return }
        let reader = try PayloadReader(payload, at: path)
        track = MediaTrack(try reader.identifier("participant"), try reader.choice("source"))
    }

    var payload: JSONValue {
        guard let track else { return .null }
        return [
            "participant": .string(track.participant.rawValue), "source": .string(track.source.rawValue),
        ]
    }
}

/// Which encodings of one of the page's own tracks somebody watches.
public struct WatchedTrack: Hashable, Sendable {
    public var section: MediaSectionID
    /// None when nobody watches.
    public var encodings: [EncodingID]

    public init(_ section: MediaSectionID, _ encodings: [EncodingID]) {
        self.section = section
        self.encodings = encodings
    }

    init(_ section: MediaSectionID, payload: JSONValue, at path: String) throws(InvalidEvent) {
        self.section = section
        guard let values = payload.array else { throw InvalidEvent(path, .expected("an array")) }
        encodings = []
        for (index, value) in values.enumerated() {
            guard let text = value.string else {
                throw InvalidEvent("\(path)[\(index)]", .expected("a string"))
            }
            encodings.append(EncodingID(text))
        }
    }

    var payload: JSONValue { .array(encodings.map { .string($0.rawValue) }) }
}

/// What the server can do with media in a meeting.
public struct Forwarding: PayloadCodable {
    /// How many audio sections a page should offer to receive: nobody is heard in more.
    public var audioSlots: Int
    /// How many video sections it may offer to receive.
    public var videoSlots: Int

    public init(audioSlots: Int, videoSlots: Int) {
        self.audioSlots = audioSlots
        self.videoSlots = videoSlots
    }

    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        let most = Int64(MeetingLimits.slots)
        audioSlots = Int(min(try reader.count("audioSlots"), most))
        videoSlots = Int(min(try reader.count("videoSlots"), most))
    }

    public var payload: JSONValue {
        [
            "audioSlots": .number(JSONNumber(Int64(audioSlots))),
            "videoSlots": .number(JSONNumber(Int64(videoSlots))),
        ]
    }
}

extension PayloadReader {
    /// SDP, of which only the size is looked at here.
    func sessionDescription(_ name: String) throws(InvalidEvent) -> String {
        let text = try string(name, maxBytes: MeetingLimits.descriptionBytes)
        guard !text.isEmpty else { throw problem(name, .empty) }
        return text
    }

    /// The members of an object whose names are sections of a session description, in order.
    func sections(
        _ name: String, most: Int = MeetingLimits.slots
    ) throws(InvalidEvent) -> [(MediaSectionID, JSONValue)] {
        guard let object = try value(name).object else { throw problem(name, .expected("an object")) }
        guard object.members.count <= most else { throw problem(name, .tooLong(most, "sections")) }
        var sections: [(MediaSectionID, JSONValue)] = []
        for (key, value) in object.members {
            guard !sections.contains(where: { $0.0.rawValue == key }) else {
                throw problem(name, .expected("an object that names each section once"))
            }
            guard !key.isEmpty else { throw problem(name, .expected("an object without empty names")) }
            guard key.utf8.count <= MeetingLimits.sectionBytes else {
                throw problem(name, .tooLong(MeetingLimits.sectionBytes, "bytes in a name"))
            }
            sections.append((MediaSectionID(key), value))
        }
        return sections
    }
}

/// An object by section, for a payload.
func bySection(_ members: [(MediaSectionID, JSONValue)]) -> JSONValue {
    .object(JSONObject(members.map { ($0.0.rawValue, $0.1) }))
}
