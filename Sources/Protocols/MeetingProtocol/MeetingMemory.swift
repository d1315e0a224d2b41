// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What a meeting remembers of how it is held when nobody is there, or the server is started anew.
public struct MeetingMemory: Hashable, Sendable {
    /// Whom a meeting knows from before.
    public struct Acquaintance: Hashable, Sendable {
        public var id: ParticipantID
        /// What a host made of them.
        public var given: MeetingRole?
        /// Why they may not come back.
        public var bar: Refusal?
        /// When they came in, give or take an hour, in milliseconds since 1970.
        public var seenAt: Int64

        public init(
            _ id: ParticipantID, given: MeetingRole? = nil, bar: Refusal? = nil, seenAt: Int64
        ) {
            self.id = id
            self.given = given
            self.bar = bar
            self.seenAt = seenAt
        }
    }

    public struct Vote: Hashable, Sendable {
        public var voter: Voter
        /// In the order of the options.
        public var options: [Int]

        public init(_ voter: Voter, _ options: [Int]) {
            self.voter = voter
            self.options = options
        }
    }

    public struct KeptPoll: Hashable, Sendable {
        public var draft: PollDraft
        public var by: Voter
        /// Milliseconds since 1970.
        public var openedAt: Int64
        public var isClosed: Bool
        /// The first one first.
        public var votes: [Vote]

        public init(
            _ draft: PollDraft, by: Voter, openedAt: Int64, isClosed: Bool = false, votes: [Vote] = []
        ) {
            self.draft = draft
            self.by = by
            self.openedAt = openedAt
            self.isClosed = isClosed
            self.votes = votes
        }
    }

    /// A change of it, to be stored.
    public enum Change: Hashable, Sendable {
        case rules(MeetingRules)
        case recording(Recording?)
        /// Whole.
        case acquaintance(Acquaintance)
        case forget(ParticipantID)
        /// Whole, but for its votes.
        case poll(KeptPoll)
        /// No options take it back.
        case vote(Vote, PollID)
        case deletePoll(PollID)
    }

    public var rules: MeetingRules
    public var recording: Recording?
    /// The first one first.
    public var acquaintances: [Acquaintance]
    public var polls: [KeptPoll]

    public init(
        rules: MeetingRules = MeetingRules(), recording: Recording? = nil,
        acquaintances: [Acquaintance] = [], polls: [KeptPoll] = []
    ) {
        self.rules = rules
        self.recording = recording
        self.acquaintances = acquaintances
        self.polls = polls
    }

    /// How long somebody whom a host made nothing special is known, in milliseconds: a day.
    public static let acquaintance: Int64 = 24 * 3_600_000

    /// Without those who were there too long ago to be known for that alone.
    /// - Parameter time: Milliseconds since 1970.
    public func recalled(at time: Int64) -> MeetingMemory {
        var memory = self
        memory.acquaintances.removeAll {
            $0.given == nil && $0.bar == nil && $0.seenAt < time - Self.acquaintance
        }
        return memory
    }
}
