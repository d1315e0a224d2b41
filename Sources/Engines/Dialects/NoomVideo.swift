// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import JSON

/// `noom-video`: two people in a room, who pass each other descriptions and candidates (contract N3, and T
/// with its spelling `icecandidate`).
///
/// Who is in the room already is told `welcome` and makes the offer. There is no event for leaving.
public struct NoomVideo: Dialect {
    /// A third peer connection is more than the page has.
    public static let capacity = 2
    /// Tells the other one that somebody has left. Pages of the course do not listen for it; our own client's
    /// stand-in does.
    static let left = "peer_left"

    private let limits: DialectLimits
    private var rooms = RoomTable()
    private var allowances: [ClientID: DialectAllowance] = [:]
    private var outbox = DialectOutbox<Never>()

    public init(limits: DialectLimits = DialectLimits()) { self.limits = limits }

    public mutating func poll() -> DialectOutput<Never>? { outbox.popFirst() }

    public mutating func handle(_ input: consuming DialectInput<Never>, at now: Instant) {
        switch input {
        case .connected(let client, _): allowances[client] = DialectAllowance()
        case .event(let client, let event):
            guard allowances[client]?.takeEvent(limits, at: now) == true else { return }
            handle(event, of: client)
        case .disconnected(let client):
            for room in rooms.rooms(of: client) {
                rooms.leave(client, room)
                outbox.emit(Self.left, [.string(room)], to: rooms.members(of: room))
            }
            allowances[client] = nil
        case .asked, .answered, .roomEnded, .tick: break
        }
    }

    private mutating func handle(_ event: DialectEvent, of client: ClientID) {
        switch event.name {
        case "join_room": join(event, client)
        case "offer", "answer": relay(event, limits.description(event.argument(0)), of: client)
        case "ice", "icecandidate": relay(event, limits.candidate(event.argument(0)), of: client)
        default: break
        }
    }

    private mutating func join(_ event: DialectEvent, _ client: ClientID) {
        guard let room = limits.roomName(event.argument(0)) else { return }
        do throws(RoomTable.Refusal) {
            try rooms.enter(client, room, capacity: Self.capacity, limits: limits)
        } catch {
            switch error {
            case .alreadyIn: outbox.acknowledge(event, of: client)
            // Not an event of the course: pages that do not listen for it wait alone, as they would anyway.
            case .full, .tooManyRooms: outbox.emit("room_full", [.string(room)], to: client)
            }
            return
        }
        outbox.acknowledge(event, of: client)
        outbox.emit("welcome", to: rooms.others(than: client, in: room))
    }

    /// To the others in the room, under the name under which it came.
    private mutating func relay(_ event: DialectEvent, _ value: JSONValue?, of client: ClientID) {
        guard let value, let room = rooms.room(named: event.argument(1)?.string, of: client) else { return }
        outbox.emit(event.name, [value], to: rooms.others(than: client, in: room))
    }
}
