// SPDX-License-Identifier: Apache-2.0
import JSON

@testable import Dialects

/// Tests of rooms of Devameet: who comes, and what they are told.
protocol DevameetTesting {
    var stage: Stage<Devameet> { get set }
}

extension DevameetTesting {
    static var link: String { "abc-defg-hij" }
    static var ana: JSONValue { ["link": .string(link), "userId": "ana"] }
    typealias Heard = Told<DevameetQuestion>

    /// Client `number` comes and asks to join; the world admits them.
    @discardableResult
    mutating func join(
        _ number: UInt64, as user: String, link: String = Self.link, avatar: String = "avatar_07"
    ) -> [Heard] {
        stage.connect(number)
        return admit(
            stage.send(number, "join", ["link": .string(link), "userId": .string(user)]), as: user,
            avatar: avatar)
    }

    mutating func admit(_ told: [Heard], as user: String, avatar: String = "avatar_07") -> [Heard] {
        guard case .asked(let question, _)? = told.first else { return told }
        return stage.give(
            .answered(question, .admitted(DevameetPerson(name: user.uppercased(), avatar: avatar))))
    }

    static func place(
        _ number: Int, _ user: String, _ client: UInt64, x: JSONValue = 1, y: JSONValue = 1,
        orientation: String = "front", muted: Bool = false, avatar: String = "avatar_07"
    ) -> JSONValue {
        [
            "_id": .string("00000000000000000000000\(number)"), "meet": "6162632d646566672d68696a",
            "user": .string(user), "name": .string(user.uppercased()), "avatar": .string(avatar),
            "clientId": .string("s\(client)"), "x": x, "y": y, "orientation": .string(orientation),
            "muted": .bool(muted), "__v": 0,
        ]
    }

    static func list(to clients: [UInt64], _ users: JSONValue...) -> Heard {
        .event(clients, "\(link)-update-user-list", [["users": .array(users)]])
    }

    static func exception(to client: UInt64, _ message: String) -> Heard {
        .event([client], "exception", [["status": "error", "message": .string(message)]])
    }
}
