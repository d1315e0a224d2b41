// SPDX-License-Identifier: Apache-2.0
public import JSON

/// Plays a participant in a room of `devameet`, with any number of guests. The room is the meeting's link.
///
/// Candidates travel inside the descriptions there, so that those of a participant are not passed on.
public struct DevameetStandIn: StandIn {
    private var desk = StandInDesk()
    private var socketID = ""
    private var link = ""
    private var muted: [GuestKey: Bool] = [:]

    public init() {}

    public static var isForOne: Bool { false }

    public static func auth(name: String) -> JSONObject { [:] }

    public mutating func poll() -> StandInOutput? { desk.poll() }

    public mutating func handle(_ input: StandInInput) {
        switch input {
        case .entered(let socketID, let room, _):
            self.socketID = socketID
            link = room
            desk.send("join", ["link": .string(link), "userId": .string(socketID)])
        case .told(let name, let arguments): told(name, arguments.first)
        case .signalled(let guest, let signal):
            guard let description = signal["description"] else { return }
            let isOffer = description["type"] == "offer"
            desk.send(
                isOffer ? "call-user" : "make-answer",
                [
                    isOffer ? "offer" : "answer": description, "to": .string(guest.text),
                    "link": .string(link),
                ])
        case .muted(let isMuted):
            desk.send(
                "toggl-mute-user",
                ["link": .string(link), "userId": .string(socketID), "muted": .bool(isMuted)])
        case .acknowledged: break
        }
    }

    private mutating func told(_ name: String, _ value: JSONValue?) {
        switch name {
        case "\(link)-update-user-list":
            for user in value?["users"]?.array ?? [] { meet(user) }
        // Members call whoever comes.
        case "\(link)-add-user":
            if let guest = key(value?["user"]), desk.guests.contains(guest) { desk.call(guest) }
        case "\(link)-remove-user":
            guard let guest = key(value?["socketId"]) else { return }
            muted[guest] = nil
            desk.leave(guest)
        case "call-made":
            if let guest = key(value?["socket"]), let offer = value?["offer"] {
                desk.describe(offer, from: guest)
            }
        case "answer-made":
            if let guest = key(value?["socket"]), let answer = value?["answer"] {
                desk.describe(answer, from: guest)
            }
        default: break
        }
    }

    private mutating func meet(_ user: JSONValue) {
        guard let guest = key(user["clientId"]), guest.text != socketID else { return }
        if !desk.guests.contains(guest) { desk.come(guest, name: user["name"]?.string ?? "Guest") }
        let isMuted = user["muted"]?.bool ?? false
        if muted.updateValue(isMuted, forKey: guest) ?? false != isMuted { desk.mute(guest, isMuted) }
    }

    private func key(_ value: JSONValue?) -> GuestKey? {
        value?.string.map { GuestKey($0) }
    }
}
