// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import MeetingProtocol

/// What people say and show to each other.
extension Room {
    mutating func say(_ draft: ChatDraft, _ asker: Asker, time: WallClock, at now: Instant) {
        guard let index = seatIndex(of: asker.session) else { return refuse(asker, .notJoined) }
        guard seats[index].chatAllowance.take(at: now) else { return refuse(asker, .tooFast) }
        // What was said already is answered, whoever has left since and whatever the rules are now.
        if !chat.holds(draft.id, from: seats[index].id), let refusal = objection(to: draft, by: seats[index])
        {
            return refuse(asker, refusal)
        }
        take(chat.add(draft, from: seats[index], at: time, for: asker), asker)
    }

    private func objection(to draft: ChatDraft, by seat: Seat) -> Refusal? {
        var addressee: Seat?
        if let to = draft.to {
            addressee = seats.first { $0.id == to && to != seat.id }
            guard addressee != nil else { return .noSuchParticipant }
        }
        // Hosts can be asked for help whatever the rules are.
        let mayWrite = rules.chat || seat.role.isHosting || addressee?.role.isHosting == true
        return mayWrite ? nil : .notAllowed
    }

    private mutating func take(_ acceptance: ChatLog.Acceptance, _ asker: Asker) {
        switch acceptance {
        case .store(let message): emit(.store(message))
        case .deliver(let message): deliver([ChatLog.Delivery(message: message, waiters: [asker])])
        case .known(let seq, let sentAt): reply(asker, .chat(seq: seq, sentAt: sentAt))
        case .waiting: break
        case .refused(let refusal): refuse(asker, refusal)
        }
    }

    mutating func deliver(_ deliveries: [ChatLog.Delivery]) {
        for delivery in deliveries {
            let message = delivery.message
            guard let changed = message.changed else {
                for asker in delivery.waiters {
                    reply(asker, .chat(seq: message.seq, sentAt: message.sentAt))
                }
                tell(.chat(message)) { message.isVisible(to: $0.id) }
                continue
            }
            for asker in delivery.waiters { reply(asker, .done) }
            let change = ChatChange(
                seq: message.seq, changed: changed, isDeleted: message.isDeleted, reactions: message.reactions
            )
            tell(.news(.chatChanged(change))) { message.isVisible(to: $0.id) }
        }
    }

    mutating func talk(_ wish: TalkRequest, _ asker: Asker, time: WallClock, at now: Instant) {
        guard let index = seatIndex(of: asker.session) else { return refuse(asker, .notJoined) }
        guard seats[index].talkAllowance.take(at: now) else { return refuse(asker, .tooFast) }
        let id = seats[index].id
        switch wish {
        case .hand(let isRaised):
            reply(asker, .done)
            guard hands.contains(where: { $0.participant == id }) != isRaised else { return }
            if isRaised { hands.append(RaisedHand(id, since: time.milliseconds)) } else { _ = lower(id) }
            tellAll(.news(.hands(hands)))
        case .react(let reaction):
            reply(asker, .done)
            tellAll(.news(.reaction(id, reaction)))
        case .chatReact(let seq, let reaction, let isOn):
            guard var message = chat.message(seq, visibleTo: id, at: time), !message.isDeleted else {
                return refuse(asker, .noSuchMessage)
            }
            guard message.reactions.set(reaction, of: id, isOn) else { return reply(asker, .done) }
            guard message.reactions.count <= MeetingLimits.reactions else {
                return refuse(asker, .notAllowed)
            }
            take(chat.change(message, at: time, for: asker), asker)
        case .poll(let wish): poll(wish, by: seats[index], asker, time: time, at: now)
        case .chatDelete(let seq):
            guard var message = chat.message(seq, visibleTo: id, at: time), !message.isDeleted else {
                return refuse(asker, .noSuchMessage)
            }
            guard mayDelete(message, seats[index]) else { return refuse(asker, .notAllowed) }
            message.isDeleted = true
            message.text = ""
            message.reactions = Reactions()
            take(chat.change(message, at: time, for: asker), asker)
        }
    }

    private func mayDelete(_ message: ChatMessage, _ seat: Seat) -> Bool {
        if message.from == seat.id { return true }
        guard seat.role.isHosting else { return false }
        guard let author = seats.first(where: { $0.id == message.from }) else { return true }
        return author.role < seat.role
    }

    /// False when the hand is not up.
    mutating func lower(_ id: ParticipantID) -> Bool {
        let count = hands.count
        hands.removeAll { $0.participant == id }
        return hands.count < count
    }
}
