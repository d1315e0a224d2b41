// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import MeetingProtocol

/// A participant's place in a room, which outlives a lost connection.
struct Seat {
    enum Presence {
        case connected(SessionID)
        /// The seat is given up at `until`. Signals to it wait, in order, for its page to come back.
        case lost(until: Instant, held: [ServerEvent])
    }

    /// Signals that wait for one lost participant.
    static let heldSignals = 64

    let id: ParticipantID
    var name: String
    var page: PageID
    var media: MediaState
    /// Milliseconds since 1970.
    let joinedAt: Int64
    var presence: Presence
    var chatAllowance = TokenBucket(burst: 10, perSecond: 2)
    var signalAllowance = TokenBucket(burst: 300, perSecond: 100)
    var mediaAllowance = TokenBucket(burst: 20, perSecond: 5)

    init(id: ParticipantID, _ join: Room.Join, session: SessionID, at time: WallClock) {
        self.id = id
        name = join.name
        page = join.page
        media = join.media
        joinedAt = time.milliseconds
        presence = .connected(session)
    }

    var session: SessionID? {
        if case .connected(let session) = presence { session } else { nil }
    }

    /// When the seat is given up; `nil` while it is connected.
    var expiry: Instant? {
        if case .lost(let until, _) = presence { until } else { nil }
    }

    // A method, not a closure over `expiry`: the optimizer of Swift 6.3.1 fails on that closure.
    func hasExpired(at now: Instant) -> Bool {
        guard let expiry else { return false }
        return expiry <= now
    }

    /// The seat as others see it.
    var participant: Participant {
        Participant(
            id: id, name: name, page: page, connected: session != nil, media: media, joinedAt: joinedAt)
    }
}
