// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit
internal import EventLoops
internal import MeetingProtocol
internal import Rooms
internal import TLS

/// Gives those who publish by WHIP a seat in their meeting, so that people see them as they see each other.
///
/// Programs have no session of signalling: the room knows theirs by numbers that no connection has, and what it says
/// to them nobody hears. They have seats only while people are there.
struct StreamSeats {
    private struct Seat {
        let session: SessionID
        let media: MediaState
        /// `nil` until the room has answered.
        var participant: ParticipantID?
    }

    private var seats: [MediaParty: Seat] = [:]
    private var lastSession: UInt64 = 0

    /// Who sits where, for those that the room has seated.
    var parties: [ParticipantID: MediaParty] {
        var parties: [ParticipantID: MediaParty] = [:]
        for (party, seat) in seats { if let participant = seat.participant { parties[participant] = party } }
        return parties
    }

    var isEmpty: Bool { seats.isEmpty }

    func holds(_ participant: ParticipantID) -> Bool {
        seats.values.contains { $0.participant == participant }
    }

    /// Who has this session; `nil` for those that are people's.
    func party(of session: SessionID) -> MediaParty? { seats.first { $0.value.session == session }?.key }

    /// What the room is to be told so that it has these, and nobody else.
    mutating func follow(_ publishers: [(party: MediaParty, sources: [MediaSource])]) -> [Room.Input] {
        var inputs: [Room.Input] = []
        let wanted = Dictionary(uniqueKeysWithValues: publishers.map { ($0.party, MediaState($0.sources)) })
        for (party, seat) in seats where wanted[party] == nil {
            seats[party] = nil
            inputs.append(.leave(seat.session, RequestID(0)))
        }
        for (party, _) in publishers {
            guard let media = wanted[party], let name = party.publisher, seats[party]?.media != media else {
                continue
            }
            if let seat = seats[party] {
                seats[party] = Seat(session: seat.session, media: media, participant: seat.participant)
                inputs.append(.media(seat.session, RequestID(0), media))
                continue
            }
            lastSession += 1
            let session = SessionID(DialectBridge.firstSession | 1 << 62 | lastSession)
            seats[party] = Seat(session: session, media: media)
            inputs.append(.join(session, RequestID(0), Self.join(name, media), .system()))
        }
        return inputs
    }

    private static func join(_ name: String, _ media: MediaState) -> Room.Join {
        var random = SystemRandomSource()
        let words = name.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let shown = words.isEmpty ? "Stream" : String(words.prefix(MeetingLimits.nameCharacters))
        return Room.Join(
            name: shown, page: PageID(Base64.urlText(random.nextBytes(9))), media: media,
            isExpected: true)
    }

    /// The room has answered one of them.
    mutating func replied(_ session: SessionID, _ reply: Room.Reply) {
        guard let party = party(of: session) else { return }
        switch reply {
        case .joined(let snapshot): seats[party]?.participant = snapshot.own.id
        // The meeting is full, or too many came at once: they are not seen until the next who comes or goes.
        case .refused where seats[party]?.participant == nil: seats[party] = nil
        case .refused, .waiting, .chat, .done: break
        }
    }
}

extension MediaState {
    /// What somebody who sends these shows of themselves.
    init(_ sources: [MediaSource]) {
        self.init(
            microphone: sources.contains(.microphone), camera: sources.contains(.camera),
            screen: sources.contains(.screen))
    }
}
