// SPDX-License-Identifier: Apache-2.0
public import JSON

/// Plays a participant who answers the calls of one person on the board of `bunch`. The room is that
/// person's name.
public struct BunchStandIn: StandIn {
    private var desk = StandInDesk()
    private var caller = GuestKey("")
    /// The record that is being answered.
    private var record: JSONObject?

    public init() {}

    public static var isForOne: Bool { true }

    public static func auth(name: String) -> JSONObject {
        ["userName": .string(Bunch.safe(name) ?? "Guest"), "password": .string(Bunch.password)]
    }

    public mutating func poll() -> StandInOutput? { desk.poll() }

    public mutating func handle(_ input: StandInInput) {
        switch input {
        case .entered(_, let room, _): caller = GuestKey(room)
        case .told(let name, let arguments): told(name, arguments.first)
        case .acknowledged(let arguments):
            for candidate in arguments.first?.array ?? [] { desk.trickle(candidate, from: caller) }
        case .signalled(_, let signal): signalled(signal)
        case .muted: break
        }
    }

    private mutating func told(_ name: String, _ value: JSONValue?) {
        switch name {
        case "availableOffers", "newOfferAwaiting":
            let wanted = value?.array?.first { $0["offererUserName"]?.string == caller.text }
            guard let record = wanted?.object, let offer = record["offer"] else { return }
            self.record = record
            desk.come(caller, name: caller.text)
            desk.describe(offer, from: caller)
        case "receivedIceCandidateFromServer": if let value { desk.trickle(value, from: caller) }
        case Bunch.left: desk.leave(caller)
        default: break
        }
    }

    private mutating func signalled(_ signal: JSONValue) {
        if let description = signal["description"], description["type"] == "answer", var record {
            record["answer"] = description
            desk.send("newAnswer", .object(record), wantsAck: true)
        } else if let candidate = signal["candidate"], candidate != .null {
            desk.send(
                "sendIceCandidateToSignalingServer", ["iceCandidate": candidate, "didIOffer": false])
        }
    }
}
