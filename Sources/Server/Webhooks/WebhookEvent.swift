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
            "type": .string(kind.rawValue), "timestamp": .string(Self.text(of: time)), "data": .object(data),
        ]).format(into: &bytes)
        return bytes
    }

    /// As RFC 3339 has it, in UTC with milliseconds.
    static func text(of time: WallClock) -> String {
        let milliseconds = max(0, time.milliseconds)
        let date = CivilDate(daysSince1970: Int(milliseconds / 86_400_000))
        let rest = milliseconds % 86_400_000
        func padded(_ number: Int64, _ width: Int = 2) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let day = "\(padded(Int64(date.year), 4))-\(padded(Int64(date.month)))-\(padded(Int64(date.day)))"
        let clock = "\(padded(rest / 3_600_000)):\(padded(rest / 60_000 % 60)):\(padded(rest / 1000 % 60))"
        return "\(day)T\(clock).\(padded(rest % 1000, 3))Z"
    }
}
