// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import MeetingProtocol
internal import Rooms
internal import ServerConfig
internal import Storage
internal import TLS
internal import Telemetry
internal import Webhooks

/// Runs the engine of one room: gives it inputs and time, and does what it asks for.
final class RoomHost {
    let code: MeetingCode
    private unowned let shard: Shard
    private var room: Room?
    /// The meeting as it was when the room opened, and when that was, in milliseconds since 1970.
    private var opening: (record: MeetingRecord, at: Int64)?
    /// What arrived while the meeting was still being read from storage.
    private var waiting: [Room.Input] = []
    /// Messages on their way to disk.
    private var unstored = 0
    private var timer: LoopTimer?
    /// To the dialect's room that the meeting is one with, if there is one.
    private var bridge: DialectBridge?
    /// Under which names those who sit here use the relay; gone with their seats.
    private var relayNames: [ParticipantID: String] = [:]
    /// What these names begin with: within it everybody's relayed packets reach each other.
    private let relayGroup: String
    /// `nil` where the server carries no media, or nobody is there yet.
    private var media: MeetingMedia?
    /// Those who publish by WHIP.
    private var streams = StreamSeats()
    private var willSeatStreams = false
    /// What other programs have been told of it; `nil` where nobody is.
    private var herald: MeetingHerald?
    /// How many seats were taken when they were last looked at.
    private var seatsWhenSeated = 0

    /// Requests: more than a full room can ask for while a disk is slow.
    private static let maxWaiting = 1000

    init(_ code: MeetingCode, on shard: Shard) {
        self.code = code
        self.shard = shard
        relayGroup = shard.services.seats.relayGroup(of: code)
        herald = shard.services.webhooks.map { _ in MeetingHerald(code) }
        timer = LoopTimer(on: shard.loop) { [unowned self] in handle(.tick) }
    }

    deinit { timer?.cancel() }

    /// Whether files go into this chat: what nobody keeps has none.
    private var takesFiles = false

    func holdsSeat(_ participant: ParticipantID) -> Bool { room?.holdsSeat(participant) ?? false }

    var recording: Recording? { room?.recording }
    var participantCount: Int { room?.participantCount ?? 0 }

    /// For administrators; `nil` until the room is open.
    var report: RoomReport? {
        guard let room, let opening else { return nil }
        return RoomReport(
            code: code, name: opening.record.name, openedAt: opening.at, retention: opening.record.retention,
            people: room.participants, waiting: room.waitingCount)
    }

    /// The room is gone.
    func close() {
        media?.end()
        media = nil
    }

    func open(_ meeting: StoredMeeting, with dialectRoom: DialectRoom? = nil) {
        opening = (meeting.record, WallClock.system().milliseconds)
        if let dialectRoom { bridge = DialectBridge(dialectRoom, of: self, on: shard) }
        takesFiles = meeting.record.retention != .none
        let past = Room.PastChat(
            messages: meeting.messages, hasOlder: meeting.hasOlder, lastSeq: meeting.lastSeq)
        room = Room(
            capacity: shard.services.config.rooms.capacity,
            grace: shard.services.config.rooms.reconnectGrace,
            retention: meeting.record.retention, past: past,
            memory: meeting.memory.recalled(at: WallClock.system().milliseconds),
            random: SystemRandomSource())
        let inputs = waiting
        waiting = []
        for input in inputs { handle(input) }
        // Whoever opened it may be gone again, or have been refused. What they said is answered first.
        if room?.isEmpty == true, unstored == 0 { shard.rooms.emptied(self) }
    }

    /// Gives back what was waiting, because the room will not open.
    func abandon() -> [Room.Input] {
        defer { waiting = [] }
        return waiting
    }

    func handle(_ input: Room.Input) {
        guard room != nil else { return wait(input) }
        guard let input = attached(input) else { return shard.rooms.refuse(input, .noSuchFile) }
        switch input {
        case .stored, .storeFailed: unstored -= 1
        default: break
        }
        room?.handle(input, at: shard.loop.now)
        while let output = room?.poll() { perform(output) }
        revokeRelay()
        updateMedia()
        tellPrograms()
        timer?.arm(at: room?.deadline)
    }

    /// A message with what the server knows of its file; `nil` when it may not have that file.
    private func attached(_ input: Room.Input) -> Room.Input? {
        guard case .chat(let session, let request, var draft, let time) = input, let id = draft.file,
            let seat = room?.seat(of: session)
        else { return input }
        draft.attached = shard.services.files?.claim(
            id, in: code, by: seat.participant.id, for: draft.id)
        return draft.attached.map { _ in .chat(session, request, draft, time) }
    }

    /// Only requests are refused when too many wait. That a session is gone must not be forgotten, or
    /// its seat would stay taken for ever; there is one such input for each join at most.
    private func wait(_ input: Room.Input) {
        guard waiting.count < Self.maxWaiting || input.asker == nil else {
            return shard.rooms.refuse(input, .tooFast)
        }
        waiting.append(input)
    }

    private func perform(_ output: Room.Output) {
        defer { bridge?.observe(output) }
        switch output {
        case .reply(let session, let request, let reply):
            guard !DialectBridge.isGuest(session) else { return streams.replied(session, reply) }
            answer(session, request, reply)
        case .tell(let sessions, let event): tell(sessions, event)
        case .store(let message): store(message)
        case .keep(let change, let answer): keep(change, answer)
        case .close(let session):
            if let party = streams.party(of: session) { shard.streams?.remove(party, from: code.text) }
            shard.shards.execute(on: ShardSet.home(of: session)) { $0.client(session)?.close() }
        case .emptied: shard.rooms.emptied(self)
        }
    }

    private func answer(_ session: SessionID, _ request: RequestID, _ reply: Room.Reply) {
        let message: ServerReply
        switch reply {
        case .joined(let snapshot): return welcome(session, snapshot, request)
        case .waiting(let id, let lines):
            message = .waiting(shard.services.seats.token(for: id, in: code), lines)
        case .chat(let seq, let sentAt): message = .chat(seq: seq, sentAt: sentAt)
        case .done: message = .done
        case .refused(let refusal): message = .refused(refusal)
        }
        shard.shards.execute(on: ShardSet.home(of: session)) {
            $0.client(session)?.reply(message, to: request)
        }
    }

    /// Whoever asked knows at which host they reached us, so they complete the answer.
    private func welcome(_ session: SessionID, _ snapshot: Room.Snapshot, _ request: RequestID) {
        let reply = JoinReply(
            own: snapshot.own, role: snapshot.role,
            seat: shard.services.seats.token(for: snapshot.own.id, in: code),
            server: shard.services.runID, capacity: snapshot.capacity,
            participants: snapshot.participants, chat: snapshot.chat, iceServers: [],
            forwarding: shard.media.map { $0.host.forwarding }, rules: snapshot.rules, hands: snapshot.hands,
            spotlight: snapshot.spotlight, recording: snapshot.recording, lobby: snapshot.lobby,
            files: takesFiles ? shard.services.files?.limits : nil, polls: snapshot.polls,
            lobbyChat: snapshot.lobbyChat)
        let name = relayName(of: snapshot.own.id)
        shard.shards.execute(on: ShardSet.home(of: session)) {
            $0.client(session)?.welcome(reply, relayName: name, to: request)
        }
    }

    /// The same for as long as the seat is: who comes back to it goes on with what is relayed already.
    private func relayName(of id: ParticipantID) -> String {
        if let name = relayNames[id] { return name }
        var random = SystemRandomSource()
        let name = "\(relayGroup)/\(RelayDesk.randomPart(&random))"
        relayNames[id] = name
        return name
    }

    /// Ends what is relayed for those who have no seat any more.
    private func revokeRelay() {
        guard let room else { return }
        for (id, name) in relayNames where !room.holdsSeat(id) {
            relayNames[id] = nil
            shard.services.relay.revoke(name)
        }
    }

    private func tellPrograms() {
        guard let room, let webhooks = shard.services.webhooks else { return }
        let events = herald?.update(room.participants, name: opening?.record.name, at: .system()) ?? []
        for event in events { webhooks.send(event) }
    }

    // MARK: Media

    /// What a page asks for about its media.
    func handle(_ request: MediaRequest, from session: SessionID, _ number: RequestID) {
        let reply: ServerReply
        if let seat = room?.seat(of: session) {
            reply =
                openMedia()?.handle(request, from: seat.participant, at: shard.loop.now)
                ?? .refused(.mediaUnavailable)
        } else {
            reply = .refused(.notJoined)
        }
        shard.shards.execute(on: ShardSet.home(of: session)) {
            $0.client(session)?.reply(reply, to: number)
        }
    }

    private func openMedia() -> MeetingMedia? {
        if let media { return media }
        guard let directory = shard.media else { return nil }
        let media = MeetingMedia(
            directory.room(code.text), directory.host.roomSettings, of: self)
        self.media = media
        updateMedia()
        return media
    }

    /// Lets media follow who sits there, and what they say they send.
    private func updateMedia() {
        guard let media, let room else { return }
        let seated = room.participants
        for participant in seated { media.update(participant) }
        for id in media.participants where !seated.contains(where: { $0.id == id }) { media.leave(id) }
        media.setStreams(streams.parties)
        // The last person may have left, or there may be room again for those who were refused.
        guard seatsWhenSeated != seated.count else { return }
        seatsWhenSeated = seated.count
        if !streams.isEmpty || !media.publishers.isEmpty { mediaPublishersChanged() }
    }

    private var hasPeople: Bool {
        room?.participants.contains { !$0.isGuest && !streams.holds($0.id) } ?? false
    }

    /// Whether somebody has a seat for what they publish by WHIP.
    func isStream(_ participant: ParticipantID) -> Bool { streams.holds(participant) }

    /// Seats those who publish by WHIP now, while people are there.
    func seatStreams() {
        willSeatStreams = false
        guard let media, room != nil else { return }
        for input in streams.follow(hasPeople ? media.publishers : []) { handle(input) }
    }

    /// Encodes the event once and sends it to each shard that has some of the sessions, once.
    private func tell(_ sessions: [SessionID], _ event: ServerEvent) {
        let sessions = sessions.filter { !DialectBridge.isGuest($0) }
        guard !sessions.isEmpty else { return }
        let packet = MeetingClient.prepare(event)
        for home in Set(sessions.map(ShardSet.home(of:))).sorted() {
            let local = sessions.filter { ShardSet.home(of: $0) == home }
            shard.shards.execute(on: home) { shard in
                for session in local { shard.client(session)?.deliver(packet) }
            }
        }
    }

    /// Stores something of how the meeting is held, and answers who waits for it.
    private func keep(_ change: MeetingMemory.Change, _ answer: Room.Answer?) {
        let shards = shard.shards
        let log = shard.services.log
        shard.services.store.remember(change, in: code) { result in
            if case .failure(let error) = result {
                log.error("what a meeting remembers could not be stored", [("why", .text(error.description))])
            }
            guard let answer, !DialectBridge.isGuest(answer.session) else { return }
            let reply: ServerReply = if case .success = result { .done } else { .refused(.chatUnavailable) }
            shards.execute(on: ShardSet.home(of: answer.session)) {
                $0.client(answer.session)?.reply(reply, to: answer.request)
            }
        }
    }

    private func store(_ message: ChatMessage) {
        unstored += 1
        let shards = shard.shards
        let home = shard.index
        let log = shard.services.log
        let seq = message.newestSeq
        let files = shard.services.files
        let done: StorageCompletion<Void> = { [code] result in
            if case .success = result, message.isDeleted, let file = message.file { files?.remove([file.id]) }
            if case .failure(let error) = result {
                log.error("chat message could not be stored", [("why", .text(error.description))])
            }
            let input: Room.Input =
                if case .success = result { .stored(seq: seq) } else { .storeFailed(seq: seq) }
            shards.execute(on: home) { $0.rooms.handle(input, in: code) }
        }
        if message.changed == nil {
            shard.services.store.append(message, in: code, done)
        } else {
            shard.services.store.change(message, in: code, done)
        }
    }
}

extension RoomHost: MeetingMediaOwner {
    func mediaTells(_ event: ServerEvent, to participant: ParticipantID) {
        guard let session = room?.session(of: participant) else { return }
        tell([session], event)
    }

    func mediaTellsAll(_ event: ServerEvent) {
        guard let sessions = room?.sessions, !sessions.isEmpty else { return }
        tell(sessions, event)
    }

    func mediaFlushesLater() {
        let code = code
        shard.shards.execute(on: shard.index) { $0.rooms.flushMedia(of: code) }
    }

    func flushMedia() { media?.flush() }

    /// Not at once: the room may be in the middle of something.
    func mediaPublishersChanged() {
        guard !willSeatStreams else { return }
        willSeatStreams = true
        let code = code
        shard.shards.execute(on: shard.index) { $0.rooms.seatStreams(in: code) }
    }
}
