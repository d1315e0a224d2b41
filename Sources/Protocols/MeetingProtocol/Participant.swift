// SPDX-License-Identifier: Apache-2.0

/// What a participant sends: which sources are live, and which media stream is the shared screen.
public struct MediaState: Hashable, Sendable {
    public var microphone: Bool
    public var camera: Bool
    public var screen: Bool
    /// The `MediaStream` id of the share, so that receivers can tell it from the camera.
    public var screenStream: String?

    public init(
        microphone: Bool = false, camera: Bool = false, screen: Bool = false, screenStream: String? = nil
    ) {
        self.microphone = microphone
        self.camera = camera
        self.screen = screen
        self.screenStream = screenStream
    }
}

/// One seat in a meeting, as everybody sees it.
public struct Participant: Hashable, Sendable {
    public var id: ParticipantID
    public var name: String
    public var page: PageID
    /// Whether the server has a signalling connection to the page right now.
    public var connected: Bool
    public var media: MediaState
    /// Milliseconds since 1970.
    public var joinedAt: Int64
    /// Whether this is a page of a dialect: it negotiates once, and not before it is asked to or offers itself.
    public var isGuest: Bool
    public var role: MeetingRole

    public init(
        id: ParticipantID, name: String, page: PageID, connected: Bool, media: MediaState, joinedAt: Int64,
        isGuest: Bool = false, role: MeetingRole = .participant
    ) {
        self.id = id
        self.name = name
        self.page = page
        self.connected = connected
        self.media = media
        self.joinedAt = joinedAt
        self.isGuest = isGuest
        self.role = role
    }
}

/// Why a participant is no longer in the meeting.
public enum LeaveReason: String, Hashable, Sendable, CaseIterable {
    /// They left on purpose.
    case left
    /// Their connection stayed lost for longer than the seat is kept.
    case lost
    /// The host removed them.
    case removed
}

/// Why a meeting is over for everybody.
public enum EndReason: String, Hashable, Sendable, CaseIterable {
    case endedByHost = "ended-by-host"
}
