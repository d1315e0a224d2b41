// SPDX-License-Identifier: Apache-2.0

/// What somebody may do in a meeting. Each role may what those before it may.
public enum MeetingRole: String, Hashable, Sendable, CaseIterable, Comparable {
    /// Watches and listens, writes, raises a hand; sends no media.
    case viewer
    /// Speaks, and sends what the rules let pass.
    case participant
    /// Stands above the rules, and looks after those who rank lower.
    case coHost = "co-host"
    /// May also make co-hosts, and end the meeting for everybody.
    case host

    public static func < (left: MeetingRole, right: MeetingRole) -> Bool { left.rank < right.rank }

    /// Whether the role looks after the meeting.
    public var isHosting: Bool { self >= .coHost }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .participant: 1
        case .coHost: 2
        case .host: 3
        }
    }
}
