// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import MeetingProtocol

/// The polls of a room, in the order in which they were opened, and who must hear of them yet.
struct PollBox {
    /// A hall that votes at once would otherwise be told of each vote, each by each.
    private static let pause = Duration.milliseconds(500)

    private let maxAge: Int64?
    private(set) var polls: [MeetingMemory.KeptPoll]
    /// Votes in these are not told yet.
    private var untold: [PollID] = []
    /// When they are.
    private(set) var deadline: Instant?

    init(_ polls: [MeetingMemory.KeptPoll], retention: ChatRetention) {
        self.polls = polls
        maxAge = retention.maxAge
    }

    subscript(_ id: PollID) -> MeetingMemory.KeptPoll? { polls.first { $0.draft.id == id } }

    /// Forgets what is too old to be kept.
    mutating func expire(at time: WallClock) {
        guard let maxAge else { return }
        polls.removeAll { $0.openedAt < time.milliseconds - maxAge }
    }

    mutating func add(_ poll: MeetingMemory.KeptPoll) { polls.append(poll) }

    mutating func remove(_ id: PollID) {
        polls.removeAll { $0.draft.id == id }
        untold.removeAll { $0 == id }
    }

    mutating func close(_ id: PollID) {
        guard let index = polls.firstIndex(where: { $0.draft.id == id }) else { return }
        polls[index].isClosed = true
        untold.removeAll { $0 == id }
    }

    /// Replaces what somebody has chosen before. False when no more people may vote.
    mutating func set(_ vote: MeetingMemory.Vote, in id: PollID, at now: Instant) -> Bool {
        guard let index = polls.firstIndex(where: { $0.draft.id == id }) else { return false }
        polls[index].votes.removeAll { $0.voter.id == vote.voter.id }
        guard polls[index].votes.count < MeetingLimits.people else { return false }
        if !vote.options.isEmpty { polls[index].votes.append(vote) }
        if !untold.contains(id) { untold.append(id) }
        if deadline == nil { deadline = now.advanced(by: Self.pause) }
        return true
    }

    /// What everybody is to be told by now.
    mutating func takeDue(at now: Instant) -> [Poll] {
        guard let deadline, deadline <= now else { return [] }
        self.deadline = nil
        defer { untold = [] }
        return polls.filter { untold.contains($0.draft.id) }.map { $0.seen() }
    }
}

extension MeetingMemory.KeptPoll {
    /// As everybody sees it, or as somebody does who is told what they have chosen.
    ///
    /// Of a secret poll no number is told before it is closed: who watches it change could tell who has
    /// chosen what.
    func seen(by reader: ParticipantID? = nil) -> Poll {
        let chosen = draft.options.indices.map { option in votes.filter { $0.options.contains(option) } }
        return Poll(
            draft, by: by, openedAt: openedAt, isClosed: isClosed, voted: Int64(votes.count),
            votes: draft.isSecret && !isClosed ? nil : chosen.map { Int64($0.count) },
            voters: draft.isSecret ? nil : chosen.map { $0.map(\.voter) },
            own: reader.flatMap { id in votes.first { $0.voter.id == id }?.options })
    }
}
