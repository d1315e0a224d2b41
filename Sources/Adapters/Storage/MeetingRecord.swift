// SPDX-License-Identifier: Apache-2.0
public import MeetingProtocol

/// A meeting as it is kept: what it is, not who is in it.
public struct MeetingRecord: Hashable, Sendable {
    /// How long the chat of an empty meeting outlives it, in milliseconds: one hour.
    public static let idleLimit: Int64 = 3_600_000
    /// How long a meeting's code works after its last use, in milliseconds: one year.
    public static let lifetime: Int64 = 365 * 24 * 3_600_000

    public var code: MeetingCode
    public var retention: ChatRetention
    /// Milliseconds since 1970, like all times here.
    public var createdAt: Int64
    public var usedAt: Int64
    /// When the host ended it; `nil` while it can be joined.
    public var endedAt: Int64?
    /// Whose it is; `nil` when anybody made it.
    public var owner: AccountID?
    /// What its owner calls it.
    public var name: String?
    /// What its owner paints it with, as `#rrggbb` or the like.
    public var color: String?
    /// The room of a dialect that it is one with; there is one such meeting at a time.
    public var dialectRoom: String?

    public init(
        code: MeetingCode, retention: ChatRetention, createdAt: Int64, usedAt: Int64? = nil,
        endedAt: Int64? = nil, owner: AccountID? = nil, name: String? = nil, color: String? = nil,
        dialectRoom: String? = nil
    ) {
        self.code = code
        self.retention = retention
        self.createdAt = createdAt
        self.usedAt = usedAt ?? createdAt
        self.endedAt = endedAt
        self.owner = owner
        self.name = name
        self.color = color
        self.dialectRoom = dialectRoom
    }
}

/// What is to change in a meeting; `nil` leaves it as it is.
public struct MeetingChange: Hashable, Sendable {
    /// Changes nothing when the meeting is not this account's.
    public var expectedOwner: AccountID?
    public var name: String?
    public var color: String?
    public var retention: ChatRetention?
    /// Replaces everything that stands in the room.
    public var objects: [RoomObject]?

    public init(expectedOwner: AccountID? = nil) { self.expectedOwner = expectedOwner }
}

/// A piece of furniture on the floor plan of a meeting.
public struct RoomObject: Hashable, Sendable {
    /// 24 lower-case hexadecimal digits.
    public var id: String
    public var name: String
    /// Where on the plan, in tiles.
    public var x: Double
    public var y: Double
    /// Greater is nearer to the onlooker.
    public var zIndex: Double
    public var orientation: String

    public init(id: String, name: String, x: Double, y: Double, zIndex: Double, orientation: String) {
        self.id = id
        self.name = name
        self.x = x
        self.y = y
        self.zIndex = zIndex
        self.orientation = orientation
    }
}

/// A meeting and the end of its chat.
public struct StoredMeeting: Hashable, Sendable {
    public var record: MeetingRecord
    /// Oldest first.
    public var messages: [ChatMessage]
    /// Whether the chat has messages before these.
    public var hasOlder: Bool
    /// The greatest number the chat has ever used, even if that message was deleted; 0 for none.
    public var lastSeq: Int64
    /// How it was held.
    public var memory: MeetingMemory

    public init(
        record: MeetingRecord, messages: [ChatMessage], hasOlder: Bool, lastSeq: Int64,
        memory: MeetingMemory = MeetingMemory()
    ) {
        self.record = record
        self.messages = messages
        self.hasOlder = hasOlder
        self.lastSeq = lastSeq
        self.memory = memory
    }
}

/// What a sweep deleted. The messages of a deleted meeting are counted too.
public struct SweepCounts: Hashable, Sendable {
    public var messages: Int
    public var meetings: Int
    public var sessions: Int

    public init(messages: Int = 0, meetings: Int = 0, sessions: Int = 0) {
        self.messages = messages
        self.meetings = meetings
        self.sessions = sessions
    }
}

/// How much a store keeps.
public struct StorageFigures: Hashable, Sendable {
    /// Those that have not ended.
    public var meetings: Int64 = 0
    /// Of the chats of all meetings.
    public var messages: Int64 = 0
    /// When the oldest message was sent, in milliseconds since 1970; `nil` when there is none.
    public var oldestMessage: Int64?
    /// What the database takes on disk, but for its log.
    public var bytes: Int64 = 0

    public init() {}
}
