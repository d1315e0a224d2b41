// SPDX-License-Identifier: Apache-2.0
internal import CivilTime
public import EngineKit
public import JSON

/// Something that happened, for another program.
public struct WebhookEvent: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case meetingStarted = "meeting.started"
        case meetingEnded = "meeting.ended"
        case participantJoined = "participant.joined"
        case participantLeft = "participant.left"
        /// Not sent yet: reserved for recordings.
        case recordingReady = "recording.ready"
    }

    public var kind: Kind
    public var time: WallClock
    public var data: JSONObject

    public init(_ kind: Kind, at time: WallClock, _ data: JSONObject) {
        self.kind = kind
        self.time = time
        self.data = data
    }

    /// The body of the request.
    public var body: [UInt8] {
        var bytes: [UInt8] = []
        JSONValue.object([
            "type": .string(kind.rawValue), "timestamp": .string(timestamp(milliseconds: time.milliseconds)),
            "data": .object(data),
        ]).format(into: &bytes)
        return bytes
    }
}
