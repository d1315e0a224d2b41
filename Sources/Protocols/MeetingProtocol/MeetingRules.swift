// SPDX-License-Identifier: Apache-2.0
public import JSON

/// What those who do not host a meeting may do in it.
public struct MeetingRules: PayloadCodable {
    /// Nobody new comes in.
    public var isLocked: Bool
    /// Who comes in waits until a host lets them.
    public var hasLobby: Bool
    public var microphone: Bool
    public var camera: Bool
    public var screen: Bool
    public var chat: Bool
    /// Participants may open polls.
    public var polls: Bool

    public init(
        isLocked: Bool = false, hasLobby: Bool = false, microphone: Bool = true, camera: Bool = true,
        screen: Bool = true, chat: Bool = true, polls: Bool = true
    ) {
        self.isLocked = isLocked
        self.hasLobby = hasLobby
        self.microphone = microphone
        self.camera = camera
        self.screen = screen
        self.chat = chat
        self.polls = polls
    }

    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        isLocked = try reader.bool("locked")
        hasLobby = try reader.bool("lobby")
        microphone = try reader.bool("microphone")
        camera = try reader.bool("camera")
        screen = try reader.bool("screen")
        chat = try reader.bool("chat")
        polls = reader.isPresent("polls") ? try reader.bool("polls") : true
    }

    public var payload: JSONValue {
        [
            "locked": .bool(isLocked), "lobby": .bool(hasLobby), "microphone": .bool(microphone),
            "camera": .bool(camera), "screen": .bool(screen), "chat": .bool(chat),
            "polls": .bool(polls),
        ]
    }

    /// What somebody with `role` may send of what they want to.
    public func allowed(_ media: MediaState, for role: MeetingRole) -> MediaState {
        guard !role.isHosting else { return media }
        let speaks = role != .viewer
        let mayShow = screen && speaks
        return MediaState(
            microphone: media.microphone && microphone && speaks, camera: media.camera && camera && speaks,
            screen: media.screen && mayShow, screenStream: mayShow ? media.screenStream : nil)
    }
}
