// SPDX-License-Identifier: Apache-2.0
public import JSON

/// Plays one participant of a meeting as a client of a dialect, so that a page of a course and our own client
/// meet each other.
///
/// It stands between two conversations. To the dialect it is a client like any other. To the participant, each
/// client of the dialect it meets is a guest of the meeting, with whom descriptions and candidates are exchanged
/// as between any two participants. Guests cannot renegotiate; whoever makes the offer makes the only one, and
/// a participant that is to make it is told so with ``call``.
public protocol StandIn: Sendable {
    /// Whether the dialect has calls of two, in which only one of us can take part.
    static var isForOne: Bool { get }
    /// What the stand-in sends along when it connects.
    static func auth(name: String) -> JSONObject

    mutating func handle(_ input: StandInInput)
    mutating func poll() -> StandInOutput?
}

/// What a signal to a participant holds that asks them to make the offer.
public let callSignal: JSONValue = ["call": true]

/// A client of the dialect as a stand-in knows it.
public struct GuestKey: Hashable, Sendable {
    public let text: String

    public init(_ text: String) { self.text = text }
}

public enum StandInInput: Hashable, Sendable {
    /// It is connected, under `socketID`, and is to enter the room.
    case entered(socketID: String, room: String, name: String)
    /// An event of the dialect to the stand-in.
    case told(String, [JSONValue])
    case acknowledged([JSONValue])
    /// What the participant sends to a guest: `{description}` or `{candidate}`.
    case signalled(GuestKey, JSONValue)
    /// Whether the participant's microphone is off.
    case muted(Bool)
}

public enum StandInOutput: Hashable, Sendable {
    /// An event to the dialect.
    case send(String, [JSONValue], wantsAck: Bool)
    /// A guest is there. One that was there already is another one now: their page was loaded anew.
    case guestCame(GuestKey, name: String)
    case guestLeft(GuestKey)
    case guestMuted(GuestKey, Bool)
    /// A signal of the guest to the participant.
    case signal(GuestKey, JSONValue)
}

/// Outputs of a stand-in, and the guests it has announced.
struct StandInDesk: Sendable {
    private var outputs: [StandInOutput] = []
    private(set) var guests: Set<GuestKey> = []

    mutating func poll() -> StandInOutput? { outputs.isEmpty ? nil : outputs.removeFirst() }

    mutating func send(_ name: String, _ arguments: JSONValue..., wantsAck: Bool = false) {
        outputs.append(.send(name, arguments, wantsAck: wantsAck))
    }

    mutating func come(_ guest: GuestKey, name: String) {
        guests.insert(guest)
        outputs.append(.guestCame(guest, name: name))
    }

    mutating func leave(_ guest: GuestKey) {
        if guests.remove(guest) != nil { outputs.append(.guestLeft(guest)) }
    }

    mutating func mute(_ guest: GuestKey, _ isMuted: Bool) { outputs.append(.guestMuted(guest, isMuted)) }

    mutating func describe(_ description: JSONValue, from guest: GuestKey) {
        outputs.append(.signal(guest, ["description": description]))
    }

    mutating func trickle(_ candidate: JSONValue, from guest: GuestKey) {
        outputs.append(.signal(guest, ["candidate": candidate]))
    }

    mutating func call(_ guest: GuestKey) { outputs.append(.signal(guest, callSignal)) }
}
