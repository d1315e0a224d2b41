// SPDX-License-Identifier: Apache-2.0

/// What a participant may do in a meeting besides taking part.
public enum MeetingRole: String, Hashable, Sendable, CaseIterable, Comparable {
    case participant
    /// May end the meeting for everybody.
    case host

    public static func < (left: MeetingRole, right: MeetingRole) -> Bool {
        left == .participant && right == .host
    }
}
