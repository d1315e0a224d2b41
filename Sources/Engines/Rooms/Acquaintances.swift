// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import MeetingProtocol

/// Whom a room knows from before: they are let in without waiting, keep the role they were given, or
/// have been sent away for good. Each change is to be stored.
struct Acquaintances {
    private typealias Entry = MeetingMemory.Acquaintance

    /// More than come to any meeting; then the first ones are strangers again.
    private static let limit = 2000

    private var entries: [ParticipantID: Entry] = [:]
    /// In the order of their coming.
    private var order = Queue<ParticipantID>()

    init(_ known: [MeetingMemory.Acquaintance] = []) {
        for entry in known.suffix(Self.limit) where entries[entry.id] == nil {
            entries[entry.id] = entry
            order.append(entry.id)
        }
    }

    func contains(_ id: ParticipantID) -> Bool { entries[id] != nil }

    /// Why they may not come back.
    func bar(of id: ParticipantID) -> Refusal? { entries[id]?.bar }

    /// What they may do: what a host made of them, unless the server knows them as a host.
    func role(of id: ParticipantID, foundAs found: MeetingRole) -> MeetingRole {
        found == .host ? .host : entries[id]?.given ?? found
    }

    /// They are in, or may come in.
    mutating func add(_ id: ParticipantID, at time: WallClock) -> [MeetingMemory.Change] {
        change(id, at: time) { entry in
            if entry.seenAt < time.milliseconds - 3_600_000 { entry.seenAt = time.milliseconds }
        }
    }

    mutating func give(
        _ role: MeetingRole, to id: ParticipantID, at time: WallClock
    ) -> [MeetingMemory.Change] {
        change(id, at: time) { $0.given = role }
    }

    mutating func bar(_ id: ParticipantID, _ refusal: Refusal, at time: WallClock) -> [MeetingMemory.Change] {
        change(id, at: time) { $0.bar = refusal }
    }

    private mutating func change(
        _ id: ParticipantID, at time: WallClock, _ body: (inout Entry) -> Void
    ) -> [MeetingMemory.Change] {
        var changes: [MeetingMemory.Change] = []
        let before = entries[id]
        if before == nil {
            order.append(id)
            if entries.count >= Self.limit, let oldest = order.popFirst() {
                entries[oldest] = nil
                changes.append(.forget(oldest))
            }
        }
        var entry = before ?? Entry(id, seenAt: time.milliseconds)
        body(&entry)
        entries[id] = entry
        if entry != before { changes.append(.acquaintance(entry)) }
        return changes
    }
}
