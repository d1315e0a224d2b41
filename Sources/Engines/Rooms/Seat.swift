// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import MeetingProtocol

/// A participant's place in a room, which outlives a lost connection.
struct Seat {
    enum Presence {
        case connected(SessionID)
        /// The seat is given up at `until`. Signals to it wait, in order, for its page to come back.
        case lost(until: Instant, held: HeldSignals)
    }

    /// Signals that wait for one lost participant, in order and bounded.
    struct HeldSignals {
        private static let maxCount = 64
        private static let maxBytes = 256_000

        private(set) var events: [ServerEvent] = []
        private var bytes = 0

        /// False, and nothing is kept, when there is no room for `size` bytes more.
        mutating func append(_ event: ServerEvent, size: Int) -> Bool {
            guard events.count < Self.maxCount, bytes + size <= Self.maxBytes else { return false }
            events.append(event)
            bytes += size
            return true
        }
    }

    let id: ParticipantID
    var name: String
    var page: PageID
    var media: MediaState
    let isGuest: Bool
    /// What its holder may do.
    var role: MeetingRole
    /// Milliseconds since 1970.
    let joinedAt: Int64
    var presence: Presence
    var chatAllowance = TokenBucket(burst: 10, perSecond: 2)
    var signalAllowance = TokenBucket(burst: 300, perSecond: 100)
    /// In bytes: a few hundred signals of the greatest size would fill the queue of whoever gets them.
    var signalBytesAllowance = TokenBucket(burst: 262_144, perSecond: 65_536)
    var talkAllowance = TokenBucket(burst: 10, perSecond: 3)
    var hostAllowance = TokenBucket(burst: 30, perSecond: 5)
    var mediaAllowance = TokenBucket(burst: 20, perSecond: 5)

    init(
        id: ParticipantID, _ join: Room.Join, role: MeetingRole, session: SessionID, at time: WallClock
    ) {
        self.id = id
        name = join.name
        page = join.page
        media = join.media
        isGuest = join.isGuest
        self.role = role
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
            id: id, name: name, page: page, connected: session != nil, media: media, joinedAt: joinedAt,
            isGuest: isGuest, role: role)
    }
}
