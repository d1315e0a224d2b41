// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import MeetingProtocol

/// The chat of one room: numbers messages, waits for the disk, remembers the newest.
///
/// A message is delivered when it and every message before it is stored or has failed, so what anyone
/// sees is in order and survives the process. A message sent again, by the same participant under the
/// same identifier, is answered with its first number and time. A change of a message is numbered and
/// stored like a message.
struct ChatLog {
    /// A message that may be seen now, new or changed, and who asked for it.
    struct Delivery {
        var message: ChatMessage
        var waiters: [Asker]
    }

    /// What happens next to a message that was sent.
    enum Acceptance {
        /// It must be stored first.
        case store(ChatMessage)
        /// It can be delivered at once.
        case deliver(ChatMessage)
        /// It was delivered before.
        case known(seq: Int64, sentAt: Int64)
        /// It is being stored already.
        case waiting
        case refused(Refusal)
    }

    private struct Pending {
        /// Changes stand here by the number of the change.
        var message: ChatMessage
        var waiters: [Asker]
        var isStored = false
    }

    /// What is left of a delivered message when nothing else may be kept.
    private struct Receipt {
        var id: MessageID
        var from: ParticipantID
        var seq: Int64
        var sentAt: Int64
    }

    /// Messages that may wait for the disk.
    private static let pendingLimit = 256
    /// Repeats of one message that may wait with it.
    private static let waiterLimit = 8

    let retention: ChatRetention
    private var lastSeq: Int64
    /// In order of number, as are the two below.
    private var pending: [Pending] = []
    private var receipts: [Receipt]
    private var history: [ChatMessage]
    /// The newest message that ``history`` had no room for.
    private var dropped: (seq: Int64, sentAt: Int64)?

    init(retention: ChatRetention, past: Room.PastChat) {
        self.retention = retention
        history = past.messages.suffix(MeetingLimits.chatHistory)
        lastSeq = max(past.lastSeq, history.last?.seq ?? 0)
        receipts = history.map { Receipt(id: $0.id, from: $0.from, seq: $0.seq, sentAt: $0.sentAt) }
        if past.hasOlder || history.count < past.messages.count {
            // Its own time is not known, but it is no later than the first one that is.
            dropped = history.first.map { ($0.seq - 1, $0.sentAt) }
        }
    }

    /// Whether nothing waits to be stored.
    var isSettled: Bool { pending.isEmpty }

    /// Whether this message was sent before.
    func holds(_ id: MessageID, from sender: ParticipantID) -> Bool {
        receipts.contains { $0.id == id && $0.from == sender }
            || pending.contains { $0.message.id == id && $0.message.from == sender }
    }

    /// Takes a message from a seat. Its number is its own from here on, even if storing it fails.
    mutating func add(
        _ draft: ChatDraft, from seat: Seat, at time: WallClock, for asker: Asker
    ) -> Acceptance {
        let id = draft.id
        if let receipt = receipts.last(where: { $0.id == id && $0.from == seat.id }) {
            return .known(seq: receipt.seq, sentAt: receipt.sentAt)
        }
        let index = pending.firstIndex {
            $0.message.id == id && $0.message.from == seat.id && $0.message.changed == nil
        }
        if let index {
            guard pending[index].waiters.count < Self.waiterLimit else { return .refused(.tooFast) }
            pending[index].waiters.append(asker)
            return .waiting
        }
        guard pending.count < Self.pendingLimit else { return .refused(.chatUnavailable) }
        lastSeq = nextSeq(at: time)
        let message = ChatMessage(
            seq: lastSeq, id: id, from: seat.id, name: seat.name, text: draft.text, sentAt: time.milliseconds,
            to: draft.to, reply: draft.reply, file: draft.attached)
        return take(message, for: asker)
    }

    /// The message as it will be once all changes are stored; `nil` where there is none that `id` may see.
    func message(_ seq: Int64, visibleTo id: ParticipantID, at time: WallClock) -> ChatMessage? {
        guard let told = history.last(where: { $0.seq == seq }), told.isVisible(to: id),
            !isExpired(told.sentAt, at: time)
        else { return nil }
        return pending.last { $0.message.seq == seq }?.message ?? told
    }

    /// Takes a message that was delivered and has been changed since, by somebody who may.
    mutating func change(_ message: ChatMessage, at time: WallClock, for asker: Asker) -> Acceptance {
        guard pending.count < Self.pendingLimit else { return .refused(.chatUnavailable) }
        lastSeq = nextSeq(at: time)
        var message = message
        message.changed = lastSeq
        return take(message, for: asker)
    }

    private mutating func take(_ message: ChatMessage, for asker: Asker) -> Acceptance {
        guard retention != .none else {
            remember(message)
            return .deliver(message)
        }
        pending.append(Pending(message: message, waiters: [asker]))
        return .store(message)
    }

    /// Notes that what has this number is on disk and returns what can be delivered now.
    mutating func confirm(_ seq: Int64) -> [Delivery] {
        guard let index = pending.firstIndex(where: { $0.message.newestSeq == seq }) else { return [] }
        pending[index].isStored = true
        return takeReady()
    }

    /// Forgets a message that could not be stored: returns who waited for it, and what no longer waits
    /// behind it.
    mutating func fail(_ seq: Int64) -> (refused: [Asker], deliveries: [Delivery]) {
        let index = pending.firstIndex { $0.message.newestSeq == seq && !$0.isStored }
        guard let index else { return ([], []) }
        let refused = pending.remove(at: index).waiters
        return (refused, takeReady())
    }

    /// Forgets what `session` waits for; the messages are still delivered to others.
    mutating func forget(_ session: SessionID) {
        for index in pending.indices { pending[index].waiters.removeAll { $0.session == session } }
    }

    /// Forgets everything that waits for the disk and returns who waited.
    mutating func abandon() -> [Asker] {
        defer { pending = [] }
        return pending.flatMap(\.waiters)
    }

    /// The newest messages after `seq`, and older ones that were changed after it, that may still be shown
    /// to `id`.
    mutating func newest(after seq: Int64, for id: ParticipantID, at time: WallClock) -> ChatHistory {
        guard retention != .none else { return ChatHistory(messages: [], complete: true) }
        history = history.filter { !isExpired($0.sentAt, at: time) }
        let isComplete = dropped.map { $0.seq <= seq || isExpired($0.sentAt, at: time) } ?? true
        return ChatHistory(
            messages: history.filter { $0.newestSeq > seq && $0.isVisible(to: id) }, complete: isComplete)
    }

    private func isExpired(_ sentAt: Int64, at time: WallClock) -> Bool {
        guard let maxAge = retention.maxAge else { return false }
        return sentAt < time.milliseconds - maxAge
    }

    /// The number after the last. Where nothing is stored a restart forgets the last number, and the
    /// clock takes its place: numbers must grow for as long as a client remembers them.
    private func nextSeq(at time: WallClock) -> Int64 {
        retention == .none ? max(lastSeq + 1, time.milliseconds) : lastSeq + 1
    }

    private mutating func takeReady() -> [Delivery] {
        let ready = pending.prefix(while: \.isStored)
        pending.removeFirst(ready.count)
        for entry in ready { remember(entry.message) }
        return ready.map { Delivery(message: $0.message, waiters: $0.waiters) }
    }

    private mutating func remember(_ message: ChatMessage) {
        var message = message
        // It may be reacted to and deleted for as long as somebody is there, but the text is nobody's to keep.
        if retention == .none { message.text = "" }
        if message.changed != nil {
            if let index = history.lastIndex(where: { $0.seq == message.seq }) { history[index] = message }
            return
        }
        receipts.append(
            Receipt(id: message.id, from: message.from, seq: message.seq, sentAt: message.sentAt))
        if receipts.count > MeetingLimits.chatHistory { receipts.removeFirst() }
        history.append(message)
        guard history.count > MeetingLimits.chatHistory else { return }
        let oldest = history.removeFirst()
        dropped = (oldest.seq, oldest.sentAt)
    }
}
