// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import MeetingProtocol
internal import Rooms
internal import Storage
internal import Telemetry

/// The rooms of one shard. A room is open while somebody holds a seat in it.
final class RoomDirectory {
    private unowned let shard: Shard
    private var rooms: [MeetingCode: RoomHost] = [:]

    init(_ shard: Shard) { self.shard = shard }

    /// Gives an input to the room of `code`, opening it from storage if need be.
    func handle(_ input: Room.Input, in code: MeetingCode) {
        if let room = rooms[code] { return room.handle(input) }
        // Only a join opens a room: anything else is about one that is gone.
        guard case .join = input else { return refuse(input, .notJoined) }
        let room = RoomHost(code, on: shard)
        rooms[code] = room
        room.handle(input)
        let shards = shard.shards
        let home = shard.index
        shard.services.store.load(code, newest: MeetingLimits.chatHistory) { result in
            shards.execute(on: home) { $0.rooms.loaded(code, result) }
        }
    }

    /// Gives the room of `code` what a page asks for about media.
    func handle(_ request: MediaRequest, from session: SessionID, _ number: RequestID, in code: MeetingCode) {
        if let room = rooms[code] { return room.handle(request, from: session, number) }
        shard.shards.execute(on: ShardSet.home(of: session)) {
            $0.client(session)?.reply(.refused(.notJoined), to: number)
        }
    }

    func flushMedia(of code: MeetingCode) { rooms[code]?.flushMedia() }
    func seatStreams(in code: MeetingCode) { rooms[code]?.seatStreams() }

    private func loaded(_ code: MeetingCode, _ result: Result<StoredMeeting?, StorageError>) {
        guard let room = rooms[code] else { return }
        switch result {
        case .success(let meeting?) where meeting.record.endedAt == nil:
            room.open(meeting, with: DialectRoom(of: meeting.record, shard.services.dialects))
        case .success(.some): close(room, refusing: .meetingEnded)
        case .success(nil): close(room, refusing: .noSuchMeeting)
        case .failure(let error):
            shard.services.log.error("meeting could not be loaded", [("why", .text(error.description))])
            close(room, refusing: .chatUnavailable)
        }
    }

    private func close(_ room: RoomHost, refusing refusal: Refusal) {
        rooms[room.code] = nil
        for input in room.abandon() { refuse(input, refusal) }
    }

    /// Tells whoever asked for something that it cannot be had.
    func refuse(_ input: Room.Input, _ refusal: Refusal) {
        guard let (session, request) = input.asker else { return }
        shard.shards.execute(on: ShardSet.home(of: session)) {
            $0.client(session)?.reply(.refused(refusal), to: request)
        }
    }

    /// The room has nobody in it any more.
    func emptied(_ room: RoomHost) {
        guard rooms[room.code] === room else { return }
        rooms[room.code] = nil
        room.close()
        let now = WallClock.system().milliseconds
        shard.services.store.touch(room.code, at: now) { _ in }
    }

    func holdsSeat(_ participant: ParticipantID, in code: MeetingCode) -> Bool {
        rooms[code]?.holdsSeat(participant) ?? false
    }

    func participantCount(in code: MeetingCode) -> Int { rooms[code]?.participantCount ?? 0 }

    /// Whoever says that they record, while somebody is there to be told.
    func recording(in code: MeetingCode) -> Recording? { rooms[code]?.recording }

    var roomCount: Int { rooms.count }
    var participantCount: Int { rooms.values.reduce(0) { $0 + $1.participantCount } }
    /// How many seats are taken in each open room.
    var counts: [MeetingCode: Int] { rooms.mapValues(\.participantCount) }
    var reports: [RoomReport] { rooms.values.compactMap(\.report) }
    var openCodes: Set<MeetingCode> { Set(rooms.keys) }
}

extension Room.Input {
    /// Who waits for an answer to this; `nil` when nobody does.
    var asker: (SessionID, RequestID)? {
        switch self {
        case .join(let session, let request, _, _), .leave(let session, let request),
            .chat(let session, let request, _, _), .talk(let session, let request, _, _),
            .host(let session, let request, _, _), .lobbyChat(let session, let request, _, _, _),
            .media(let session, let request, _),
            .signal(let session, let request, _, _, _):
            (session, request)
        case .disconnected, .recording, .stored, .storeFailed, .end, .tick: nil
        }
    }
}
