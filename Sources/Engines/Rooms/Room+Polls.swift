// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import MeetingProtocol

/// Asking everybody, and being asked.
extension Room {
    /// - Parameter seat: Whose wish it is; they may ask.
    mutating func poll(_ wish: PollRequest, by seat: Seat, _ asker: Asker, time: WallClock, at now: Instant) {
        polls.expire(at: time)
        switch wish {
        case .open(let draft): open(draft, by: seat, asker, time: time)
        case .vote(let id, let options): vote(options, in: id, by: seat, asker, at: now)
        case .close(let id):
            guard let poll = poll(id, heldBy: seat, asker) else { return }
            guard !poll.isClosed else { return reply(asker, .done) }
            polls.close(id)
            guard var closed = polls[id] else { return }
            tellAll(.news(.poll(closed.seen())))
            closed.votes = []
            keep(.poll(closed), for: asker)
        case .delete(let id):
            guard poll(id, heldBy: seat, asker) != nil else { return }
            polls.remove(id)
            tellAll(.news(.pollDeleted(id)))
            keep(.deletePoll(id), for: asker)
        }
    }

    private mutating func open(_ draft: PollDraft, by seat: Seat, _ asker: Asker, time: WallClock) {
        if let known = polls[draft.id] {
            // Asked again, because the answer was lost on its way.
            return known.by.id == seat.id ? reply(asker, .done) : refuse(asker, .notAllowed)
        }
        guard seat.role.isHosting || rules.polls && seat.role >= .participant else {
            return refuse(asker, .notAllowed)
        }
        guard polls.polls.count < MeetingLimits.polls else { return refuse(asker, .tooManyPolls) }
        let poll = MeetingMemory.KeptPoll(
            draft, by: Voter(seat.id, seat.name), openedAt: time.milliseconds)
        polls.add(poll)
        tellAll(.news(.poll(poll.seen())))
        keep(.poll(poll), for: asker)
    }

    private mutating func vote(
        _ options: [Int], in id: PollID, by seat: Seat, _ asker: Asker, at now: Instant
    ) {
        guard let poll = polls[id] else { return refuse(asker, .noSuchPoll) }
        guard !poll.isClosed else { return refuse(asker, .pollClosed) }
        let isPossible = options.allSatisfy { poll.draft.options.indices.contains($0) }
        guard isPossible, options.count <= 1 || poll.draft.allowsSeveral else {
            return refuse(asker, .notAllowed)
        }
        let vote = MeetingMemory.Vote(Voter(seat.id, seat.name), options.sorted())
        if poll.votes.first(where: { $0.voter.id == seat.id })?.options ?? [] == vote.options {
            return reply(asker, .done)
        }
        guard polls.set(vote, in: id, at: now) else { return refuse(asker, .notAllowed) }
        keep(.vote(vote, id), for: asker)
    }

    /// A poll that this seat may close and delete. Says why not otherwise.
    private mutating func poll(
        _ id: PollID, heldBy seat: Seat, _ asker: Asker
    ) -> MeetingMemory.KeptPoll? {
        guard let poll = polls[id] else {
            refuse(asker, .noSuchPoll)
            return nil
        }
        guard poll.by.id == seat.id || seat.role.isHosting else {
            refuse(asker, .notAllowed)
            return nil
        }
        return poll
    }

    /// Has something of a poll stored before the answer; where nothing is kept, answers at once.
    private mutating func keep(_ change: MeetingMemory.Change, for asker: Asker) {
        guard chat.retention != .none else { return reply(asker, .done) }
        emit(.keep(change, Answer(asker.session, asker.request)))
    }

    mutating func tellPolls(at now: Instant) {
        for poll in polls.takeDue(at: now) { tellAll(.news(.poll(poll))) }
    }
}
