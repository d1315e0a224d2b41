// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import MeetingProtocol

/// What is up to those who host.
extension Room {
    mutating func host(_ wish: HostRequest, _ asker: Asker, time: WallClock, at now: Instant) {
        guard let index = seatIndex(of: asker.session) else { return refuse(asker, .notJoined) }
        guard seats[index].role.isHosting else { return refuse(asker, .notHost) }
        guard seats[index].hostAllowance.take(at: now) else { return refuse(asker, .tooFast) }
        let host = seats[index]
        if let refusal = carryOut(wish, by: host, time: time, at: now) {
            refuse(asker, refusal)
        } else {
            reply(asker, .done)
        }
    }

    /// Does it, or says why not.
    private mutating func carryOut(
        _ wish: HostRequest, by host: Seat, time: WallClock, at now: Instant
    ) -> Refusal? {
        switch wish {
        case .mute(let track):
            guard let target = index(of: track.participant) else { return .noSuchParticipant }
            guard seats[target].role <= host.role else { return .notAllowed }
            switchOff(target, seats[target].media.without(track.source), by: host.id)
        case .muteAll(let source):
            for target in seats.indices where !seats[target].role.isHosting {
                switchOff(target, seats[target].media.without(source), by: host.id)
            }
        case .role(let id, let role): return give(role, to: id, by: host, time: time)
        case .remove(let id): return remove(id, by: host, time: time)
        case .rules(let rules): make(rules, by: host.id, time: time, at: now)
        case .admit(let ids): admit(ids, time: time, at: now)
        case .deny(let ids): deny(ids, time: time)
        case .spotlight(let id):
            if let id, index(of: id) == nil { return .noSuchParticipant }
            guard spotlight != id else { return nil }
            spotlight = id
            tellAll(.news(.spotlight(id)))
        case .recording(let isOn):
            // Whoever says it first is whom everybody was told of.
            guard isOn != (recording != nil) else { return nil }
            let recording = isOn ? Recording(by: host.name, since: time.milliseconds) : nil
            remember([.recording(recording)])
            announce(recording)
        case .lowerHands(let id):
            let count = hands.count
            hands.removeAll { id == nil || $0.participant == id }
            if hands.count < count { tellAll(.news(.hands(hands))) }
        }
        return nil
    }

    mutating func announce(_ recording: Recording?) {
        guard self.recording != recording else { return }
        self.recording = recording
        tellAll(.news(.recording(recording)))
    }

    private func index(of id: ParticipantID) -> Int? { seats.firstIndex { $0.id == id } }

    private mutating func give(
        _ role: MeetingRole, to id: ParticipantID, by host: Seat, time: WallClock
    ) -> Refusal? {
        guard let target = index(of: id) else { return .noSuchParticipant }
        guard seats[target].role < host.role, role < host.role else { return .notAllowed }
        remember(acquaintances.give(role, to: id, at: time))
        guard seats[target].role != role else { return nil }
        seats[target].role = role
        tellAll(.news(.roleChanged(id, role, by: host.id)))
        switchOff(target, rules.allowed(seats[target].media, for: role), by: host.id)
        if role.isHosting, !lobby.isEmpty {
            tell(.news(.lobby(lobby.waiting))) { $0.id == id }
            for line in lobby.lines { tell(.news(.lobbyChat(line))) { $0.id == id } }
        }
        return nil
    }

    private mutating func remove(_ id: ParticipantID, by host: Seat, time: WallClock) -> Refusal? {
        guard let target = index(of: id) else { return .noSuchParticipant }
        guard seats[target].role < host.role, !seats[target].isGuest else { return .notAllowed }
        remember(acquaintances.bar(id, .removed, at: time))
        let session = seats[target].session
        if let session { emit(.tell([session], .news(.removed))) }
        giveUp(target, .removed)
        if let session { close(session) }
        return nil
    }

    private mutating func make(
        _ rules: MeetingRules, by host: ParticipantID, time: WallClock, at now: Instant
    ) {
        guard self.rules != rules else { return }
        self.rules = rules
        remember([.rules(rules)])
        tellAll(.news(.rulesChanged(rules, by: host)))
        for target in seats.indices {
            switchOff(target, rules.allowed(seats[target].media, for: seats[target].role), by: host)
        }
        if !rules.hasLobby { admit(nil, time: time, at: now) }
    }

    /// Leaves a participant with `media`, which is no more than they had.
    private mutating func switchOff(_ target: Int, _ media: MediaState, by host: ParticipantID) {
        let seat = seats[target]
        guard seat.media != media else { return }
        seats[target].media = media
        for source in [MediaSource.microphone, .camera, .screen]
        where seat.media.sends(source) && !media.sends(source) {
            tell(.muted(source, by: host)) { $0.id == seat.id }
        }
        tellAll(.mediaChanged(seat.id, media), except: seat.id)
    }
}

extension MediaState {
    /// The sound of a screen goes with the screen.
    fileprivate func without(_ source: MediaSource) -> MediaState {
        var media = self
        switch source {
        case .microphone: media.microphone = false
        case .camera: media.camera = false
        case .screen, .screenSound:
            media.screen = false
            media.screenStream = nil
        }
        return media
    }

    fileprivate func sends(_ source: MediaSource) -> Bool {
        switch source {
        case .microphone: microphone
        case .camera: camera
        case .screen, .screenSound: screen
        }
    }
}
