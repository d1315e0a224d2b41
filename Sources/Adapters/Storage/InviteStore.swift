// SPDX-License-Identifier: Apache-2.0
public import MeetingProtocol

/// Invitations to meetings: what a signed link is checked against.
public protocol InviteStore: Sendable {
    /// Adds an invite. Reports false when its meeting is unknown or has ended, or its id is taken.
    func addInvite(_ invite: InviteRecord, _ done: @escaping StorageCompletion<Bool>)
    /// Reports the invite, or `nil`.
    func invite(_ id: String, _ done: @escaping StorageCompletion<InviteRecord?>)
    /// Reports the invites to a meeting, oldest first.
    func invites(to code: MeetingCode, _ done: @escaping StorageCompletion<[InviteRecord]>)
    /// Takes the invite at `time` if it can be used then, and marks it as used. Of two who take an
    /// invite for one person, one gets it.
    func useInvite(_ id: String, at time: Int64, _ done: @escaping StorageCompletion<InviteUse>)
    /// Makes the invite useless from `time` on. Reports false when it is unknown or was revoked before.
    func revokeInvite(_ id: String, at time: Int64, _ done: @escaping StorageCompletion<Bool>)
}

/// An invitation to a meeting.
public struct InviteRecord: Hashable, Sendable {
    public var id: String
    public var meeting: MeetingCode
    /// What the invited may do in the meeting; the server's word.
    public var role: String
    /// Milliseconds since 1970, like all times here; `nil` for no limit.
    public var notBefore: Int64?
    /// The first moment at which it can no longer be used.
    public var expiresAt: Int64?
    /// Whether it lets only one person in.
    public var isSingleUse: Bool
    /// When it was first used.
    public var usedAt: Int64?
    public var revokedAt: Int64?
    public var createdAt: Int64

    public init(
        id: String, meeting: MeetingCode, role: String, notBefore: Int64? = nil, expiresAt: Int64? = nil,
        isSingleUse: Bool = false, usedAt: Int64? = nil, revokedAt: Int64? = nil, createdAt: Int64
    ) {
        self.id = id
        self.meeting = meeting
        self.role = role
        self.notBefore = notBefore
        self.expiresAt = expiresAt
        self.isSingleUse = isSingleUse
        self.usedAt = usedAt
        self.revokedAt = revokedAt
        self.createdAt = createdAt
    }

    /// What using it at `time` comes to.
    public func use(at time: Int64) -> InviteUse {
        if revokedAt != nil { return .revoked }
        if let notBefore, time < notBefore { return .early(self) }
        if let expiresAt, time >= expiresAt { return .expired }
        if isSingleUse, usedAt != nil { return .spent }
        return .accepted(self)
    }
}

/// What came of using an invite.
public enum InviteUse: Hashable, Sendable {
    case accepted(InviteRecord)
    case unknown
    /// It works from ``InviteRecord/notBefore`` on.
    case early(InviteRecord)
    case expired
    case revoked
    /// It was for one person, who has come.
    case spent
}
