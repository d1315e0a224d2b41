// SPDX-License-Identifier: Apache-2.0
public import JSON

/// Plays a participant in a room of `noom-video`, where there is at most one guest.
public struct NoomVideoStandIn: StandIn {
    private static let guest = GuestKey("other")

    private var desk = StandInDesk()
    private var room = JSONValue.null

    public init() {}

    public static var isForOne: Bool { true }

    public static func auth(name: String) -> JSONObject { [:] }

    public mutating func poll() -> StandInOutput? { desk.poll() }

    public mutating func handle(_ input: StandInInput) {
        switch input {
        case .entered(_, let room, _):
            self.room = .string(room)
            desk.send("join_room", self.room)
        case .told(let name, let arguments): told(name, arguments.first)
        case .signalled(_, let signal):
            if let description = signal["description"] {
                desk.send(description["type"] == "offer" ? "offer" : "answer", description, room)
            } else if let candidate = signal["candidate"] {
                // Which spelling the other page listens for, it need not have shown yet.
                desk.send("ice", candidate, room)
                desk.send("icecandidate", candidate, room)
            }
        case .acknowledged, .muted: break
        }
    }

    private mutating func told(_ name: String, _ value: JSONValue?) {
        switch name {
        // Who is inside makes the offer, and that is us.
        case "welcome":
            desk.come(Self.guest, name: "Guest")
            desk.call(Self.guest)
        case "offer":
            if !desk.guests.contains(Self.guest) { desk.come(Self.guest, name: "Guest") }
            if let value { desk.describe(value, from: Self.guest) }
        case "answer": if let value { desk.describe(value, from: Self.guest) }
        case "ice", "icecandidate": if let value { desk.trickle(value, from: Self.guest) }
        case NoomVideo.left: desk.leave(Self.guest)
        default: break
        }
    }
}
