// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import MeetingProtocol

/// Who waits to be let into a room, in the order of their coming.
struct Lobby {
    enum Presence {
        case connected(SessionID)
        case lost(until: Instant)
    }

    struct Place {
        let id: ParticipantID
        var name: String
        /// Milliseconds since 1970.
        let since: Int64
        var presence: Presence
        /// What a guest wants, who cannot ask again.
        var guest: (asker: Asker, join: Room.Join)?
        /// What was said with them, the newest of it.
        var lines: [LobbyLine] = []
        var chatAllowance = TokenBucket(burst: 5, perSecond: 1)

        var session: SessionID? {
            if case .connected(let session) = presence { session } else { nil }
        }

        func hasExpired(at now: Instant) -> Bool {
            guard case .lost(let until) = presence else { return false }
            return until <= now
        }
    }

    private(set) var places: [Place] = []

    var isEmpty: Bool { places.isEmpty }
    var sessions: [SessionID] { places.compactMap(\.session) }

    /// As hosts see it.
    var waiting: [Waiting] { places.map { Waiting(id: $0.id, name: $0.name, since: $0.since) } }

    /// What was said with those who wait, by them.
    var lines: [LobbyLine] { places.flatMap(\.lines) }

    func lines(of id: ParticipantID) -> [LobbyLine] { places.first { $0.id == id }?.lines ?? [] }

    mutating func add(_ line: LobbyLine) {
        guard let index = places.firstIndex(where: { $0.id == line.waiting }) else { return }
        if places[index].lines.count >= MeetingLimits.lobbyLines { places[index].lines.removeFirst() }
        places[index].lines.append(line)
    }

    /// Whether they may say something now.
    mutating func takeAllowance(of id: ParticipantID, at now: Instant) -> Bool {
        guard let index = places.firstIndex(where: { $0.id == id }) else { return false }
        return places[index].chatAllowance.take(at: now)
    }

    var deadline: Instant? {
        var first: Instant?
        for place in places {
            guard case .lost(let until) = place.presence else { continue }
            first = first.map { min($0, until) } ?? until
        }
        return first
    }

    func holds(_ id: ParticipantID) -> Bool { places.contains { $0.id == id } }

    /// False when there is no room.
    mutating func add(_ place: Place) -> Bool {
        guard places.count < MeetingLimits.lobby else { return false }
        places.append(place)
        return true
    }

    /// Somebody is back, or asks again. Returns the session that had the place, if it was another one.
    mutating func renew(
        _ id: ParticipantID, name: String, _ session: SessionID, guest: (asker: Asker, join: Room.Join)?
    ) -> SessionID? {
        guard let index = places.firstIndex(where: { $0.id == id }) else { return nil }
        let before = places[index].session
        places[index].name = name
        places[index].presence = .connected(session)
        places[index].guest = guest
        return before == session ? nil : before
    }

    /// False when the session does not wait.
    mutating func lose(_ session: SessionID, until: Instant) -> Bool {
        guard let index = places.firstIndex(where: { $0.session == session }) else { return false }
        places[index].presence = .lost(until: until)
        return true
    }

    /// Whether somebody was lost for too long.
    mutating func expire(at now: Instant) -> Bool {
        let count = places.count
        places.removeAll { $0.hasExpired(at: now) }
        return places.count < count
    }

    /// Takes away those who are meant.
    mutating func remove(where isMeant: (Place) -> Bool) -> [Place] {
        let gone = places.filter(isMeant)
        if !gone.isEmpty { places.removeAll(where: isMeant) }
        return gone
    }
}
