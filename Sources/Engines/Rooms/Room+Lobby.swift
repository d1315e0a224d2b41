// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import MeetingProtocol

/// Waiting to be let in.
extension Room {
    /// Gives somebody a place in the lobby, or their old one back.
    mutating func wait(_ asker: Asker, _ join: Join, time: WallClock) {
        if let id = join.participant, lobby.holds(id) {
            // A session has one place.
            _ = lobby.remove { $0.session == asker.session && $0.id != id }
            let guest = join.isGuest ? (asker, join) : nil
            if let old = lobby.renew(id, name: join.name, asker.session, guest: guest) {
                emit(.tell([old], .replaced))
                close(old)
            }
            reply(asker, .waiting(id, lobby.lines(of: id)))
            return tellLobby()
        }
        leaveLobby(asker.session)
        let id = join.participant ?? newParticipantID()
        var guest = join
        guest.participant = id
        let place = Lobby.Place(
            id: id, name: join.name, since: time.milliseconds, presence: .connected(asker.session),
            guest: join.isGuest ? (asker, guest) : nil)
        guard lobby.add(place) else { return refuse(asker, .meetingFull) }
        reply(asker, .waiting(id, []))
        tellLobby()
    }

    /// Takes the place of a session, or of a participant, away; false when there is none.
    @discardableResult
    mutating func leaveLobby(_ session: SessionID, _ id: ParticipantID? = nil) -> Bool {
        let gone = lobby.remove { $0.session == session || $0.id == id }
        guard !gone.isEmpty else { return false }
        for place in gone {
            guard let old = place.session, old != session else { continue }
            emit(.tell([old], .replaced))
            close(old)
        }
        tellLobby()
        return true
    }

    /// - Parameter ids: `nil` for everybody.
    mutating func admit(_ ids: [ParticipantID]?, time: WallClock, at now: Instant) {
        let admitted = lobby.remove { place in ids?.contains(place.id) ?? true }
        guard !admitted.isEmpty else { return }
        for place in admitted where place.guest == nil {
            remember(acquaintances.add(place.id, at: time))
        }
        let sessions = admitted.compactMap { $0.guest == nil ? $0.session : nil }
        if !sessions.isEmpty { emit(.tell(sessions, .news(.admitted))) }
        tellLobby()
        for place in admitted {
            guard let guest = place.guest, seats.count < capacity else {
                continue
            }
            sit(guest.asker, guest.join, time: WallClock(milliseconds: place.since), at: now)
        }
    }

    /// - Parameter ids: `nil` for everybody.
    mutating func deny(_ ids: [ParticipantID]?, time: WallClock) {
        let denied = lobby.remove { place in ids?.contains(place.id) ?? true }
        guard !denied.isEmpty else { return }
        for place in denied { remember(acquaintances.bar(place.id, .denied, at: time)) }
        let sessions = denied.compactMap(\.session)
        if !sessions.isEmpty { emit(.tell(sessions, .news(.denied))) }
        for session in sessions { close(session) }
        tellLobby()
    }

    /// Says something from the lobby to those who host, or from one of them into the lobby.
    /// - Parameter id: To whom; `nil` for all who wait. Who waits has no choice.
    mutating func sayInLobby(
        _ text: String, to id: ParticipantID?, _ asker: Asker, time: WallClock, at now: Instant
    ) {
        if let place = lobby.places.first(where: { $0.session == asker.session }) {
            guard lobby.takeAllowance(of: place.id, at: now) else { return refuse(asker, .tooFast) }
            let line = LobbyLine(place.id, text, sentAt: time.milliseconds)
            lobby.add(line)
            reply(asker, .done)
            emit(.tell([asker.session], .news(.lobbyChat(line))))
            return tell(.news(.lobbyChat(line))) { $0.role.isHosting }
        }
        guard let index = seatIndex(of: asker.session) else { return refuse(asker, .notJoined) }
        guard seats[index].role.isHosting else { return refuse(asker, .notHost) }
        guard seats[index].chatAllowance.take(at: now) else { return refuse(asker, .tooFast) }
        let meant = lobby.places.filter { id == nil || $0.id == id }
        guard id == nil || !meant.isEmpty else { return refuse(asker, .noSuchParticipant) }
        reply(asker, .done)
        for place in meant {
            let line = LobbyLine(
                place.id, host: Voter(seats[index].id, seats[index].name), text, sentAt: time.milliseconds)
            lobby.add(line)
            // Guests of dialects have nobody who could read it.
            if let session = place.session, place.guest == nil {
                emit(.tell([session], .news(.lobbyChat(line))))
            }
            tell(.news(.lobbyChat(line))) { $0.role.isHosting }
        }
    }

    /// Tells those who host who waits.
    mutating func tellLobby() { tell(.news(.lobby(lobby.waiting))) { $0.role.isHosting } }
}
